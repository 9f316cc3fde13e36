"""`rookery sms phone text|show|list|block|watched`. In the command's process; light to import."""

from datetime import datetime
from pathlib import Path

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table

_SHOWN = ("at", "from", "segments", "text")
_WATCHED = ("carrier", "limit", "scope", "most", "peak", "total", "violations")


@click.group("phone")
def phone() -> None:
    """The phones of the simulated carriers."""


@phone.command("text")
@click.argument("number")
@click.argument("to")
@click.argument("body")
@click.option("--carrier", help="The simulated carrier; that of our number otherwise.")
@json_option
@home_option
def text(number: str, to: str, body: str, carrier: str | None, as_json: bool, home: Path) -> None:
    """The phone NUMBER texts BODY to our number TO."""
    sent = client(home).call("sms.phone.text", phone=number, to=to, body=body, carrier=carrier)
    if as_json:
        print_json(sent)
    else:
        click.echo(f"{sent['id']} on its way by {sent['carrier']}")


@phone.command("show")
@click.argument("number")
@click.option("--after", type=int, default=0, help="Only what came behind the text with this id.")
@json_option
@home_option
def show(number: str, after: int, as_json: bool, home: Path) -> None:
    """What the phone NUMBER got, in order."""
    texts = client(home).call("sms.phone", phone=number, after=after)
    if as_json:
        print_json(texts)
        return
    rows = [{**one, "at": f"{datetime.fromtimestamp(one['at']):%H:%M:%S}"} for one in texts]
    print_table(_SHOWN, [[row[column] for column in _SHOWN] for row in rows])


@phone.command("list")
@json_option
@home_option
def list_phones(as_json: bool, home: Path) -> None:
    """The phones that got something."""
    numbers = client(home).call("sms.phones")
    if as_json:
        print_json(numbers)
    else:
        click.echo("\n".join(numbers) or "no phone got anything yet")


@phone.command("block")
@click.argument("number")
@click.argument("ours")
@click.option("--carrier", help="The simulated carrier; that of our number otherwise.")
@click.option("--off", is_flag=True, help="Take it off the carrier's list again.")
@json_option
@home_option
def block(number: str, ours: str, carrier: str | None, off: bool, as_json: bool, home: Path) -> None:
    """The phone NUMBER opts out of our number OURS at the carrier, which tells us only when we text it."""
    said = client(home).call("sms.phone.block", phone=number, number=ours, carrier=carrier, blocked=not off)
    if as_json:
        print_json(said)
    else:
        click.echo(f"{said['carrier']} {'refuses' if said['blocked'] else 'takes'} texts from {ours} to {number}")


@phone.command("watched")
@json_option
@home_option
def watched(as_json: bool, home: Path) -> None:
    """What the simulated carriers counted of our limits by themselves, and how much was too many."""
    rows = client(home).call("sms.watched")
    if as_json:
        print_json(rows)
    else:
        print_table(_WATCHED, [[row[column] for column in _WATCHED] for row in rows])


COMMANDS = (phone,)
