"""What is asked about texts that leave: one text, the queue, doubts, what is stuck. Functions on a connection."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, update

from actors.database import Connection
from apps.sms.states import TextState
from apps.sms.tables import parts, texts

Row = dict[str, Any]
#: What a text in doubt may be declared to be; queued sends it again.
RESOLUTIONS = (TextState.HANDED, TextState.DELIVERED, TextState.FAILED, TextState.QUEUED)
_waits = (parts.c.text == texts.c.key) & (parts.c.state == TextState.HANDED.value)
_asked = func.coalesce(select(func.max(parts.c.asked)).where(_waits).scalar_subquery(), 0).label("asked")
_given_up = select(parts.c.text).where(_waits, parts.c.asked > 0, parts.c.ask_at.is_(None)).exists()
_end = case((_given_up, "unknown"), (_asked > 0, "asked"), else_="open").label("end")
_LISTED = ("key", "leader", "member", "our_number", "lane", "state", "reason", "carrier", "segments", "attempts")


def show(conn: Connection, key: str) -> Row | None:
    """A text out with its pieces."""
    row = conn.execute(select(texts).where(texts.c.key == key)).first()
    if row is None:
        return None
    pieces = conn.execute(select(parts).where(parts.c.text == key).order_by(parts.c.number))
    return {**_json(row._mapping), "parts": [_json(piece._mapping) for piece in pieces]}


def waiting(conn: Connection, now: datetime) -> list[Row]:
    """What is queued, by lane and leader: how many, how many of them are due, since when the oldest waits."""
    since = func.coalesce(texts.c.due_at, texts.c.created_at)
    due = func.count().filter(since <= now)
    statement = (
        select(texts.c.lane, texts.c.leader, func.count(), due, func.min(since))
        .where(texts.c.state == TextState.QUEUED.value)
        .group_by(texts.c.lane, texts.c.leader)
        .order_by(texts.c.lane, texts.c.leader)
    )
    return [
        {"lane": lane, "leader": leader, "texts": count, "due": ready, "oldest_seconds": _age(oldest, now)}
        for lane, leader, count, ready, oldest in conn.execute(statement)
    ]


def in_doubt(conn: Connection, limit: int) -> list[Row]:
    """Oldest first."""
    return _listed(conn, _some().where(texts.c.state == TextState.IN_DOUBT.value).order_by(texts.c.id).limit(limit))


def stuck(conn: Connection, now: datetime, hours: float, limit: int) -> list[Row]:
    """Handed over so long ago, and no receipt has said the end of it. Oldest first.

    `end` is `open`; `asked` once its carrier was; `unknown` when it was asked for as often as it is.
    """
    before = now - timedelta(hours=hours)
    statement = (
        _some().add_columns(_asked, _end).where(texts.c.state == TextState.HANDED.value, texts.c.handed_at < before)
    )
    rows = _listed(conn, statement.order_by(texts.c.handed_at).limit(limit))
    return [{**row, "age_hours": round(_age(row["handed_at"], now) / 3600, 2)} for row in rows]


def resolve(conn: Connection, key: str, state: TextState, reason: str, now: datetime) -> bool:
    """Somebody knows what became of a text in doubt; whether it was in doubt."""
    doubted = (texts.c.key == key) & (texts.c.state == TextState.IN_DOUBT.value)
    if not conn.execute(update(texts).where(doubted).values(state=state.value, reason=reason, changed_at=now)).rowcount:
        return False
    of_it = parts.c.text == key
    if state is TextState.QUEUED:
        # What was in doubt is sent once more; what the carrier has for sure is not.
        conn.execute(parts.delete().where(of_it, parts.c.state == TextState.IN_DOUBT.value))
    else:
        conn.execute(update(parts).where(of_it, parts.c.state == TextState.IN_DOUBT.value).values(state=state.value))
    return True


def _some() -> Select[Any]:
    return select(*(texts.c[name] for name in _LISTED), texts.c.changed_at, texts.c.handed_at)


def _listed(conn: Connection, statement: Select[Any]) -> list[Row]:
    return [_json(row._mapping) for row in conn.execute(statement)]


def _json(row: Mapping[Any, Any]) -> Row:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _age(since: datetime | str | None, now: datetime) -> float:
    if since is None:
        return 0.0
    moment = datetime.fromisoformat(since) if isinstance(since, str) else since
    return round((now - moment).total_seconds(), 3)
