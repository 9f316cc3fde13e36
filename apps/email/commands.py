"""`rookery event` and `rookery email`: the verbs of this app on the command line. Light to import."""

import json
from pathlib import Path
from typing import Any

import click

from apps.email.campaign.commands import campaign
from apps.email.proof.commands import lint, preview
from apps.email.rulebook.commands import replay, rule
from supervision.options import home_option, json_option, print_json
from supervision.terminal import console


@click.group()
def event() -> None:
    """Send events."""


@event.command()
@click.argument("type")
@click.option("--to", metavar="ADDRESS", help="Who gets the mail.")
@click.option("--locale", metavar="TAG", help="BCP 47, like ja or pt-BR.")
@click.option("--data", metavar="JSON", default="{}", help="What the template gets to say, as a JSON object.")
@click.option("--id", metavar="ID", help="The same source and id again is the same event. [default: made up]")
@click.option("--source", metavar="URI", help="Who says so.")
@json_option
@home_option
def send(
    type: str,
    to: str | None,
    locale: str | None,
    data: str,
    id: str | None,
    source: str | None,
    as_json: bool,
    home: Path,
) -> None:
    """Send one event of TYPE, as if it had come by POST /events."""
    given = {"to": to, "locale": locale, "id": id, "source": source}
    sent = _ask(home, "event.send", type=type, data=_object(data), **_present(given))
    if as_json:
        print_json(sent)
    else:
        click.echo(f"accepted {sent['id']}: {len(sent['mails'])} mail(s)")
        for key in sent["mails"]:
            click.echo(f"  rookery email show {key}")


@click.group()
def email() -> None:
    """See what became of the mails."""


@email.command()
@click.option("--limit", default=100, show_default=True, help="At most so many, latest first.")
@json_option
@home_option
def outbox(limit: int, as_json: bool, home: Path) -> None:
    """The mails that the embedded mail server really took."""
    mails = _ask(home, "email.outbox", limit=limit)
    if as_json:
        print_json(mails)
    else:
        from apps.email.display import outbox_table

        _print(outbox_table(mails))


@email.command()
@click.argument("key", required=False)
@click.option("--in-doubt", is_flag=True, help="List the mails that are or ever were in doubt instead.")
@click.option("--limit", default=100, show_default=True, help="With --in-doubt: at most so many, latest first.")
@json_option
@home_option
def show(key: str | None, in_doubt: bool, limit: int, as_json: bool, home: Path) -> None:
    """The mail with this KEY (or Message-ID): its state, and why it came to that."""
    if in_doubt == (key is not None):
        raise click.UsageError("say either KEY or --in-doubt")
    found = _ask(home, "email.doubts", limit=limit) if in_doubt else _ask(home, "email.show", key=key)
    if as_json:
        print_json(found)
        return
    from apps.email.display import doubts_table, mail_tree

    _print(doubts_table(found) if in_doubt else mail_tree(found))


@email.command()
@json_option
@home_option
def books(as_json: bool, home: Path) -> None:
    """All mails by class and state."""
    lines = _ask(home, "email.books")
    if as_json:
        print_json(lines)
    else:
        from apps.email.display import books_table

        _print(books_table(lines))


email.add_command(campaign)
email.add_command(preview)
email.add_command(lint)
email.add_command(replay)

COMMANDS = (event, email, rule)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--data") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--data")
    return value


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _ask(home: Path, verb: str, **params: Any) -> Any:
    from supervision.control.client import client

    return client(home).call(verb, **params)


def _print(shown: Any) -> None:
    console().print(shown)
