"""What can be asked of the way out, from any process: it stands in the database. Runs in a verb's own thread.

What only the holder of the lease knows it writes down every second; each answer from that says how old it is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from actors.database import Database
from apps.sms.config import Sms
from apps.sms.errors import SmsError
from apps.sms.limits import Limit
from apps.sms.outbound import lookup, pauses, questions
from apps.sms.outbound.report import NAME
from apps.sms.states import TextState
from supervision.verbs import NoParams, Params, Site, Verb


class UnknownText(SmsError):
    """No text has that key."""

    title = "No such text"
    status = 404
    exit_code = 66


class UnknownCarrier(SmsError):
    """No carrier of that name stands under `sms.carriers`."""

    title = "No such carrier"
    status = 404
    exit_code = 66


class TextParams(Params):
    key: str = Field(min_length=1, max_length=200, description="key of a text")


class CarrierParams(Params):
    name: str = Field(min_length=1, max_length=64, description="of a carrier")
    reason: str = Field("", max_length=200, description="why, for those who ask")


class ListParams(Params):
    limit: int = Field(100, ge=1, le=100_000, description="at most so many, oldest first")


class StuckParams(ListParams):
    hours: float | None = Field(None, ge=0, description="handed over so long ago; sms.outbound.stuck_hours if left out")


class ResolveParams(TextParams):
    state: Literal["handed", "delivered", "failed", "queued"] = Field(description="queued sends it again")
    reason: str = Field("", max_length=200, description="how that is known")


def text(site: Site, params: TextParams) -> dict[str, Any]:
    """Raises UnknownText, Unavailable."""
    with Database(site.system).read() as conn:
        found = lookup.show(conn, params.key)
    if found is None:
        raise UnknownText(f"no text has the key {params.key!r}", field="key")
    return found


def carriers(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    config: Sms = site.settings.section("sms")
    told, age, paused = _reported(site)
    known = told.get("carriers", {})
    used = {tuple(one["key"]): one for one in told.get("limits", ())}
    return [
        {
            "name": one.name,
            "health": "paused" if one.name in paused else known.get(one.name, {}).get("health", "unknown"),
            **{name: value for name, value in known.get(one.name, {}).items() if name != "health"},
            "limit": used.get(("carrier", one.name)),
            "reported_seconds_ago": age,
        }
        for one in config.carriers
    ]


def limits(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Each key that was charged lately, and each limit that no key was. Raises Unavailable."""
    config: Sms = site.settings.section("sms")
    told, age, _ = _reported(site)
    used = list(told.get("limits", ()))
    names = {one["limit"] for one in used}
    rest = [_unused(section.limit) for section in config.limits if section.name not in names]
    return [{**one, "reported_seconds_ago": age} for one in (*used, *rest)]


def _unused(limit: Limit) -> dict[str, Any]:
    return {
        "limit": limit.name,
        "key": list(limit.scope.pattern),
        "used": 0,
        "amount": limit.amount,
        "free_in": 0.0,
        "waits": 0,
    }


def pause(site: Site, params: CarrierParams) -> dict[str, Any]:
    """Raises UnknownCarrier, Unavailable."""
    _known(site, params.name)
    with Database(site.system).begin() as conn:
        pauses.pause(conn, params.name, params.reason, _now(site))
    return {"name": params.name, "paused": True}


def resume(site: Site, params: CarrierParams) -> dict[str, Any]:
    """Raises UnknownCarrier, Unavailable."""
    _known(site, params.name)
    with Database(site.system).begin() as conn:
        was = pauses.resume(conn, params.name)
    return {"name": params.name, "paused": False, "was_paused": was}


def waiting(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    with Database(site.system).read() as conn:
        return lookup.waiting(conn, _now(site))


def in_doubt(site: Site, params: ListParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    with Database(site.system).read() as conn:
        return lookup.in_doubt(conn, params.limit)


def resolve(site: Site, params: ResolveParams) -> dict[str, Any]:
    """Raises UnknownText, Unavailable."""
    reason = params.reason or "somebody looked into it"
    with Database(site.system).begin() as conn:
        if not lookup.resolve(conn, params.key, TextState(params.state), reason, _now(site)):
            raise UnknownText(f"no text with the key {params.key!r} is in doubt", field="key")
    return {"key": params.key, "state": params.state}


def stuck(site: Site, params: StuckParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    config: Sms = site.settings.section("sms")
    hours = config.outbound.stuck_hours if params.hours is None else params.hours
    with Database(site.system).read() as conn:
        return lookup.stuck(conn, _now(site), hours, params.limit)


def ask(site: Site, params: StuckParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    config: Sms = site.settings.section("sms")
    hours = config.outbound.stuck_hours if params.hours is None else params.hours
    now = _now(site)
    with Database(site.system).begin() as conn:
        questions.again(conn, now - timedelta(hours=hours), params.limit, now)
        return lookup.stuck(conn, now, hours, params.limit)


def _reported(site: Site) -> tuple[dict[str, Any], float | None, frozenset[str]]:
    """What the holder said last, how many seconds ago, and who is paused."""
    with Database(site.system).read() as conn:
        said, paused = pauses.reported(conn, NAME), pauses.paused(conn)
    if said is None:
        return {}, None, paused
    return dict(said.body), round((_now(site) - said.at).total_seconds(), 1), paused


def _known(site: Site, name: str) -> None:
    config: Sms = site.settings.section("sms")
    names = [carrier.name for carrier in config.carriers]
    if name not in names:
        raise UnknownCarrier(f"no carrier {name!r}; there are {', '.join(names)}", field="name")


def _now(site: Site) -> datetime:
    return datetime.fromtimestamp(site.system.clock.time(), UTC)


VERBS: Sequence[Verb] = (
    Verb("sms.text", TextParams, text, doc="One text, with the pieces that its carrier had."),
    Verb("sms.carriers", NoParams, carriers, doc="The carriers: health, windows, throttles, use of their limits."),
    Verb("sms.carrier.pause", CarrierParams, pause, writes=True, doc="Give a carrier nothing more for now."),
    Verb("sms.carrier.resume", CarrierParams, resume, writes=True, doc="Give a carrier texts again."),
    Verb("sms.limits", NoParams, limits, doc="The limits: how much of each is used, and when it is free again."),
    Verb("sms.queue", NoParams, waiting, doc="What waits to leave, by lane and leader."),
    Verb("sms.doubts", ListParams, in_doubt, doc="Texts that may or may not have reached their carrier."),
    Verb("sms.doubts.resolve", ResolveParams, resolve, writes=True, doc="Say what became of a text in doubt."),
    Verb("sms.stuck", StuckParams, stuck, doc="Texts that were handed over long ago, without a final receipt."),
    Verb("sms.stuck.ask", StuckParams, ask, writes=True, doc="Ask the carriers for such texts now, from the start."),
)
