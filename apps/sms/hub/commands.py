"""`rookery sms leader|number|keyword|canned|demo-leader|backlog`. In the command's process; light to import."""

import json
from pathlib import Path
from typing import Any

import click

from apps.sms.hub.inbox_commands import COMMANDS as INBOX_COMMANDS
from supervision.control import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table


@click.group()
def leader() -> None:
    """Leaders: whose members text them."""


@leader.command("add")
@click.argument("id")
@click.option("--name", required=True, help="As members read it.")
@click.option("--sign-up", metavar="JSON", help="All words and questions, or @FILE with them.")
@click.option("--locale", metavar="TAG", help="Of its members, unless they say otherwise.")
@click.option("--time-zone", metavar="ZONE", help="Such as Europe/Berlin.")
@json_option
@home_option
def add_leader(
    id: str, name: str, sign_up: str | None, locale: str | None, time_zone: str | None, as_json: bool, home: Path
) -> None:
    """Add the leader ID, or change what is said of it here; the rest stays."""
    said: dict[str, Any] = {
        "id": id,
        "name": name,
        "sign_up": None if sign_up is None else _object(sign_up),
        "locale": locale,
        "time_zone": time_zone,
    }
    put = client(home).call("sms.leader.put", **said)
    _tell(put, as_json, f"{'added' if put['new'] else 'changed'} {id}: rookery sms number add NUMBER --leader {id}")


@leader.command("list")
@json_option
@home_option
def list_leaders(as_json: bool, home: Path) -> None:
    """All leaders."""
    _table(client(home).call("sms.leaders"), ("id", "name", "locale", "time_zone"), as_json)


@leader.command("show")
@click.argument("leader")
@json_option
@home_option
def show_leader(leader: str, as_json: bool, home: Path) -> None:
    """Words, numbers and keywords of a LEADER."""
    found = client(home).call("sms.leader", leader=leader)
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['id']}  {found['name']}  {', '.join(found['numbers']) or 'without a number'}")
    for name, value in found["sign_up"].items():
        if value not in (None, "", []):
            click.echo(f"  {name}: {json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}")
    for one in found["keywords"]:
        click.echo(f"  {one['word']} -> {one['answer']}")


@click.group()
def number() -> None:
    """Our numbers."""


@number.command("add")
@click.argument("number")
@click.option("--leader", required=True, help="Whose it is.")
@click.option("--carrier", default="sim", show_default=True, help="That it belongs to.")
@click.option("--campaign", help="That it is registered for.")
@click.option("--brand", help="Of the campaign.")
@json_option
@home_option
def add_number(
    number: str, leader: str, carrier: str, campaign: str | None, brand: str | None, as_json: bool, home: Path
) -> None:
    """Give a NUMBER of ours to a leader."""
    said: dict[str, Any] = {
        "number": number,
        "leader": leader,
        "carrier": carrier,
        "campaign": campaign,
        "brand": brand,
    }
    put = client(home).call("sms.number.put", **said)
    _tell(put, as_json, f"{put['number']} ({put['type']}) belongs to {leader}, by {carrier}")


@number.command("list")
@json_option
@home_option
def list_numbers(as_json: bool, home: Path) -> None:
    """All our numbers."""
    columns = ("number", "type", "leader", "carrier", "brand", "campaign")
    _table(client(home).call("sms.numbers"), columns, as_json)


@click.group()
def keyword() -> None:
    """Words that are answered of themselves."""


@keyword.command("set")
@click.argument("leader")
@click.argument("word")
@click.argument("answer")
@click.option("--tag", help="That whoever writes the word gets.")
@json_option
@home_option
def set_keyword(leader: str, word: str, answer: str, tag: str | None, as_json: bool, home: Path) -> None:
    """Answer a text to LEADER that is WORD and nothing else with ANSWER."""
    put = client(home).call("sms.keyword.put", leader=leader, word=word, answer=answer, tag=tag)
    _tell(put, as_json, f"{put['word']} -> {put['answer']}")


@keyword.command("list")
@click.argument("leader")
@json_option
@home_option
def list_keywords(leader: str, as_json: bool, home: Path) -> None:
    """The words of a LEADER."""
    _table(client(home).call("sms.keywords", leader=leader), ("word", "answer", "tag"), as_json)


@keyword.command("remove")
@click.argument("leader")
@click.argument("word")
@json_option
@home_option
def remove_keyword(leader: str, word: str, as_json: bool, home: Path) -> None:
    """Stop answering WORD."""
    gone = client(home).call("sms.keyword.remove", leader=leader, word=word)
    _tell(gone, as_json, f"{word} is {'no longer answered' if gone['removed'] else 'no keyword'}")


@click.group()
def canned() -> None:
    """Answers that a leader has ready."""


@canned.command("set")
@click.argument("leader")
@click.argument("name")
@click.argument("body")
@json_option
@home_option
def set_canned(leader: str, name: str, body: str, as_json: bool, home: Path) -> None:
    """Keep BODY ready under NAME; {name} in it is the member's."""
    put = client(home).call("sms.canned.put", leader=leader, name=name, body=body)
    _tell(put, as_json, f"{put['name']}: {put['body']}")


@canned.command("list")
@click.argument("leader")
@json_option
@home_option
def list_canned(leader: str, as_json: bool, home: Path) -> None:
    """What a LEADER has ready."""
    _table(client(home).call("sms.canned", leader=leader), ("name", "body"), as_json)


@click.command("demo-leader")
@json_option
@home_option
def demo_leader(as_json: bool, home: Path) -> None:
    """Make a leader to try things with: a number, a sign-up, a keyword."""
    made = client(home).call("sms.demo-leader")
    if as_json:
        print_json(made)
        return
    leader, ours, member = made["leader"], made["number"], made["member"]
    click.echo(f"{made['name']} has the number {ours} of the simulated carrier. Now, as {member}:")
    click.echo(f"  rookery sms phone text {member} {ours} hello")
    click.echo(f"  rookery sms phone show {member}")
    click.echo(f"  rookery sms thread {leader} {member}")
    click.echo(f"  rookery sms inbox {leader}")
    click.echo(f"  rookery sms reply {leader} {member} 'Good to have you here'")


@click.command()
@json_option
@home_option
def backlog(as_json: bool, home: Path) -> None:
    """What waits for the hub, by leader."""
    _table(client(home).call("sms.backlog"), ("leader", "texts", "oldest_seconds"), as_json)


def _object(text: str) -> dict[str, Any]:
    """JSON, or `@` and the name of a file with it."""
    try:
        value = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except OSError as error:
        raise click.BadParameter(f"cannot be read: {error}", param_hint="--sign-up") from error
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--sign-up") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--sign-up")
    return value


def _tell(answer: Any, as_json: bool, words: str) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(words)


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    else:
        cells = [[row[name] if row[name] is not None else "" for name in columns] for row in rows]
        print_table([name.replace("_", " ") for name in columns], cells)


COMMANDS = (leader, number, keyword, canned, demo_leader, backlog, *INBOX_COMMANDS)
