"""`rookery people consents ...`: who said what, and the ledger's way out and in. Runs in the command's process; light.

Files are JSON lines, read and written here, so the root need not reach them. A line that is there already is left out,
so an import that was interrupted is simply repeated. What is written down while an export runs may not be in it.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json

CHUNK_LINES = 200
CALL_SECONDS = 60.0


class _ShowsOthers(click.Group):
    """A group whose first word may also be somebody to show."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            return "show", self.get_command(ctx, "show"), args
        return super().resolve_command(ctx, args)


@click.group(cls=_ShowsOthers, subcommand_metavar="PERSON|NUMBER | export FILE | import FILE")
def consents() -> None:
    """Consents: what a NUMBER of E.164, an address or a person's id said, with its evidence; and all as a file."""


@consents.command()
@click.argument("who", metavar="PERSON|NUMBER")
@json_option
@home_option
def show(who: str, as_json: bool, home: Path) -> None:
    """How things stand by scope, and everything that was said, oldest first. `show` may be left out."""
    answer = client(home).call("people.consents", who=who)
    if as_json:
        print_json(answer)
        return
    if not answer["history"]:
        click.echo(f"{answer['key']} said nothing about consent")
    for scope, state in answer["standing"].items():
        click.echo(f"{'now':<26} {state:<8} {scope}")
    for one in answer["history"]:
        evidence = json.dumps(one["evidence"], ensure_ascii=False) if one["evidence"] else ""
        click.echo(f"{one['at'][:26]:<26} {one['state']:<8} {one['scope']}  {one['source']} {evidence}".rstrip())


@consents.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@json_option
@home_option
def export(file: str, as_json: bool, home: Path) -> None:
    """Write the whole ledger to FILE ("-": standard output), one JSON document per line."""
    written = 0
    with click.open_file(file, "w", encoding="utf-8") as stream:
        for one in _ledger(home):
            stream.write(json.dumps(one, ensure_ascii=False) + "\n")
            written += 1
    if as_json and file != "-":
        print_json({"file": file, "written": written})
    elif file != "-":
        click.echo(f"{written} lines written to {file}")


@consents.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@json_option
@home_option
def import_(file: str, as_json: bool, home: Path) -> None:
    """Append the lines of FILE ("-": standard input), but for those that are known. Ends with 65 if any was refused."""
    counts = {"read": 0, "added": 0, "known": 0}
    refused: list[dict[str, Any]] = []
    with click.open_file(file, "r", encoding="utf-8") as stream:
        lines = _lines(stream, refused)
        while chunk := list(islice(lines, CHUNK_LINES)):
            answer = client(home).call("people.consents.import", timeout=CALL_SECONDS, rows=chunk)
            counts = {"read": counts["read"] + len(chunk)} | {n: counts[n] + answer[n] for n in ("added", "known")}
            refused += answer["refused"]
    counts["read"] += sum(1 for row in refused if row["field"] == "")
    if as_json:
        print_json({"file": file, **counts, "refused": refused})
    else:
        for row in refused:
            what = f"{row['field']}: {row['reason']}" if row["field"] else row["reason"]
            click.echo(f"line {row['line']}: {what}  [{row['value']}]", err=True)
        click.echo(", ".join(f"{number} {name}" for name, number in counts.items()) + f", {len(refused)} refused")
    if refused:
        raise SystemExit(65)  # EX_DATAERR of sysexits.h


def _ledger(home: Path) -> Iterator[dict[str, Any]]:
    last = 0
    while True:
        page = client(home).call("people.consents.export", timeout=CALL_SECONDS, after=last, most=CHUNK_LINES)
        if not page["lines"]:
            return
        yield from page["lines"]
        last = page["last"]


def _lines(stream: IO[str], refused: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Numbered documents; what is no JSON object is refused here, with no field."""
    for number, text in enumerate(stream, start=1):
        if not text.strip():
            continue
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if isinstance(document, dict):
            yield {"line": number, "fields": document}
        else:
            refused.append({"line": number, "field": "", "reason": "is no JSON object", "value": text.strip()[:80]})
