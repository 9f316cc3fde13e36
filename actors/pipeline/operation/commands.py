"""`rookery pipeline list|show|pause|resume|resize|rate`: pipelines of a running root, from the command line."""

from pathlib import Path
from typing import Any

import click

from supervision.control.client import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table

path_argument = click.argument("path")
COLUMNS = ("pipeline", "state", "in flight", "oldest", "lag", "done", "failed", "requeued", "rate", "why")


@click.group()
def pipeline() -> None:
    """Look at pipelines, hold them, and change their rate and size while they run."""


@pipeline.command("list")
@json_option
@home_option
def list_(as_json: bool, home: Path) -> None:
    """Show every pipeline of the running root."""
    answer = client(home).call("pipeline.list")
    if as_json:
        print_json(answer)
    else:
        print_table(COLUMNS, [row(one) for one in answer])


@pipeline.command()
@path_argument
@json_option
@home_option
def show(path: str, as_json: bool, home: Path) -> None:
    """Show one pipeline with all its stages."""
    answer = client(home).call("pipeline.show", path=path)
    if as_json:
        print_json(answer)
        return
    print_table(COLUMNS, [row(answer)])
    click.echo()
    columns = ("stage", "busy", "in flight", "oldest", "limited", "successful", "failed", "requeued", "dropped")
    print_table(columns, [_stage_row(stage) for stage in answer["stages"]])


@pipeline.command()
@path_argument
@click.option("--why", default="paused by the operator", show_default=True, help="Shown to whoever looks.")
@json_option
@home_option
def pause(path: str, why: str, as_json: bool, home: Path) -> None:
    """Begin nothing new until `resume`; what is inside is finished."""
    _told(client(home).call("pipeline.pause", path=path, why=why), as_json)


@pipeline.command()
@path_argument
@json_option
@home_option
def resume(path: str, as_json: bool, home: Path) -> None:
    """Go on after `pause`, or after a circuit opened."""
    _told(client(home).call("pipeline.resume", path=path), as_json)


@pipeline.command()
@path_argument
@click.option("--processors", type=click.IntRange(min=1), help="How many processors there shall be.")
@click.option("--batcher", help="The batcher that --batch-processors is about.")
@click.option("--batch-processors", type=click.IntRange(min=1), help="How many of them there shall be.")
@json_option
@home_option
def resize(
    path: str, processors: int | None, batcher: str | None, batch_processors: int | None, as_json: bool, home: Path
) -> None:
    """Have more or fewer stages of a layer, until the pipeline is started anew."""
    given = {"processors": processors, "batcher": batcher, "batch_processors": batch_processors}
    sizes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    answer = client(home).call("pipeline.resize", path=path, **sizes)
    if as_json:
        print_json(answer)
    else:
        layers = [f"{count} behind {name}" for name, count in answer["batchers"].items()]
        click.echo(f"{answer['path']}: " + ", ".join([f"{answer['processors']} processors", *layers]))


@pipeline.command()
@path_argument
@click.option("--allowed-messages", type=click.IntRange(min=1), help="Messages per interval.")
@click.option("--interval-seconds", type=click.FloatRange(min=0, min_open=True), help="Length of the interval.")
@click.option("--reset", is_flag=True, help="Forget what has passed, so that the new figures begin at once.")
@json_option
@home_option
def rate(
    path: str, allowed_messages: int | None, interval_seconds: float | None, reset: bool, as_json: bool, home: Path
) -> None:
    """Show the rate limit, or change it; a shared one changes for all nodes and machines."""
    given = {"allowed_messages": allowed_messages, "interval_seconds": interval_seconds, "reset": reset or None}
    changes = {name: value for name, value in given.items() if value is not None}
    answer = client(home).call("pipeline.rate", path=path, **changes)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['path']}: {answer['allowed_messages']} per {answer['interval_seconds']:g} s")


def row(one: dict[str, Any]) -> list[str]:
    """What the list shows of a pipeline; much is unknown of one that did not answer."""
    figures = [str(one.get(name, "-")) for name in ("successful", "failed", "requeued")]
    ages = [_age(one.get(name)) for name in ("oldest_seconds", "lag_seconds")]
    flight, limit = str(one.get("in_flight", "-")), _rate(one.get("rate"))
    return [one["path"], one["state"], flight, *ages, *figures, limit, why(one)]


def why(one: dict[str, Any]) -> str:
    """Why it stands still, or what its rate limit waits for."""
    reasons = [f"{name}: {reason}" for name, reason in one.get("reasons", {}).items()]
    limited = (one.get("rate") or {}).get("why")
    return "; ".join([*reasons, *([limited] if limited else [])])


def _stage_row(stage: dict[str, Any]) -> list[str]:
    counts = ("limited", "successful", "failed", "requeued", "dropped")
    standing = (f"{stage['busy']:.0%}", str(stage["in_flight"]), _age(stage["oldest_seconds"]))
    return [stage["id"], *standing, *(str(stage[name]) for name in counts)]


def _rate(rate: dict[str, Any] | None) -> str:
    return "-" if rate is None else f"{rate['allowed_messages']} per {rate['interval_seconds']:g} s"


def _age(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


def _told(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['path']} is {answer['state']}" + (f": {why(answer)}" if answer["reasons"] else ""))
