"""`rookery people ...`: profiles, preferences, suppression, audiences. In the command's process, beside the root's.

A file to import is read in `upload` and streamed to the root, so the root need not be able to read it.
"""

from pathlib import Path
from typing import Any

import click

from apps.people.audience.commands import audience, sign
from apps.people.ledger.commands import consents
from supervision.control import client
from supervision.options import home_option, json_option, print_json

REASONS = ("hard_bounce", "complaint", "unsubscribe", "manual")


@click.group()
def people() -> None:
    """People: profiles, preferences, suppression, audiences."""


people.add_command(audience)
people.add_command(sign)
people.add_command(consents)


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--format", "format", type=click.Choice(["csv", "jsonl"]), help="[default: told from the content]")
@click.option("--refused", "refused_file", type=click.Path(dir_okay=False), help="Write the rows not taken here (CSV).")
@click.option("--dry-run", is_flag=True, help="Check everything and count, but keep nothing.")
@json_option
@home_option
def import_(file: str, format: Any, refused_file: str | None, dry_run: bool, as_json: bool, home: Path) -> None:
    """Add the people of FILE ("-": standard input), or complete those already known.

    CSV with a header, or JSON lines. Fields: address (or email), id, name, locale, time_zone, attributes; other columns
    become attributes. An empty cell says nothing. Every row that is not taken is reported with its line and the reason;
    the others are imported. Importing a file again changes nothing.
    """
    from apps.people import upload

    with upload.not_taken(refused_file, quiet=as_json) as report, click.open_file(file, "rb") as stream:
        counts = upload.upload(stream, file, format, client(home), report.add, dry_run)
    if as_json:
        print_json(upload.as_json(file, counts, report, dry_run))
    else:
        click.echo(upload.summary(counts, report, dry_run))


@people.command()
@click.argument("who", metavar="ADDRESS_OR_ID")
@json_option
@home_option
def show(who: str, as_json: bool, home: Path) -> None:
    """Show a person's profile, preferences and suppressions."""
    answer = client(home).call("people.show", who=who)
    if as_json:
        print_json(answer)
        return
    for name, value in (answer["profile"] or {"address": who, "profile": "none"}).items():
        if name == "attributes":
            for attribute, inner in value.items():
                click.echo(f"{'attribute':<12} {attribute} = {inner}")
        elif name != "key" and value not in (None, ""):
            click.echo(f"{name.replace('_', ' '):<12} {value}")
    for topic, wanted in answer["preferences"].items():
        click.echo(f"{'preference':<12} {topic} {'on' if wanted else 'off'}")
    for entry in answer["suppressions"]:
        click.echo(
            f"{'suppressed':<12} {entry['scope']}: {entry['reason']} since {entry['at']} {entry['evidence'] or ''}"
        )


@people.command()
@click.argument("address")
@click.option("--reason", type=click.Choice(REASONS), default="manual", show_default=True)
@click.option("--scope", type=click.Choice(["all", "bulk"]), help="[default: bulk for complaint and unsubscribe]")
@click.option("--note", help="Kept as evidence.")
@json_option
@home_option
def suppress(address: str, reason: str, scope: str | None, note: str | None, as_json: bool, home: Path) -> None:
    """Send nothing more to ADDRESS, known or not; with scope bulk, nothing but transactional mail."""
    evidence = {} if note is None else {"note": note}
    entry = client(home).call("people.suppress", address=address, reason=reason, scope=scope, evidence=evidence)
    if as_json:
        print_json(entry)
    else:
        click.echo(f"{entry['key']} is suppressed: {entry['reason']}, {entry['scope']} mail")


@people.command()
@click.argument("address")
@click.option("--reason", type=click.Choice(REASONS), help="Lift only this reason.  [default: all]")
@json_option
@home_option
def unsuppress(address: str, reason: str | None, as_json: bool, home: Path) -> None:
    """Let mail to ADDRESS through again."""
    answer = client(home).call("people.unsuppress", address=address, reason=reason)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['key']}: {answer['lifted']} reasons lifted")


@people.command()
@click.argument("who", metavar="ADDRESS_OR_ID")
@click.argument("topic")
@click.argument("wanted", type=click.Choice(["on", "off"]))
@json_option
@home_option
def prefer(who: str, topic: str, wanted: str, as_json: bool, home: Path) -> None:
    """Switch mail about TOPIC (or of the class "bulk") on or off for one person."""
    answer = client(home).call("people.prefer", who=who, topic=topic, wanted=wanted == "on")
    if as_json:
        print_json(answer)
    else:
        click.echo(
            f"{answer['id']}: " + ", ".join(f"{t} {'on' if w else 'off'}" for t, w in answer["preferences"].items())
        )
