"""Which texts are looked at next: leaders in turn, a few texts of each, in order. Over a connection; any thread.

Leaders are found by leaps through the index of what waits, so 400,000 texts of one of them cost no more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, bindparam, func, literal_column, select, union_all, update

from actors.database import Connection
from apps.sms.hub.member import Incoming
from apps.sms.states import TextState
from apps.sms.tables import members, texts

#: The reason of a text that the hub could not work on.
FAILED = "failed"
#: Not a parameter: whatever the state, a plan that is made once for all could not use the index of what waits.
_RECEIVED = texts.c.state == literal_column(f"'{TextState.RECEIVED.value}'")
_COLUMNS = tuple(
    texts.c[name] for name in ("id", "key", "leader", "member", "our_number", "body", "carrier", "created_at")
)


def leaders_after(conn: Connection, last: str, most: int) -> list[str]:
    """Whose texts wait: the first `most` after `last`, and from the beginning again."""
    found = list(conn.scalars(_leaps(), {"last": last, "most": most}))
    if len(found) < most and last:
        again = conn.scalars(_leaps(), {"last": "", "most": most - len(found)})
        found += [leader for leader in again if leader <= last]
    return found


def next_texts(conn: Connection, leaders: Sequence[str], each: int) -> list[Incoming]:
    """The first `each` of every one of these leaders, in the order in which they came."""
    if not leaders:
        return []
    values: dict[str, Any] = {f"leader_{place}": leader for place, leader in enumerate(leaders)}
    rows = conn.execute(_first_of(len(leaders)), {**values, "each": each})
    return sorted((_incoming(row) for row in rows), key=lambda text: text.id)


def set_aside(conn: Connection, leader: str, now: datetime) -> None:
    """The first text of this leader is looked at no more: it is for the leader to read."""
    for text in next_texts(conn, [leader], 1):
        settled = {"state": TextState.SETTLED.value, "reason": FAILED, "changed_at": now}
        conn.execute(update(texts).where(texts.c.id == text.id, _RECEIVED).values(settled))
        theirs = (members.c.leader == leader) & (members.c.number == text.member)
        conn.execute(update(members).where(theirs).values(unread=members.c.unread + 1))


@dataclass(frozen=True, slots=True)
class Backlog:
    """What of one leader waits for the hub, or of all if `leader` is empty. `oldest`: when the first of it came in."""

    leader: str = ""
    texts: int = 0
    oldest: datetime | None = None

    def age_seconds(self, now: float) -> float:
        """Of the oldest; 0 if nothing waits. `now` is seconds since the epoch."""
        return 0.0 if self.oldest is None else max(0.0, now - self.oldest.timestamp())


def total(conn: Connection) -> Backlog:
    """Of all leaders together, from the index of what waits; the oldest is the one that was stored first."""
    count, first = conn.execute(select(func.count(), func.min(texts.c.id)).where(_RECEIVED)).one()
    oldest = conn.scalar(select(texts.c.created_at).where(texts.c.id == first)) if count else None
    return Backlog("", count, oldest)


def backlog(conn: Connection) -> list[Backlog]:
    """Of each leader that has one, the largest first. Reads all that waits: for people, not for the hub."""
    counted = select(texts.c.leader, func.count(), func.min(texts.c.created_at)).where(_RECEIVED)
    rows = conn.execute(counted.group_by(texts.c.leader)).all()
    return sorted((Backlog(*row) for row in rows), key=lambda one: (-one.texts, one.leader))


def _incoming(row: Any) -> Incoming:
    return Incoming(
        row.id, row.key, row.leader, row.member, row.our_number, row.body, row.carrier or "", row.created_at
    )


@cache
def _leaps() -> Select[Any]:
    """Parameters: `last`, `most`."""
    first = select(func.min(texts.c.leader).label("leader")).where(_RECEIVED, texts.c.leader > bindparam("last"))
    waiting = first.cte("waiting", recursive=True)
    following = select(func.min(texts.c.leader)).where(_RECEIVED, texts.c.leader > waiting.c.leader).scalar_subquery()
    waiting = waiting.union_all(select(following).where(waiting.c.leader.is_not(None)))
    return select(waiting.c.leader).where(waiting.c.leader.is_not(None)).limit(bindparam("most"))


@cache
def _first_of(leaders: int) -> CompoundSelect[Any]:
    """Parameters: `leader_0` and so on, `each`."""
    return union_all(
        *(
            select(
                select(*_COLUMNS)
                .where(_RECEIVED, texts.c.leader == bindparam(f"leader_{place}"))
                .order_by(texts.c.id)
                .limit(bindparam("each"))
                .subquery()
            )
            for place in range(leaders)
        )
    )
