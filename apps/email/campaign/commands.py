"""`rookery email campaign ...`: sends to audiences on the command line. In the command's process; light to import."""

import json
from pathlib import Path
from typing import Any

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json

#: Counting millions takes a while.
PATIENCE_SECONDS = 300.0
STATES = ("claimed", "handed", "failed", "suppressed", "skipped", "in_doubt", "deferred")


@click.group()
def campaign() -> None:
    """Send to an audience; see, hold and complete what is sent."""


@campaign.command()
@click.argument("name")
@click.option("--rule", required=True, help="A rule in force: says template, class and topic.")
@click.option("--audience", metavar="NAME", help="See `rookery people audience`. [default: the rule's]")
@click.option("--query", metavar="JSON", help='Instead of an audience, such as {"country": "GB"}; {} is everybody.')
@click.option("--data", metavar="JSON", default="{}", help="What the template gets to say.")
@click.option("--id", metavar="ID", help="The same id again is the same send. [default: made up]")
@click.option("--dry-run", is_flag=True, help="Only count, and foretell when it would be over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--follow", is_flag=True, help="Show the progress until it is over or held.")
@json_option
@home_option
def start(
    name: str,
    rule: str,
    audience: str | None,
    query: str | None,
    data: str,
    id: str | None,
    dry_run: bool,
    yes: bool,
    follow: bool,
    as_json: bool,
    home: Path,
) -> None:
    """Start a send called NAME: how many people, until when; then, if you agree, off it goes."""
    wanted = {"name": name, "rule": rule, "data": _object(data, "--data")}
    if audience is not None:
        wanted["audience"] = audience
    if query is not None:
        wanted["query"] = _object(query, "--query")
    if id is not None:
        wanted["id"] = id
    if dry_run or not (yes or as_json):
        foreseen = _ask(home, "start", **wanted, dry_run=True)
        if dry_run:
            _tell(foreseen, as_json, _forecast(foreseen))
            return
        click.echo(_forecast(foreseen))
        click.confirm(f"Send to {foreseen['people']} people?", abort=True)
    started = _ask(home, "start", **wanted)
    what = "is on its way" if started["new"] else "was started before"
    _tell(started, as_json, f"send {started['id']} {what}: rookery email campaign status {started['id']}")
    if follow:
        _follow(home, str(started["id"]), as_json)


@campaign.command()
@click.argument("send")
@click.option("--follow", is_flag=True, help="Show the progress until it is over or held.")
@json_option
@home_option
def status(send: str, follow: bool, as_json: bool, home: Path) -> None:
    """State, books and reasons of SEND: an id, or the latest of a name."""
    if follow:
        _follow(home, send, as_json)
        return
    found = _ask(home, "status", send=send)
    if as_json:
        print_json(found)
    else:
        from apps.email.campaign.display import print_status

        print_status(found)


@campaign.command("list")
@click.option("--limit", default=20, show_default=True, help="At most so many, latest first.")
@json_option
@home_option
def list_(limit: int, as_json: bool, home: Path) -> None:
    """The sends, latest first."""
    found = _ask(home, "list", limit=limit)
    if as_json:
        print_json(found)
    else:
        from apps.email.campaign.display import print_list

        print_list(found)


@campaign.command()
@click.argument("send")
@click.argument("state", type=click.Choice(STATES))
@click.option("--limit", default=100, show_default=True, help="At most so many, by id.")
@json_option
@home_option
def people(send: str, state: str, limit: int, as_json: bool, home: Path) -> None:
    """Whose mails of SEND are in STATE, and why."""
    found = _ask(home, "people", send=send, state=state, limit=limit)
    if as_json:
        print_json(found)
    else:
        for row in found:
            click.echo(f"{row['person_id']}  {row['reason'] or ''}  {row['reply'] or ''}".rstrip())


@campaign.command()
@click.argument("send")
@click.option("--reason", help="Kept with the send.")
@json_option
@home_option
def pause(send: str, reason: str | None, as_json: bool, home: Path) -> None:
    """Hand over nothing more of SEND until it is resumed."""
    _order(home, "pause", as_json, send=send, reason=reason)


@campaign.command()
@click.argument("send")
@click.option("--republish", is_flag=True, help="Publish again every chunk that is not done: messages may be lost.")
@click.option("--force", is_flag=True, help="Run a blocked send in spite of what spoke against it.")
@json_option
@home_option
def resume(send: str, republish: bool, force: bool, as_json: bool, home: Path) -> None:
    """Go on with SEND, which was paused or blocked."""
    _order(home, "resume", as_json, send=send, republish=republish, force=force)


@campaign.command()
@click.argument("send")
@click.option("--reason", help="Kept with the send.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@home_option
def cancel(send: str, reason: str | None, yes: bool, as_json: bool, home: Path) -> None:
    """Hand over nothing more of SEND, ever."""
    if not (yes or as_json):
        click.confirm(f"Cancel {send} for good?", abort=True)
    _order(home, "cancel", as_json, send=send, reason=reason)


@campaign.command("resend-failed")
@click.argument("send")
@json_option
@home_option
def resend_failed(send: str, as_json: bool, home: Path) -> None:
    """Start another round of SEND, which is over, to those whom it did not reach. Nobody who was reached is in it."""
    started = _ask(home, "resend", send=send)
    what = "is on its way" if started["new"] else "was started before"
    _tell(started, as_json, f"send {started['id']}, a round of {started['parent']}, {what}")


@campaign.command()
@click.argument("send")
@click.argument("state", type=click.Choice(["handed", "failed"]))
@click.option("--note", required=True, help="How that is known; kept with each mail.")
@click.option("--person", multiple=True, metavar="ID", help="Only these. [default: all that are in doubt]")
@json_option
@home_option
def resolve(send: str, state: str, note: str, person: tuple[str, ...], as_json: bool, home: Path) -> None:
    """Settle by hand the mails of SEND that are in doubt."""
    answer = _ask(home, "resolve", send=send, state=state, note=note, people=list(person))
    _tell(answer, as_json, f"{answer['resolved']} mails are {state} now")


def _order(home: Path, verb: str, as_json: bool, **params: Any) -> None:
    answer = _ask(home, verb, **{name: value for name, value in params.items() if value is not None})
    books = answer["books"]
    _tell(
        answer,
        as_json,
        f"send {answer['id']} is {answer['state']}: {books['handed']} handed, {books['pending']} pending",
    )


def _tell(answer: Any, as_json: bool, line: str) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(line)


def _forecast(foreseen: dict[str, Any]) -> str:
    rate = f"{foreseen['mails_per_second']:,.0f} mails/s {'as measured' if foreseen['measured'] else 'assumed'}"
    limits = foreseen["limits"]
    end = (foreseen["finishes_at"] or "more than two weeks from now")[:19].replace("T", " ")
    return (
        f"{foreseen['people']:,} people, {rate}, {limits['senders']} senders with {limits['window']} mails each; "
        f"over at about {end}"
    )


def _follow(home: Path, send: str, as_json: bool) -> None:
    from apps.email.campaign.display import follow

    found = follow(lambda: _ask(home, "status", send=send), quiet=as_json)
    if as_json:
        print_json(found)


def _object(text: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint=option)
    return value


def _ask(home: Path, verb: str, **params: Any) -> Any:
    return client(home).call(f"email.campaign.{verb}", timeout=PATIENCE_SECONDS, **params)
