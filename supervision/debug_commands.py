"""The operator's commands for looking closely: state, stats and trace of one actor, top for all."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from supervision.control.client import Client, RemoteError, client
from supervision.instruments import NO_STATISTICS
from supervision.options import home_option, json_option, print_json

#: Seconds between two looks at what passed.
LOOK_SECONDS = 0.2
#: Messages and answers that may pass between two looks without being lost.
KEPT_EVENTS = 1000
#: How much longer than the command the log may live, if the command is killed.
GRACE_SECONDS = 5.0

path_argument = click.argument("path")
timeout_option = click.option(
    "--timeout", "timeout_seconds", default=5.0, show_default=True, help="Seconds the actor has to answer."
)


@click.command()
@path_argument
@timeout_option
@json_option
@home_option
def state(path: str, timeout_seconds: float, as_json: bool, home: Path) -> None:
    """Show what an actor says of itself; secrets are blanked.

    An actor that hangs is told with the stack of its thread.
    """
    answer = client(home).call("state", path=path, timeout_seconds=timeout_seconds)
    if as_json:
        print_json(answer)
        return
    click.echo(f"{answer['path']} incarnation {answer['incarnation']}: {answer['class']} of {answer['module']}, "
               f"{answer['status']}")  # fmt: skip
    click.echo(indented(answer["state"]))


def indented(value: Any) -> str:
    """One line per attribute; what is in them stays on it."""
    if not isinstance(value, dict) or not value:
        return f"  {json.dumps(value, ensure_ascii=False)}"
    return "\n".join(f"  {f'{key}:':<20} {json.dumps(item, ensure_ascii=False)}" for key, item in value.items())


@click.command()
@path_argument
@click.argument("switch", type=click.Choice(["on", "off", "show"]), default="show")
@json_option
@home_option
def stats(path: str, switch: str, as_json: bool, home: Path) -> None:
    """Count an actor's messages: on, off, or show."""
    root = client(home)
    if switch != "show":
        root.call("statistics", path=path, on=switch == "on")
        return
    shown = (root.call("info", path=path)["instruments"] or {}).get("statistics", NO_STATISTICS)
    if as_json:
        print_json(shown)
    else:
        click.echo(statistics_line(shown))


def statistics_line(shown: Any) -> str:
    """In words; rates since the start."""
    if shown == NO_STATISTICS:
        return "no statistics; switch them on with `rookery stats PATH on`"
    seconds = max(shown["current_time"] - shown["start_time"], 0.001)
    counts = [f"{shown[key]} {word} ({shown[key] / seconds:.1f}/s)"
              for key, word in (("messages_in", "messages"), ("messages_out", "answers"))]  # fmt: skip
    return f"{', '.join(counts)} in {seconds:.1f} s"


@click.command()
@path_argument
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(min=0.0, min_open=True))
@json_option
@home_option
def trace(path: str, seconds: float, as_json: bool, home: Path) -> None:
    """Print each message of an actor and each answer while they pass."""
    root = client(home)
    root.call("log", path=path, last=KEPT_EVENTS, seconds=seconds + GRACE_SECONDS)
    try:
        for event in _passing(root, path, time.monotonic() + seconds):
            click.echo(json.dumps(event, ensure_ascii=False) if as_json else event_line(event))
    finally:
        root.call("log", path=path, last=0)


def event_line(event: dict[str, Any]) -> str:
    """When, which way, what."""
    at = time.strftime("%H:%M:%S", time.localtime(event["at"])) + f".{int(event['at'] % 1 * 1000):03d}"
    arrow = "->" if event["direction"] == "in" else "<-"
    return f"{at} {event['number']:>6} {arrow} {event['type']} {json.dumps(event['message'], ensure_ascii=False)}"


def _passing(root: Client, path: str, deadline: float) -> Iterator[dict[str, Any]]:
    """The events in order, each once; says how many were too many. A restarted actor is no longer observed."""
    pause = threading.Event()
    last = 0
    while (left := deadline - time.monotonic()) > 0:
        pause.wait(min(LOOK_SECONDS, left))
        instruments = root.call("info", path=path)["instruments"]
        events = instruments["events"] if instruments else []
        fresh = [event for event in events if event["number"] > last]
        if fresh and last and fresh[0]["number"] > last + 1:
            click.echo(f"({fresh[0]['number'] - last - 1} more were not kept)", err=True)
        yield from fresh
        last = max((event["number"] for event in fresh), default=last)


def info_text(answer: dict[str, Any]) -> str:
    """What `info` answers, for people: what is empty is left out, the stack comes last."""
    known = {key: value for key, value in answer.items() if key not in ("stack", "instruments")}
    lines = [f"{key + ':':<20}{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
             for key, value in known.items() if value not in (None, [], {})]  # fmt: skip
    instruments = answer["instruments"]
    if instruments:
        lines.append(f"{'statistics:':<20}{statistics_line(instruments['statistics'])}")
        lines += [event_line(event) for event in instruments["events"]]
    if answer["stack"]:
        lines += ["stack:", answer["stack"].rstrip()]
    return "\n".join(lines)


def inner_state(root: Any, path: str, timeout_seconds: float) -> Any:
    """What `state` answers, or why it does not."""
    try:
        return root.call("state", path=path, timeout_seconds=timeout_seconds)["state"]
    except RemoteError as error:
        return f"{error.title}: {str(error).partition(chr(10))[0]}"


@click.command()
@click.option("--window", "window_seconds", default=5.0, show_default=True, help="Seconds over which rates are taken.")
@click.option("--interval", "interval_seconds", default=1.0, show_default=True, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Print one frame, taken over one window, and end.")
@click.option("--filter", "wanted", default="", help="With --once: only lines with this in path, state or reason.")
@home_option
def top(window_seconds: float, interval_seconds: float, once: bool, wanted: str, home: Path) -> None:
    """Watch the live tree: states, restarts per minute, mailboxes, last reasons; keys give orders."""
    if once:
        from supervision.top import text

        text.print_frame(client(home), window_seconds, wanted)
        return
    from supervision.top.screen import Top

    Top(client(home), window_seconds, interval_seconds).run()


DEBUG_COMMANDS: tuple[click.Command, ...] = (state, stats, trace, top)
