"""`rookery sms broadcast ...`. In the command's process; light to import."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json
from supervision.terminal import print_table, printable

#: Trying a template on a hundred thousand members takes a while.
PATIENCE_SECONDS = 300.0
ACCOUNTS = (
    "pending", "handed", "delivered", "rejected", "failed", "suppressed", "cancelled", "in_doubt", "skipped",
)  # fmt: skip
SEGMENT = click.option(
    "--segment", metavar="JSON", default="{}", help='Who gets it, such as {"tag": "vip"}. [default: all who joined]'
)
AT = click.option("--at", metavar="TIME", help="Not before; ISO 8601, UTC unless it says otherwise. [default: now]")
UNTIL = click.option("--until", metavar="TIME", help="Not after.")
SPREAD = click.option("--spread", default=0, metavar="SECONDS", help="Spread the texts evenly over so long.")


@click.group()
def broadcast() -> None:
    """One text of a leader to a segment of the members."""


@broadcast.command()
@click.argument("leader")
@SEGMENT
@json_option
@home_option
def count(leader: str, segment: str, as_json: bool, home: Path) -> None:
    """How many members of LEADER are in a segment."""
    found = _ask(home, "count", leader=leader, segment=_object(segment))
    _tell(found, as_json, f"{found['members']:,} members")


@broadcast.command()
@click.argument("leader")
@click.argument("template")
@SEGMENT
@AT
@UNTIL
@SPREAD
@json_option
@home_option
def preview(
    leader: str, template: str, segment: str, at: str | None, until: str | None, spread: int, as_json: bool, home: Path
) -> None:
    """What TEMPLATE to members of LEADER would be: texts, segments, encodings, cost, end. Nothing is sent."""
    found = _ask(home, "preview", **_wanted(leader, template, segment, at, until, spread))
    if as_json:
        print_json(found)
    else:
        _print_preview(found)


@broadcast.command()
@click.argument("leader")
@click.argument("template")
@click.option("--name", help="What it is called. [default: how the template begins]")
@SEGMENT
@AT
@UNTIL
@SPREAD
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--follow", is_flag=True, help="Show the progress until it is over or held.")
@json_option
@home_option
def start(
    leader: str,
    template: str,
    name: str | None,
    segment: str,
    at: str | None,
    until: str | None,
    spread: int,
    yes: bool,
    follow: bool,
    as_json: bool,
    home: Path,
) -> None:
    """Send TEMPLATE from LEADER to a segment: what it would be; then, if you agree, off it goes."""
    wanted = _wanted(leader, template, segment, at, until, spread)
    if not (yes or as_json):
        _print_preview(_ask(home, "preview", **wanted))
        click.confirm("Send it?", abort=True)
    started = _ask(home, "start", name=name or template[:60], **wanted)
    if follow:
        _follow(home, started["id"], as_json)
        return
    _tell(started, as_json, f"broadcast {started['id']}: rookery sms broadcast status {started['id']}")


@broadcast.command()
@click.argument("broadcast", type=int)
@click.option("--follow", is_flag=True, help="Show the progress until it is over or held.")
@json_option
@home_option
def status(broadcast: int, follow: bool, as_json: bool, home: Path) -> None:
    """State, books and reasons of a BROADCAST."""
    if follow:
        _follow(home, broadcast, as_json)
        return
    found = _ask(home, "status", broadcast=broadcast)
    if as_json:
        print_json(found)
    else:
        _print_status(found)


@broadcast.command("list")
@click.option("--leader", help="Only of this one.")
@click.option("--limit", default=20, show_default=True, help="At most so many, latest first.")
@json_option
@home_option
def list_(leader: str | None, limit: int, as_json: bool, home: Path) -> None:
    """The broadcasts, latest first."""
    found = _ask(home, "list", leader=leader, limit=limit)
    if as_json:
        print_json(found)
        return
    names = ("targeted", *ACCOUNTS)
    rows = [
        [one["id"], one["leader"], one["name"], _state(one), *(f"{one['books'][name]:,}" for name in names)]
        for one in found
    ]
    print_table(["id", "leader", "name", "state", *(name.replace("_", " ") for name in names)], rows)


@broadcast.command()
@click.argument("broadcast", type=int)
@click.argument("account", type=click.Choice(ACCOUNTS))
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@json_option
@home_option
def texts(broadcast: int, account: str, limit: int, as_json: bool, home: Path) -> None:
    """Whose texts of a BROADCAST are in an ACCOUNT of its books, and why."""
    found = _ask(home, "texts", broadcast=broadcast, account=account, limit=limit)
    if as_json:
        print_json(found)
    else:
        print_table(
            ["member", "state", "reason"], [[one["member"], one["state"], one["reason"] or ""] for one in found]
        )


@broadcast.command()
@click.argument("broadcast", type=int)
@click.option("--reason", help="Kept with the broadcast.")
@json_option
@home_option
def pause(broadcast: int, reason: str | None, as_json: bool, home: Path) -> None:
    """Send nothing more of a BROADCAST until it is resumed."""
    _order(home, "pause", as_json, broadcast=broadcast, reason=reason)


@broadcast.command()
@click.argument("broadcast", type=int)
@json_option
@home_option
def resume(broadcast: int, as_json: bool, home: Path) -> None:
    """Go on with a BROADCAST that is paused."""
    _order(home, "resume", as_json, broadcast=broadcast)


@broadcast.command()
@click.argument("broadcast", type=int)
@click.option("--reason", help="Kept with the broadcast.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@home_option
def cancel(broadcast: int, reason: str | None, yes: bool, as_json: bool, home: Path) -> None:
    """Send nothing more of a BROADCAST, ever."""
    if not (yes or as_json):
        click.confirm(f"Cancel broadcast {broadcast} for good?", abort=True)
    _order(home, "cancel", as_json, broadcast=broadcast, reason=reason)


def _order(home: Path, verb: str, as_json: bool, **params: Any) -> None:
    found = _ask(home, verb, **params)
    books = found["books"]
    _tell(found, as_json, f"broadcast {found['id']} is {_state(found)}: {books['pending']:,} pending")


def _state(found: dict[str, Any]) -> str:
    return "paused" if found["paused"] else str(found["state"])


def _wanted(leader: str, template: str, segment: str, at: str | None, until: str | None, spread: int) -> dict[str, Any]:
    wanted: dict[str, Any] = {"leader": leader, "template": template, "segment": _object(segment)}
    times = {"start_at": _moment(at, "--at"), "expires_at": _moment(until, "--until")}
    return {**wanted, "spread_seconds": spread, **{name: value for name, value in times.items() if value}}


def _moment(text: str | None, option: str) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--segment") from error


def _follow(home: Path, broadcast: int, as_json: bool) -> None:
    from apps.sms.broadcast.display import follow

    found = follow(lambda: _ask(home, "status", broadcast=broadcast), quiet=as_json)
    if as_json:
        print_json(found)
    else:
        _print_status(found)


def _print_status(found: dict[str, Any]) -> None:
    books = found["books"]
    click.echo(
        printable(f"broadcast {found['id']}  {found['name']}  {_state(found)}  {found['reason'] or ''}".rstrip())
    )
    sums = " + ".join(f"{books[name]:,} {name.replace('_', ' ')}" for name in ACCOUNTS if books[name])
    click.echo(f"{books['targeted']:,} targeted {'=' if books['balanced'] else 'IS NOT'} {sums or 0}")
    for account, reasons in books["reasons"].items():
        for reason, texts in reasons.items():
            click.echo(printable(f"  {texts:,} {account.replace('_', ' ')}: {reason}"))


def _print_preview(found: dict[str, Any]) -> None:
    codings = ", ".join(f"{count:,} {coding}" for coding, count in found["codings"].items())
    click.echo(f"{found['members']:,} members, {found['texts']:,} texts ({codings or 'none'})")
    click.echo(f"{found['segments']:,} segments, the longest text has {found['longest']}; cost {found['cost']:,.2f}")
    decides = f", because of the limit {found['limit']}" if found["limit"] else ""
    click.echo(f"over at about {found['finish_at'][:19].replace('T', ' ')} UTC{decides}")
    for reason, texts in found["skipped"].items():
        click.echo(printable(f"  {texts:,} left out: {reason}"))
    for field, flip in found["flips"].items():
        blamed = ", ".join(map(_blamed, flip["characters"]))
        click.echo(printable(f"  {flip['texts']:,} in UCS-2 because of {field}: {blamed}"))
    for sample in found["samples"]:
        click.echo(f"  > {printable(sample)}")


def _blamed(one: dict[str, Any]) -> str:
    instead = "" if one["instead"] is None else f" (rather {one['instead']!r})"
    return f"{one['character']} in {one['texts']:,}{instead}"


def _tell(answer: Any, as_json: bool, line: str) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(line)


def _ask(home: Path, verb: str, **params: Any) -> Any:
    return client(home).call(f"sms.broadcast.{verb}", timeout=PATIENCE_SECONDS, **params)


COMMANDS = (broadcast,)
