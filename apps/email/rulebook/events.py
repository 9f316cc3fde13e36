"""Events that were decided, kept for a while so that rules can be tried on them. Functions over a connection.

One transaction writes or reads them; nothing is committed here.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.email.cloudevents import Event, from_json
from apps.email.rulebook.tables import EVENTS, SHADOWS

PAGE = 500
#: Rows that one transaction deletes at most: the others who write are not kept waiting.
PRUNED = 5000


def keep(conn: Connection, events: Sequence[Event], now: float) -> None:
    """An event that is kept already stays as it is."""
    at = datetime.fromtimestamp(now, UTC)
    rows = {(one.source, one.id): one for one in events}
    if rows:
        values = [
            {"source": source, "id": id, "type": one.type, "received_at": at, "body": one.to_json().decode()}
            for (source, id), one in sorted(rows.items())
        ]
        conn.execute(insert_or_ignore(conn, EVENTS, ["source", "id"]), values)


def between(conn: Connection, start: datetime, end: datetime, types: Sequence[str]) -> Iterator[tuple[datetime, Event]]:
    """Those of these types received from `start` on and before `end`, oldest first, read in pages."""
    order = (EVENTS.c.received_at, EVENTS.c.source, EVENTS.c.id)
    query = select(*order, EVENTS.c.body).where(EVENTS.c.type.in_(types), EVENTS.c.received_at < end)
    statement = query.where(EVENTS.c.received_at >= start)
    while rows := conn.execute(statement.order_by(*order).limit(PAGE)).all():
        for row in rows:
            yield row.received_at, from_json(row.body.encode())
        last = rows[-1]
        later = EVENTS.c.received_at > last.received_at
        same = (EVENTS.c.received_at == last.received_at) & (
            (EVENTS.c.source > last.source) | ((EVENTS.c.source == last.source) & (EVENTS.c.id > last.id))
        )
        statement = query.where(later | same)


def prune(conn: Connection, before: datetime) -> int:
    """Delete some of what is older, mails in the shadow included; how many rows, 0 when nothing is left."""
    old = select(EVENTS.c.source, EVENTS.c.id).where(EVENTS.c.received_at < before).limit(PRUNED).subquery()
    events = delete(EVENTS).where(select(1).where(old.c.source == EVENTS.c.source, old.c.id == EVENTS.c.id).exists())
    stale = select(SHADOWS.c.key).where(SHADOWS.c.rendered_at < before).limit(PRUNED)
    shadows = delete(SHADOWS).where(SHADOWS.c.key.in_(stale))
    return int(conn.execute(events).rowcount + conn.execute(shadows).rowcount)


def horizon(now: float, days: int) -> datetime:
    """What was received before that is forgotten."""
    return datetime.fromtimestamp(now, UTC) - timedelta(days=days)
