"""`rookery quarantine ...`: the quarantine on a terminal. Runs in the command's own process; light to import."""

import getpass
from base64 import b64encode
from pathlib import Path
from typing import Any

import click

from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table, printable

COLUMNS = ("id", "queue", "state", "since", "attempts", "deaths", "bytes", "reason")


@click.group()
def quarantine() -> None:
    """Look after messages that were put aside."""


@quarantine.command("list")
@click.option("--queue", help="Only those of one queue.")
@click.option("--all", "everything", is_flag=True, help="Also those that were replayed or dropped.")
@click.option("--limit", default=100, show_default=True, help="How many to show at most, the latest first.")
@json_option
@home_option
def list_entries(queue: str | None, everything: bool, limit: int, as_json: bool, home: Path) -> None:
    """Show what is in quarantine."""
    found = _ask(home, "list", queue=queue, all=everything, limit=limit)
    if as_json:
        print_json(found)
    else:
        print_table(COLUMNS, [_cells(entry) for entry in found])


@quarantine.command()
@click.argument("id", type=int)
@json_option
@home_option
def show(id: int, as_json: bool, home: Path) -> None:
    """Show one message with its body, traceback and history."""
    _tell(_ask(home, "show", id=id), as_json)


@quarantine.command()
@click.argument("id", type=int)
@click.option("--body", type=click.File("rb"), help="A file with the new body; - reads it from standard input.")
@click.option("--set", "fields", multiple=True, metavar="FIELD=VALUE", help="Set a field of a JSON body, as in a.b=3.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="Set a header; =null removes it.")
@json_option
@home_option
def edit(id: int, body: Any, fields: tuple[str, ...], headers: tuple[str, ...], as_json: bool, home: Path) -> None:
    """Change one message before it is replayed."""
    content = None if body is None else b64encode(body.read()).decode()
    _tell(_ask(home, "edit", id=id, body=content, fields=_pairs(fields), headers=_pairs(headers), by=_who()), as_json)


@quarantine.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@json_option
@home_option
def replay(ids: tuple[int, ...], as_json: bool, home: Path) -> None:
    """Publish messages to their queues once more."""
    _results(_ask(home, "replay", ids=list(ids), by=_who()), as_json)


@quarantine.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it stays with the message's row.")
@json_option
@home_option
def drop(ids: tuple[int, ...], reason: str, as_json: bool, home: Path) -> None:
    """Give messages up."""
    _results(_ask(home, "drop", ids=list(ids), reason=reason, by=_who()), as_json)


def _ask(home: Path, verb: str, **params: Any) -> Any:
    from supervision.control.client import client

    return client(home).call(f"quarantine.{verb}", **params)


def _who() -> str:
    """The account's name, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def _pairs(assignments: tuple[str, ...]) -> dict[str, Any]:
    from actors.pipeline.connector.quarantine.edit import assignment

    return dict(assignment(text) for text in assignments)


def _tell(entry: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(entry)
        return
    for name in ("id", "state", "queue", "exchange", "routing_key", "message_id", "reason", "attempts", "deaths"):
        click.echo(f"{name:>14}  {printable(entry[name])}")
    for name, value in entry["headers"].items():
        click.echo(f"{'header':>14}  {printable(name)}: {printable(value)}")
    for noted in entry["history"]:
        click.echo(f"{'history':>14}  {noted['at']} {printable(noted['who'])}: {printable(noted['what'])}")
    for name in ("traceback", "body"):
        click.echo(f"\n{name}:")
        for line in entry[name].splitlines():
            click.echo(f"  {printable(line)}")


def _results(results: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(results)
    else:
        for result in results:
            click.echo(f"{result['id']}: {result['state'] or result['error']}")
    if any(result["error"] for result in results):
        raise SystemExit(1)


def _cells(entry: dict[str, Any]) -> list[str]:
    since = entry["quarantined_at"]
    numbers = [str(entry[name]) for name in ("attempts", "deaths", "bytes")]
    return [str(entry["id"]), entry["queue"], entry["state"], since, *numbers, entry["reason"]]
