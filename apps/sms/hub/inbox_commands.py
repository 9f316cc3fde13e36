"""`rookery sms inbox|thread|reply|member|tag`. In the command's process; light to import."""

from pathlib import Path
from typing import Any

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table, printable

LIMIT = click.option("--limit", default=100, show_default=True, help="At most so many.")


@click.command()
@click.argument("leader")
@click.option("--unread", is_flag=True, help="Only what nobody has read.")
@click.option("--search", metavar="WORDS", help="Only conversations in which this was written.")
@LIMIT
@json_option
@home_option
def inbox(leader: str, unread: bool, search: str | None, limit: int, as_json: bool, home: Path) -> None:
    """A LEADER's conversations, the latest first."""
    found = client(home).call("sms.inbox", leader=leader, unread=unread, search=search, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one["number"], one["name"], one["state"], one["unread"] or "", _moment(one["at"]), _said(one)) for one in found
    ]
    print_table(("number", "name", "state", "unread", "last", "text"), rows)


@click.command()
@click.argument("leader")
@click.argument("number")
@click.option("--mark-read", is_flag=True, help="It is read now.")
@LIMIT
@json_option
@home_option
def thread(leader: str, number: str, mark_read: bool, limit: int, as_json: bool, home: Path) -> None:
    """The texts between a LEADER and the member with NUMBER, oldest first."""
    found = client(home).call("sms.thread", leader=leader, number=number, limit=limit)
    if mark_read:
        client(home).call("sms.read", leader=leader, number=number)
    if as_json:
        print_json(found)
        return
    for one in found:
        why = f", {one['reason']}" if one["reason"] else ""
        click.echo(f"{_moment(one['created_at'])} {_said(one)}  [{one['state']}{why}]")


@click.command()
@click.argument("leader")
@click.argument("number")
@click.argument("text", required=False)
@click.option("--canned", metavar="NAME", help="Instead of TEXT: an answer that is ready.")
@click.option("--key", help="The same key again sends nothing more. [default: made up]")
@json_option
@home_option
def reply(
    leader: str, number: str, text: str | None, canned: str | None, key: str | None, as_json: bool, home: Path
) -> None:
    """Send TEXT from a LEADER to the member with NUMBER."""
    if (text is None) == (canned is None):
        raise click.UsageError("say either TEXT or --canned")
    sent = client(home).call("sms.reply", leader=leader, number=number, body=text, canned=canned, key=key)
    if as_json:
        print_json(sent)
    else:
        click.echo(f"queued {sent['key']}: {sent['body']}")


@click.group()
def member() -> None:
    """Members of a leader."""


@member.command("list")
@click.argument("leader")
@click.option("--tag", help="Only who has it.")
@click.option("--state", type=click.Choice(["asked", "joined", "left"]))
@LIMIT
@json_option
@home_option
def list_members(leader: str, tag: str | None, state: str | None, limit: int, as_json: bool, home: Path) -> None:
    """Members of a LEADER, by number."""
    found = client(home).call("sms.members", leader=leader, tag=tag, state=state, limit=limit)
    if as_json:
        print_json(found)
        return
    columns = ("number", "name", "state", "place", "country", "unread", "last_active_at")
    rows = [[one[name] if one[name] is not None else "" for name in columns] for one in found]
    print_table([name.replace("_", " ") for name in columns], rows)


@member.command("show")
@click.argument("leader")
@click.argument("number")
@json_option
@home_option
def show_member(leader: str, number: str, as_json: bool, home: Path) -> None:
    """All that is known of the member with NUMBER."""
    found = client(home).call("sms.member", leader=leader, number=number)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if value not in (None, "", {}, []):
            click.echo(f"{name.replace('_', ' ')}: {printable(value)}")


@click.group()
def tag() -> None:
    """Tags of members."""


@tag.command("add")
@click.argument("leader")
@click.argument("number")
@click.argument("tag")
@json_option
@home_option
def add_tag(leader: str, number: str, tag: str, as_json: bool, home: Path) -> None:
    """Give the member with NUMBER a TAG."""
    _tags(client(home).call("sms.tag.add", leader=leader, number=number, tag=tag), as_json)


@tag.command("remove")
@click.argument("leader")
@click.argument("number")
@click.argument("tag")
@json_option
@home_option
def remove_tag(leader: str, number: str, tag: str, as_json: bool, home: Path) -> None:
    """Take a TAG from the member with NUMBER."""
    _tags(client(home).call("sms.tag.remove", leader=leader, number=number, tag=tag), as_json)


def _tags(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['number']}: {', '.join(answer['tags']) or 'no tags'}")


def _moment(iso: str | None) -> str:
    return (iso or "")[:19].replace("T", " ")


def _said(text: dict[str, Any]) -> str:
    """What members wrote may be anything: it is made printable."""
    body = text["body"] if "body" in text else text["text"]
    return "" if body is None else f"{'<' if text['direction'] == 'in' else '>'} {printable(body)}"


COMMANDS = (inbox, thread, reply, member, tag)
