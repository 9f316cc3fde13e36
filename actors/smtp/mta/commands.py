"""`rookery mta rules|add|remove|clear|reset|status`: the embedded mail server's difficulties, from the command line."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from supervision.control.client import client
from supervision.options import home_option, json_option, print_json


@click.group()
def mta() -> None:
    """Make the embedded mail server difficult, and look at what it did."""


@mta.command()
@json_option
@home_option
def rules(as_json: bool, home: Path) -> None:
    """Show the rules, in the order in which they are asked."""
    _show(client(home).call("mta.rules"), as_json)


@mta.command()
@click.option("--recipient", default="*", show_default=True, help="Shell pattern, such as '*@slow.example'.")
@click.option("--at", type=click.Choice(["rcpt", "data"]), default="rcpt", show_default=True, help="The moment.")
@click.option("--reply", help="Answer this, such as '451 4.7.1 slow down'; after a 421 it hangs up.")
@click.option("--script", "replies", multiple=True, help="Answer to a recipient's next attempt; may be repeated.")
@click.option("--garbage", help="Say this, which need not be SMTP.")
@click.option("--drop", type=click.Choice(["before", "after"]), help="Hang up before or after the mail is kept.")
@click.option("--delay", "delay_seconds", type=float, help="Seconds before the answer.")
@click.option("--probability", type=float, help="How often it applies, 0 to 1.")
@click.option("--above", type=int, help="Only to what is more than so many a second (see --seconds).")
@click.option("--seconds", type=float, help="The window of --above.")
@click.option("--last", is_flag=True, help="After all other rules, not before them.")
@json_option
@home_option
def add(last: bool, as_json: bool, home: Path, **fields: Any) -> None:
    """Add a rule, from the next mail on."""
    rule = {name: value for name, value in fields.items() if value not in (None, ())}
    _show(client(home).call("mta.add", rule=rule, last=last), as_json)


@mta.command()
@click.argument("number", type=int)
@json_option
@home_option
def remove(number: int, as_json: bool, home: Path) -> None:
    """Take away the rule NUMBER."""
    _show(client(home).call("mta.remove", number=number), as_json)


@mta.command()
@json_option
@home_option
def clear(as_json: bool, home: Path) -> None:
    """Take away all rules: every mail is taken."""
    _show(client(home).call("mta.set", rules=[]), as_json)


@mta.command()
@json_option
@home_option
def reset(as_json: bool, home: Path) -> None:
    """Go back to the rules of the configuration."""
    _show(client(home).call("mta.set"), as_json)


@mta.command()
@json_option
@home_option
def status(as_json: bool, home: Path) -> None:
    """Count what it did with mails."""
    answer = client(home).call("mta.status")
    if as_json:
        print_json(answer)
    else:
        for name, count in sorted(answer.items()):
            click.echo(f"{name:<10} {count}")


def _show(found: Iterable[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    lines = [f"{one['number']:>3}  used {one['used']:<8} {json.dumps(one['rule'])}" for one in found]
    click.echo("\n".join(lines) or "no rules: every mail is taken")
