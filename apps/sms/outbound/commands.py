"""`rookery sms text|carriers|carrier|limits|queue|in-doubt|stuck`. In the command's process; light to import."""

from pathlib import Path
from typing import Any

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table

_TEXT = ("key", "leader", "member", "lane", "carrier", "state", "reason", "changed_at")


@click.group("text")
def text() -> None:
    """Single texts."""


@text.command("show")
@click.argument("key")
@json_option
@home_option
def show(key: str, as_json: bool, home: Path) -> None:
    """The text with this KEY: its state, and its pieces at the carrier."""
    found = client(home).call("sms.text", key=key)
    if as_json:
        print_json(found)
        return
    print_table(("", ""), [(name, value) for name, value in found.items() if name != "parts" and value is not None])
    _table(found["parts"], ("number", "carrier", "carrier_id", "state", "code", "changed_at"), as_json)


@click.command("carriers")
@json_option
@home_option
def carriers(as_json: bool, home: Path) -> None:
    """Health of the carriers, windows, throttles, and how much of their limits is used."""
    rows = client(home).call("sms.carriers")
    if not as_json:
        rows = [{**row, "limit": _used(row["limit"])} for row in rows]
    columns = ("name", "health", "links", "in_hand", "window", "ready", "throttles", "resumes_in", "limit")
    _table(rows, (*columns, "reported_seconds_ago"), as_json)


@click.group("carrier")
def carrier() -> None:
    """Pause a carrier, and give it texts again."""


@carrier.command("pause")
@click.argument("name")
@click.option("--reason", default="", help="For those who ask.")
@json_option
@home_option
def pause(name: str, reason: str, as_json: bool, home: Path) -> None:
    """Give the carrier NAME nothing more; what it has already it keeps."""
    _tell(client(home).call("sms.carrier.pause", name=name, reason=reason), f"paused {name}", as_json)


@carrier.command("resume")
@click.argument("name")
@json_option
@home_option
def resume(name: str, as_json: bool, home: Path) -> None:
    """Give the carrier NAME texts again."""
    _tell(client(home).call("sms.carrier.resume", name=name), f"resumed {name}", as_json)


@click.command("limits")
@json_option
@home_option
def limits(as_json: bool, home: Path) -> None:
    """How much of each limit is used now, and when it is free again."""
    rows = client(home).call("sms.limits")
    if not as_json:
        rows = [{**row, "key": " ".join(row["key"])} for row in rows]
    _table(rows, ("limit", "key", "used", "amount", "free_in", "waits", "reported_seconds_ago"), as_json)


@click.command("queue")
@json_option
@home_option
def queue(as_json: bool, home: Path) -> None:
    """What waits to leave, by lane and leader."""
    _table(client(home).call("sms.queue"), ("lane", "leader", "texts", "due", "oldest_seconds"), as_json)


@click.group("in-doubt")
def in_doubt() -> None:
    """Texts that may or may not have reached their carrier."""


@in_doubt.command("list")
@click.option("--limit", default=100, show_default=True, help="At most so many, oldest first.")
@json_option
@home_option
def list_doubts(limit: int, as_json: bool, home: Path) -> None:
    """All of them."""
    _table(client(home).call("sms.doubts", limit=limit), _TEXT, as_json)


@in_doubt.command("resolve")
@click.argument("key")
@click.option(
    "--as",
    "state",
    required=True,
    type=click.Choice(["handed", "delivered", "failed", "queued"]),
    help="What became of it; queued sends it again.",
)
@click.option("--reason", default="", help="How that is known.")
@json_option
@home_option
def resolve(key: str, state: str, reason: str, as_json: bool, home: Path) -> None:
    """Say what became of the text KEY."""
    _tell(client(home).call("sms.doubts.resolve", key=key, state=state, reason=reason), f"{key} is {state}", as_json)


@click.command("stuck")
@click.option("--hours", type=float, help="Handed over so long ago. [default: sms.outbound.stuck_hours]")
@click.option("--limit", default=100, show_default=True, help="At most so many, oldest first.")
@click.option("--ask", is_flag=True, help="Ask their carriers for them now; what they say comes as receipts.")
@json_option
@home_option
def stuck(hours: float | None, limit: int, ask: bool, as_json: bool, home: Path) -> None:
    """Texts that were handed over long ago, of which no receipt told the end, and whether their carriers know it."""
    rows = client(home).call("sms.stuck.ask" if ask else "sms.stuck", hours=hours, limit=limit)
    _table(rows, ("key", "leader", "member", "carrier", "age_hours", "asked", "end"), as_json)


def _used(limit: dict[str, Any] | None) -> str:
    return f"{limit['used']}/{limit['amount']}" if limit else ""


def _tell(answer: Any, words: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(words)


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    cells = [["" if row.get(name) is None else row[name] for name in columns] for row in rows]
    print_table([name.replace("_", " ") for name in columns], cells)


COMMANDS = (text, carriers, carrier, limits, queue, in_doubt, stuck)
