"""Events that were decided, kept for a while so that rules can be tried on them. Functions over a connection.

One transaction writes or reads them; nothing is committed here. They lie by the day on which they were received, which
is forgotten as a whole. Not guaranteed: an event that was sent on two days is kept on both.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.email import partitions
from apps.email.cloudevents import Event, from_json
from apps.email.rulebook.tables import COMPARISONS, EVENTS, SHADOWS

PAGE = 500
#: Rows that one transaction deletes at most: the others who write are not kept waiting.
PRUNED = 5000
#: An event that says it was received longer ago than that, or not yet, was received now.
BELIEVED_SECONDS = 86_400.0


def received_at(said: float | None, now: float) -> float:
    """When the broker got it, as far as that is to be believed: the same each time the event comes again."""
    return said if said is not None and now - BELIEVED_SECONDS < said <= now else now


def keep(conn: Connection, received: Sequence[tuple[Event, float]]) -> None:
    """Events and when they were received. One that is kept already stays as it is."""
    rows = {(event.source, event.id): _row(event, datetime.fromtimestamp(at, UTC)) for event, at in received}
    if rows:
        for day in {row["day"] for row in rows.values()}:
            partitions.ensure(conn, [EVENTS], day)
        values = [row for _, row in sorted(rows.items())]
        conn.execute(insert_or_ignore(conn, EVENTS, ["day", "source", "id"]), values)


def between(conn: Connection, start: datetime, end: datetime, types: Sequence[str]) -> Iterator[tuple[datetime, Event]]:
    """Those of these types received from `start` on and before `end`, oldest first, read in pages."""
    order = (EVENTS.c.received_at, EVENTS.c.source, EVENTS.c.id)
    until = (EVENTS.c.received_at < end, EVENTS.c.day <= _day(end))
    query = select(*order, EVENTS.c.body).where(EVENTS.c.type.in_(types), *until).order_by(*order).limit(PAGE)
    statement = query.where(EVENTS.c.received_at >= start, EVENTS.c.day >= _day(start))
    while rows := conn.execute(statement).all():
        for row in rows:
            yield row.received_at, from_json(row.body.encode())
        last = rows[-1]
        later = EVENTS.c.received_at > last.received_at
        same = (EVENTS.c.source > last.source) | ((EVENTS.c.source == last.source) & (EVENTS.c.id > last.id))
        # The first two are what an index can be entered by.
        reached = (EVENTS.c.received_at >= last.received_at, EVENTS.c.day >= _day(last.received_at))
        statement = query.where(*reached, later | same)


def ahead(conn: Connection, now: float) -> None:
    """Today's and tomorrow's partitions."""
    today = _day(datetime.fromtimestamp(now, UTC))
    for day in (today, today + timedelta(days=1)):
        partitions.ensure(conn, [EVENTS], day)


def prune(conn: Connection, before: datetime) -> int:
    """Forget the days before, and some of the older mails in the shadow and of what came of comparing them; how many,
    0 when nothing is left."""
    days = [day for day in partitions.days(conn, EVENTS) if day < _day(before)]
    for day in days:
        partitions.drop(conn, EVENTS, day)
    stale = select(SHADOWS.c.key).where(SHADOWS.c.rendered_at < before).limit(PRUNED)
    old = select(COMPARISONS.c.key).where(COMPARISONS.c.compared_at < before).limit(PRUNED)
    shadows = conn.execute(delete(SHADOWS).where(SHADOWS.c.key.in_(stale))).rowcount
    return len(days) + shadows + conn.execute(delete(COMPARISONS).where(COMPARISONS.c.key.in_(old))).rowcount


def horizon(now: float, days: int) -> datetime:
    """What was received before that is forgotten."""
    return datetime.fromtimestamp(now, UTC) - timedelta(days=days)


def _row(event: Event, at: datetime) -> dict[str, Any]:
    about = {"source": event.source, "id": event.id, "type": event.type, "body": event.to_json().decode()}
    return {**about, "day": at.date(), "received_at": at}


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
