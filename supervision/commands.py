"""The operator's commands on a running root: tree, info, restart, stop, start, suspend, resume, fault."""

import threading
import time
from pathlib import Path
from typing import Any

import click

from supervision.control.client import Client, NoAnswer, NoRoot, client
from supervision.debug_commands import DEBUG_COMMANDS, info_text, inner_state
from supervision.errors import RookeryError
from supervision.faults.commands import fault
from supervision.options import home_option, json_option, print_json
from supervision.terminal import console

#: Seconds between two looks at whether an order was carried out.
LOOK_SECONDS = 0.05
#: Seconds `info` waits for the actor itself; everything else is known without asking it.
INSIDE_SECONDS = 0.5


class NotYet(RookeryError):
    """The order was taken, but what was ordered has not happened in time."""

    title = "Not yet"
    exit_code = 75


path_argument = click.argument("path")
wait_option = click.option(
    "--wait",
    "wait_seconds",
    default=10.0,
    show_default=True,
    help="Seconds to wait until it is so; 0 to go on at once.",
)


@click.command()
@click.option("--format", "format", type=click.Choice(["text", "json", "dot"]), default="text", show_default=True)
@click.option("--cluster", is_flag=True, help="Show the trees of all roots on the same broker.")
@json_option
@home_option
def tree(format: str, cluster: bool, as_json: bool, home: Path) -> None:
    """Show every child of the running root, or of all roots."""
    answer = client(home).call("cluster.tree" if cluster else "tree")
    if as_json or format == "json":
        print_json(answer)
        return
    from supervision import render

    if format == "dot":
        shown = [root["tree"] for root in answer["roots"] if root["tree"]] if cluster else [answer]
        click.echo("\n".join(map(render.dot, shown)))
    elif cluster:
        _print_cluster(answer)
    else:
        _print_tree(answer)


def _print_tree(tree: dict[str, Any]) -> None:
    from supervision import render

    click.echo(render.header(tree))
    console().print(render.table(tree))


def _print_cluster(cluster: dict[str, Any]) -> None:
    from supervision import render

    for number, root in enumerate(cluster["roots"]):
        click.echo(("\n" if number else "") + render.root_line(root, cluster["at"]))
        if root["tree"]:
            _print_tree(root["tree"])


@click.command()
@path_argument
@json_option
@home_option
def info(path: str, as_json: bool, home: Path) -> None:
    """Show one child: what is known of it, what it says of itself, what it does now."""
    answer = client(home).call("info", path=path)
    if answer["state"] == "running":
        answer["inside"] = inner_state(client(home), path, INSIDE_SECONDS)
    if as_json:
        print_json(answer)
        return
    click.echo(info_text(answer))


@click.command()
@path_argument
@wait_option
@home_option
def restart(path: str, wait_seconds: float, home: Path) -> None:
    """Stop a child and start it again; costs no restart budget."""
    before = client(home).call("restart", path=path)
    _await(
        client(home), path, wait_seconds, lambda row: row["incarnation"] > before["incarnation"] and _is(row, "running")
    )


@click.command()
@path_argument
@wait_option
@home_option
def stop(path: str, wait_seconds: float, home: Path) -> None:
    """Stop a child and keep it down; `rookery stop /` stops the root in order."""
    client(home).call("stop", path=path)
    if path == "/":
        _await_end(client(home), wait_seconds)
    else:
        _await(client(home), path, wait_seconds, lambda row: row is None or _is(row, "stopped"))


@click.command()
@path_argument
@wait_option
@home_option
def start(path: str, wait_seconds: float, home: Path) -> None:
    """Start a stopped or parked child."""
    client(home).call("start", path=path)
    _await(client(home), path, wait_seconds, lambda row: _is(row, "running"))


@click.command()
@path_argument
@home_option
def suspend(path: str, home: Path) -> None:
    """Let an actor finish its message and then wait."""
    client(home).call("suspend", path=path)


@click.command()
@path_argument
@home_option
def resume(path: str, home: Path) -> None:
    """Let a suspended actor go on."""
    client(home).call("resume", path=path)


def _is(row: Any, state: str) -> bool:
    return row is not None and row["state"] == state


def _await(root: Client, path: str, seconds: float, is_so: Any) -> None:
    """Look at the tree until `is_so`; says how it stands. Raises NotYet."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        row = next((row for row in root.call("tree")["rows"] if row["path"] == path), None)
        if is_so(row) or seconds <= 0:
            break
        if time.monotonic() > deadline:
            raise NotYet(f"{path} is {row['state'] if row else 'gone'} after {seconds:g} s; see `rookery tree`")
        pause.wait(LOOK_SECONDS)
    click.echo(f"{path} is {row['state']}, incarnation {row['incarnation']}" if row else f"{path} is gone")


def _await_end(root: Client, seconds: float) -> None:
    """Until nobody answers any more. Raises NotYet."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while seconds > 0:
        try:
            root.call("tree")
        except (NoRoot, NoAnswer):
            click.echo("the root has stopped")
            return
        if time.monotonic() > deadline:
            raise NotYet(f"the root is still stopping after {seconds:g} s; see `rookery tree`")
        pause.wait(LOOK_SECONDS)


COMMANDS: tuple[click.Command, ...] = (tree, info, restart, stop, start, suspend, resume, fault, *DEBUG_COMMANDS)
