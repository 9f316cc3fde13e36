"""`rookery people audience ...`: queries over people, kept under a name. Runs in the command's process; light."""

import json
from pathlib import Path
from typing import Any

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json


@click.group()
def audience() -> None:
    """Whom a send is for: stored queries over people."""


@audience.command()
@click.argument("name")
@click.option("--query", metavar="JSON", default="{}", help='Such as {"not": {"signed": "x"}}; the rest comes on top.')
@click.option("--country", multiple=True, help="ISO 3166 code; several: one of them.")
@click.option("--language", multiple=True, help="Like en or pt; several: one of them.")
@click.option("--signed", multiple=True, metavar="PETITION", help="Who signed it; several: all of them.")
@click.option("--attribute", multiple=True, metavar="NAME=VALUE", help="VALUE is JSON, or else text; several: all.")
@json_option
@home_option
def add(
    name: str,
    query: str,
    country: tuple[str, ...],
    language: tuple[str, ...],
    signed: tuple[str, ...],
    attribute: tuple[str, ...],
    as_json: bool,
    home: Path,
) -> None:
    """Store an audience under NAME, or change it, and count whom it means now. Without options it is everybody."""
    given = _object(query)
    parts = [given] if given else []
    parts += [{"country": list(country)}] if country else []
    parts += [{"language": list(language)}] if language else []
    parts += [{"signed": petition} for petition in signed]
    parts += [{"attribute": _attribute(text)} for text in attribute]
    document = parts[0] if len(parts) == 1 else {"all": parts}
    _show(client(home).call("people.audience.add", timeout=120.0, name=name, query=document), as_json)


@audience.command("list")
@json_option
@home_option
def list_(as_json: bool, home: Path) -> None:
    """The stored audiences."""
    found = client(home).call("people.audience.list")
    if as_json:
        print_json(found)
        return
    for one in found:
        _show(one, as_json)
    if not found:
        click.echo("no audiences; add one with `rookery people audience add`")


@audience.command()
@click.argument("name")
@json_option
@home_option
def show(name: str, as_json: bool, home: Path) -> None:
    """One audience as it is stored."""
    _show(client(home).call("people.audience.show", name=name), as_json)


@audience.command()
@click.argument("name")
@json_option
@home_option
def count(name: str, as_json: bool, home: Path) -> None:
    """How many people an audience means now."""
    _show(client(home).call("people.audience.count", timeout=120.0, name=name), as_json)


@audience.command()
@click.argument("name")
@json_option
@home_option
def remove(name: str, as_json: bool, home: Path) -> None:
    """Forget an audience. Sends that were started keep their people."""
    answer = client(home).call("people.audience.remove", name=name)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{name} is forgotten")


@click.command()
@click.argument("who", metavar="ADDRESS_OR_ID")
@click.argument("petition")
@json_option
@home_option
def sign(who: str, petition: str, as_json: bool, home: Path) -> None:
    """Write down that a person signed PETITION."""
    answer = client(home).call("people.sign", who=who, petition=petition)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['id']} {'signed' if answer['new'] else 'had signed'} {petition}")


def _show(one: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(one)
    else:
        people = f"  {one['people']} people" if "people" in one else ""
        click.echo(f"{one['name']}{people}  {json.dumps(one['query'], ensure_ascii=False)}")


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--query") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--query")
    return value


def _attribute(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        return {"name": name}
    try:
        return {"name": name, "is": json.loads(value)}
    except ValueError:
        return {"name": name, "is": value}
