"""`rookery rule ...` and `rookery email replay`: rules on the command line. Light to import."""

import getpass
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from supervision.options import home_option, json_option, print_json


@click.group()
def rule() -> None:
    """See, change and try the rules: what each type of event sets off."""


@rule.command(name="list")
@json_option
@home_option
def listed(as_json: bool, home: Path) -> None:
    """The rules in force, and where each comes from."""
    from apps.email.rulebook.display import print_rules

    _tell(_ask(home, "rule.list"), as_json, print_rules)


@rule.command()
@click.argument("name")
@json_option
@home_option
def show(name: str, as_json: bool, home: Path) -> None:
    """The rule NAME, and who changed it when."""
    from apps.email.rulebook.display import print_rule

    _tell(_ask(home, "rule.show", name=name), as_json, print_rule)


def _writing(command: Any) -> Any:
    """What all commands have that change a rule."""
    command = click.option("--by", metavar="NAME", default=None, help="Who changes it. [default: your login]")(command)
    return click.option("--note", default="", help="Why; kept with the version.")(command)


@rule.command()
@click.argument("name")
@click.argument("file", type=click.File("r"))
@_writing
@json_option
@home_option
def add(name: str, file: Any, note: str, by: str | None, as_json: bool, home: Path) -> None:
    """A new rule NAME as FILE says it (YAML or JSON, - for standard input), with the keys of email.rules."""
    _write(home, "rule.add", name, _mapping(file.read()), note, by, as_json)


@rule.command()
@click.argument("name")
@click.argument("file", type=click.File("r"), required=False)
@_writing
@json_option
@home_option
def edit(name: str, file: Any, note: str, by: str | None, as_json: bool, home: Path) -> None:
    """The next version of the rule NAME: as FILE says it, or in your editor."""
    if file is not None:
        text = file.read()
    else:
        before = yaml.safe_dump(_ask(home, "rule.show", name=name)["rule"], sort_keys=False)
        text = click.edit(before, extension=".yaml")
        if text is None or text == before:
            raise click.ClickException("nothing was changed")
    _write(home, "rule.edit", name, _mapping(text), note, by, as_json)


@rule.command()
@click.argument("name")
@_writing
@json_option
@home_option
def remove(name: str, note: str, by: str | None, as_json: bool, home: Path) -> None:
    """Take the rule NAME out of the database; what config.yaml says of it, if anything, counts again."""
    gone = _ask(home, "rule.remove", name=name, note=note, by=by or getpass.getuser())
    then = "that of config.yaml counts again" if gone["left"] else "there is none of that name now"
    _tell(gone, as_json, lambda _: click.echo(f"removed {name}: {then}"))


@rule.command()
@click.argument("name", required=False)
@json_option
@home_option
def shadows(name: str | None, as_json: bool, home: Path) -> None:
    """How the mails of rules in the shadow (of NAME alone) compare with those that other rules really send."""
    from apps.email.rulebook.display import print_shadows

    _tell(_ask(home, "rule.shadows", **({} if name is None else {"rule": name})), as_json, print_shadows)


@rule.command()
@click.argument("key")
@home_option
def shadow(key: str, home: Path) -> None:
    """The mail with this KEY that a rule in the shadow rendered and did not send, as the mail server would get it."""
    click.echo(_ask(home, "rule.shadow", key=key)["mail"], nl=False)


@rule.command()
@click.argument("file", metavar="EVENT.json", type=click.File("r"))
@click.option("--at", metavar="TIME", help="As if it were then, such as 2026-11-22T03:00+01:00.")
@json_option
@home_option
def test(file: Any, at: str | None, as_json: bool, home: Path) -> None:
    """Who would get what from this event, and why; also why not. Nothing is sent."""
    from apps.email.rulebook.display import print_test

    given = {"event": _mapping(file.read()), **({} if at is None else {"at": _moment(at, "--at")})}
    _tell(_ask(home, "rule.test", **given), as_json, print_test)


@click.command()
@click.option("--from", "start", metavar="TIME", required=True, help="Events received from then on.")
@click.option("--to", "end", metavar="TIME", help="And before then. [default: now]")
@click.option("--rule", metavar="NAME", help="Of this rule alone.")
@click.option("--dry-run", is_flag=True, required=True, help="Only compare; there is no other way yet.")
@click.option("--limit", default=100, show_default=True, help="At most so many differences; all are counted.")
@json_option
@home_option
def replay(start: str, end: str | None, rule: str | None, dry_run: bool, limit: int, as_json: bool, home: Path) -> None:
    """Past events against today's rules: what would be otherwise."""
    from apps.email.rulebook.display import print_replay

    if not dry_run:
        raise click.UsageError("say --dry-run: events can be compared, not sent again")
    given: dict[str, Any] = {"start": _moment(start, "--from"), "limit": limit}
    given |= {} if end is None else {"end": _moment(end, "--to")}
    given |= {} if rule is None else {"rule": rule}
    _tell(_ask(home, "email.replay", **given), as_json, print_replay)


def _write(home: Path, verb: str, name: str, rule: Any, note: str, by: str | None, as_json: bool) -> None:
    written = _ask(home, verb, name=name, rule=rule, note=note, by=by or getpass.getuser())
    _tell(written, as_json, lambda one: click.echo(f"{one['name']} is at version {one['version']}"))


def _mapping(text: str) -> dict[str, Any]:
    """YAML, of which JSON is a part."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise click.BadParameter(f"not YAML: {error}", param_hint="FILE") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a mapping", param_hint="FILE")
    return dict(json.loads(json.dumps(value, default=str)))


def _moment(text: str, option: str) -> str:
    """ISO 8601; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _ask(home: Path, verb: str, **params: Any) -> Any:
    from supervision.control.client import client

    return client(home).call(verb, **params)


def _tell(answer: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    if as_json:
        print_json(answer)
    else:
        show(answer)
