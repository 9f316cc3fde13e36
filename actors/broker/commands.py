"""`rookery broker ...`: the verbs of this app on a terminal. Runs in the command's own process."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from actors.broker.topology import DEAD_LETTERS
from supervision.control import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table


@click.group()
def broker() -> None:
    """Look into the broker."""


@broker.command()
@json_option
@home_option
def queues(as_json: bool, home: Path) -> None:
    """Show all queues and what waits in them."""
    answer = client(home).call("broker.queues")
    if as_json:
        print_json(answer)
        return
    columns = ("queue", "ready", "unacked", "delayed", "oldest", "consumers")
    print_table(columns, [_queue_cells(queue) for queue in answer])


@broker.command("dead-letters")
@click.option("--queue", default=DEAD_LETTERS, show_default=True, help="Look into another queue.")
@click.option("--limit", default=100, show_default=True, help="How many to show at most.")
@click.option("--bodies", is_flag=True, help="Include the bodies (with --json); they may hold secrets.")
@json_option
@home_option
def dead_letters(queue: str, limit: int, bodies: bool, as_json: bool, home: Path) -> None:
    """Show what was dead-lettered, and why."""
    answer = client(home).call("broker.dead_letters", queue=queue, limit=limit, bodies=bodies)
    if as_json:
        print_json(answer)
        return
    columns = ("message", "died in", "reason", "times", "at", "bytes")
    print_table(columns, [_letter_cells(letter) for letter in answer])


@broker.command()
@json_option
@home_option
def outbox(as_json: bool, home: Path) -> None:
    """Show what waits on this machine for the broker to come back."""
    answer = client(home).call("broker.outbox")
    if as_json or not answer["enabled"]:
        print_json(answer)
        return
    print_table(("outbox", "messages", "oldest"), [_outbox_cells(one) for one in answer["outboxes"]])


def _outbox_cells(outbox: dict[str, Any]) -> list[str]:
    oldest = "-" if outbox["oldest_seconds"] is None else f"{outbox['oldest_seconds']:.0f} s"
    return [outbox["outbox"], str(outbox["messages"]), oldest]


def _queue_cells(queue: dict[str, Any]) -> list[str]:
    oldest = "-" if queue["oldest_seconds"] is None else f"{queue['oldest_seconds']:.0f} s"
    numbers = ["?" if queue[name] is None else str(queue[name]) for name in ("ready", "unacked", "delayed")]
    return [queue["name"], *numbers, oldest, str(queue["consumers"])]


def _letter_cells(letter: dict[str, Any]) -> list[str]:
    size = str(letter["bytes"])
    if not letter["deaths"]:
        return [letter["message_id"] or "-", "-", "-", "-", "-", size]
    last = letter["deaths"][0]
    at = datetime.fromtimestamp(last["time"]).astimezone().isoformat(sep=" ", timespec="seconds")
    return [letter["message_id"] or "-", last["queue"], last["reason"], str(last["count"]), at, size]
