"""`rookery fault ...`: break something on purpose on a running root, see what is in force, end it."""

from pathlib import Path
from typing import Any

import click

from supervision.control.client import client
from supervision.faults.rule import KINDS
from supervision.options import home_option, json_option, print_json

#: `almost-kill` waits for each child it takes down.
ALMOST_KILL_SECONDS = 60.0
_SHOWN = (
    "times", "every", "probability", "after", "exception", "seconds", "jitter_seconds", "bytes", "stubborn", "leashed",
    "ends_in_seconds",
)  # fmt: skip


@click.group()
def fault() -> None:
    """Break something on purpose (needs faults.enabled)."""


@fault.command("add")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("pattern")
@click.option("--times", type=int, help="Strikes per path. [default: 1; no end for kinds that last or choose messages]")
@click.option("--every", type=int, help="Strike at every n-th message of an actor.")
@click.option("--probability", type=float, help="Strike each message with this chance.")
@click.option("--after", type=int, default=0, help="Spare the first n messages.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the chances.")
@click.option("--duration", "duration_seconds", type=float, metavar="SECONDS", help="End by itself after that.")
@click.option("--seconds", type=float, help="How long to hang (default: until cleared), be slow, or pause.")
@click.option("--jitter", "jitter_seconds", type=float, default=0.0, metavar="SECONDS", help="Up to so much more.")
@click.option("--bytes", type=int, help="Memory that leaks with each message.")
@click.option("--exception", metavar="NAME", help="What to raise: ValueError, SystemExit, smtplib.SMTPException.")
@click.option("--stubborn", is_flag=True, help="Hang or refuse to stop so that not even the breaker helps.")
@click.option("--leashed", is_flag=True, help="Break nothing, only tell what would have been struck.")
@json_option
@home_option
def add(kind: str, pattern: str, times: int | None, as_json: bool, home: Path, **rule: Any) -> None:
    """Arm a fault for all paths that match PATTERN.

    `*` stands for anything within one id, `**` for any number of levels: '/email/**/sender*'. Supervisors are spared
    unless they are named exactly; nodes are not, by the kinds that are about nodes.
    """
    if times is not None:
        rule["times"] = times
    elif rule["every"] is not None or rule["probability"] is not None:
        rule["times"] = None
    answer = client(home).call("fault.add", kind=kind, pattern=pattern, **rule)
    if as_json:
        print_json(answer)
        return
    click.echo(f"fault {answer['id']} matches {len(answer['matches'])} now: {', '.join(answer['matches']) or 'none'}")


@fault.command("list")
@json_option
@home_option
def list_(as_json: bool, home: Path) -> None:
    """Show the faults in force and what they struck."""
    faults = client(home).call("fault.list")
    if as_json:
        print_json(faults)
        return
    for one in faults:
        limits = {key: one[key] for key in _SHOWN if one[key]}
        struck = sum(one["struck"].values())
        click.echo(f"{one['id']}: {one['kind']} {one['pattern']} {limits} struck {struck} times")
    if not faults:
        click.echo("no faults")


@fault.command("clear")
@click.argument("id", type=int, required=False)
@home_option
def clear(id: int | None, home: Path) -> None:
    """End one fault, or all, and what of them lasts."""
    click.echo(f"{client(home).call('fault.clear', id=id)['cleared']} cleared")


@fault.command("almost-kill")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the choice among siblings.")
@json_option
@home_option
def almost_kill(seed: int, as_json: bool, home: Path) -> None:
    """Take down all that the restart budgets allow, but never the root."""
    answer = client(home).call("fault.almost_kill", timeout=ALMOST_KILL_SECONDS, seed=seed)
    if as_json:
        print_json(answer)
        return
    for path in answer["struck"]:
        click.echo(f"struck {path}")
    for path, why in answer["spared"].items():
        click.echo(f"spared {path}: {why}")


@fault.command("orphans")
@json_option
@home_option
def orphans(as_json: bool, home: Path) -> None:
    """Show threads of actors that the tree does not know."""
    found = client(home).call("fault.orphans")
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['path']}#{one['incarnation']} {one['why']}\n{one['stack']}", nl=False)
    if not found:
        click.echo("no orphans")
