"""What a leader asks and orders about broadcasts. Each verb is one transaction in a thread of its own.

All raise Unavailable when the database is.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from actors.database import Connection, Database
from apps.sms.broadcast import books, broadcasts
from apps.sms.broadcast.broadcasts import Broadcast, Order
from apps.sms.broadcast.estimate import count, estimate
from apps.sms.broadcast.segment import parse
from apps.sms.config import Sms
from apps.sms.hub.inbox_verbs import now, shown
from apps.sms.hub.leaders import row_of
from apps.sms.tables import targets, texts
from supervision.verbs import Params, Site, Verb

MAX_SPREAD_SECONDS = 31 * 86_400


class SegmentParams(Params):
    leader: str = Field(description="id of a leader")
    segment: dict[str, Any] = Field(default_factory=dict, description='such as {"tag": "vip"}; {} is all who joined')


class PreviewParams(SegmentParams):
    template: str = Field(description="what it says, with {{ first_name }} and the like")
    start_at: AwareDatetime | None = Field(None, description="not before; now if empty")
    spread_seconds: int = Field(0, ge=0, le=MAX_SPREAD_SECONDS, description="its texts are spread over so long")
    expires_at: AwareDatetime | None = Field(None, description="not after")


class StartParams(PreviewParams):
    name: str = Field(min_length=1, max_length=200)


class BroadcastParams(Params):
    broadcast: int = Field(description="its number")


class ReasonParams(BroadcastParams):
    reason: str | None = Field(None, max_length=500, description="kept with the broadcast")


class ListParams(Params):
    leader: str | None = None
    limit: int = Field(20, ge=1, le=1_000)


class TextsParams(BroadcastParams):
    account: Literal[
        "pending", "handed", "delivered", "rejected", "failed", "suppressed", "cancelled", "in_doubt", "skipped"
    ] = Field(description="as the books name it")
    limit: int = Field(100, ge=1, le=10_000)


def count_members(site: Site, params: SegmentParams) -> dict[str, Any]:
    """Raises Refused, UnknownLeader."""
    with Database(site.system).read() as conn:
        row_of(conn, params.leader)
        return {"members": count(conn, params.leader, parse(params.segment), now())}


def preview(site: Site, params: PreviewParams) -> dict[str, Any]:
    """Raises Refused, BadTemplate, UnknownLeader, BroadcastError."""
    config: Sms = site.settings.section("sms")
    with Database(site.system).read() as conn:
        return estimate(conn, _order(params, ""), config, now()).to_json()


def start(site: Site, params: StartParams) -> dict[str, Any]:
    """Raises Refused, BadTemplate, BroadcastError."""
    with Database(site.system).begin() as conn:
        id = broadcasts.order(conn, _order(params, params.name), now())
        return _status(conn, broadcasts.find(conn, id))


def status(site: Site, params: BroadcastParams) -> dict[str, Any]:
    """Raises NoSuchBroadcast."""
    with Database(site.system).read() as conn:
        return _status(conn, broadcasts.find(conn, params.broadcast))


def list_broadcasts(site: Site, params: ListParams) -> list[dict[str, Any]]:
    with Database(site.system).read() as conn:
        return [_status(conn, one) for one in broadcasts.listed(conn, params.leader, params.limit)]


def pause(site: Site, params: ReasonParams) -> dict[str, Any]:
    """Raises NoSuchBroadcast, WrongState."""
    with Database(site.system).begin() as conn:
        held = broadcasts.pause(conn, params.broadcast, now(), params.reason)
        return {**_status(conn, broadcasts.find(conn, params.broadcast)), "held": held}


def resume(site: Site, params: BroadcastParams) -> dict[str, Any]:
    """Raises NoSuchBroadcast, WrongState."""
    with Database(site.system).begin() as conn:
        freed = broadcasts.resume(conn, params.broadcast, now())
        return {**_status(conn, broadcasts.find(conn, params.broadcast)), "freed": freed}


def cancel(site: Site, params: ReasonParams) -> dict[str, Any]:
    """Raises NoSuchBroadcast, WrongState."""
    with Database(site.system).begin() as conn:
        broadcasts.cancel(conn, params.broadcast, now(), params.reason)
        return _status(conn, broadcasts.find(conn, params.broadcast))


def list_texts(site: Site, params: TextsParams) -> list[dict[str, Any]]:
    """Raises NoSuchBroadcast."""
    with Database(site.system).read() as conn:
        broadcasts.find(conn, params.broadcast)
        return [shown(row._mapping) for row in conn.execute(_texts_in(params).limit(params.limit))]


def _texts_in(params: TextsParams) -> Any:
    if params.account == "skipped":
        asked = select(targets.c.number.label("member"), targets.c.state, targets.c.reason)
        return asked.where(targets.c.broadcast == params.broadcast, targets.c.state == "skipped").order_by("member")
    states = [state.value for state, account in books.ACCOUNTS.items() if account == params.account]
    asked = select(texts.c.member, texts.c.state, texts.c.reason, texts.c.key, texts.c.body)
    return asked.where(texts.c.broadcast == params.broadcast, texts.c.state.in_(states)).order_by(texts.c.id)


def _order(params: PreviewParams, name: str) -> Order:
    return Order(
        leader=params.leader,
        name=name,
        template=params.template,
        segment=parse(params.segment),
        start_at=params.start_at or now(),
        spread_seconds=params.spread_seconds,
        expires_at=params.expires_at,
    )


def _status(conn: Connection, found: Broadcast) -> dict[str, Any]:
    row = {field.name: getattr(found, field.name) for field in fields(found)}
    return {**shown(row), "books": books.read(conn, found.id).to_json()}


VERBS: Sequence[Verb] = (
    Verb("sms.broadcast.count", SegmentParams, count_members, doc="How many members are in a segment."),
    Verb("sms.broadcast.preview", PreviewParams, preview, doc="What a broadcast would be: segments, cost, end."),
    Verb("sms.broadcast.start", StartParams, start, writes=True, doc="Start a broadcast, now or at a time."),
    Verb("sms.broadcast.status", BroadcastParams, status, doc="State and books of a broadcast."),
    Verb("sms.broadcast.list", ListParams, list_broadcasts, doc="Broadcasts, the latest first."),
    Verb("sms.broadcast.pause", ReasonParams, pause, writes=True, doc="Hold what has not left."),
    Verb("sms.broadcast.resume", BroadcastParams, resume, writes=True, doc="Go on with a broadcast that is held."),
    Verb("sms.broadcast.cancel", ReasonParams, cancel, writes=True, doc="Take back what has not left, for good."),
    Verb("sms.broadcast.texts", TextsParams, list_texts, doc="The texts of one account of the books."),
)
