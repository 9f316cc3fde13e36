"""Broadcasts as rows: ordered, held, resumed, cancelled. Functions over a connection; any thread; they commit nothing.

Whoever changes one locks its row first, the writer of its texts too. So what is held or cancelled is exact: nothing is
written afterwards, and what was queued is moved in the same transaction; only what a carrier's link has already leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from actors.database import Connection
from apps.sms.broadcast.errors import BroadcastError, NoSuchBroadcast, WrongState
from apps.sms.broadcast.segment import Segment, to_json
from apps.sms.broadcast.wording import Wording
from apps.sms.states import BroadcastState, TextState
from apps.sms.tables import broadcasts, leaders, texts

#: Those of which something is still to be done.
UNDER_WAY = (BroadcastState.SCHEDULED, BroadcastState.FREEZING, BroadcastState.RUNNING)


@dataclass(frozen=True, slots=True)
class Order:
    """What a leader wants: `template` to a segment, from `start_at` on, spread evenly, and not after `expires_at`."""

    leader: str
    name: str
    template: str
    segment: Segment
    start_at: datetime
    spread_seconds: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One row of `sms_broadcasts`; see there."""

    id: int
    leader: str
    name: str
    template: str
    segment: Mapping[str, Any]
    state: BroadcastState
    reason: str | None
    paused: bool
    cursor: str
    targeted: int
    written: int
    start_at: datetime
    spread_seconds: int
    expires_at: datetime | None
    created_at: datetime
    changed_at: datetime

    def due_at(self, place: int) -> datetime | None:
        """When the text to the member at this place of the audience may leave; None at once."""
        if not self.spread_seconds or not self.targeted:
            return None
        return self.start_at + timedelta(seconds=self.spread_seconds * place / self.targeted)


def check_times(wanted: Order) -> None:
    """Raises BroadcastError."""
    if wanted.expires_at is not None and wanted.expires_at <= wanted.start_at:
        raise BroadcastError("it would end before it begins", field="expires_at")


def order(conn: Connection, wanted: Order, now: datetime) -> int:
    """The number of the new broadcast. Raises BadTemplate, BroadcastError."""
    Wording(wanted.template)
    check_times(wanted)
    if conn.execute(select(leaders.c.id).where(leaders.c.id == wanted.leader)).one_or_none() is None:
        raise BroadcastError(f"there is no leader {wanted.leader!r}", field="leader")
    row = {
        "leader": wanted.leader,
        "name": wanted.name,
        "template": wanted.template,
        "segment": to_json(wanted.segment),
        "state": BroadcastState.SCHEDULED.value,
        "start_at": wanted.start_at,
        "spread_seconds": wanted.spread_seconds,
        "expires_at": wanted.expires_at,
        "created_at": now,
        "changed_at": now,
    }
    return int(conn.execute(insert(broadcasts).values(row).returning(broadcasts.c.id)).scalar_one())


def find(conn: Connection, id: int) -> Broadcast:
    """Raises NoSuchBroadcast."""
    return _found(conn, id, _ALL.where(broadcasts.c.id == id))


def hold(conn: Connection, id: int) -> Broadcast:
    """The same, and nobody else changes it until the end of the transaction. Raises NoSuchBroadcast."""
    return _found(conn, id, _ALL.where(broadcasts.c.id == id).with_for_update())


def listed(conn: Connection, leader: str | None, limit: int) -> list[Broadcast]:
    """The latest first."""
    asked = _ALL.order_by(broadcasts.c.id.desc()).limit(limit)
    rows = conn.execute(asked.where(broadcasts.c.leader == leader) if leader else asked)
    return [_broadcast(row) for row in rows]


def under_way(conn: Connection, now: datetime) -> list[int]:
    """Those of which something can be done now."""
    asked = select(broadcasts.c.id).where(
        broadcasts.c.state.in_([state.value for state in UNDER_WAY]),
        broadcasts.c.paused.is_(False),
        broadcasts.c.start_at <= now,
    )
    return list(conn.scalars(asked.order_by(broadcasts.c.id)))


def change(conn: Connection, id: int, now: datetime, **values: Any) -> None:
    conn.execute(update(broadcasts).where(broadcasts.c.id == id).values(changed_at=now, **values))


def pause(conn: Connection, id: int, now: datetime, reason: str | None = None) -> int:
    """Hold what is queued, and write no more; how many texts are held. Raises NoSuchBroadcast, WrongState."""
    _expect_under_way(hold(conn, id))
    change(conn, id, now, paused=True, reason=reason)
    return _move(conn, id, (TextState.QUEUED,), TextState.HELD, now)


def resume(conn: Connection, id: int, now: datetime) -> int:
    """Go on; how many texts were held. Raises NoSuchBroadcast, WrongState."""
    held = hold(conn, id)
    _expect_under_way(held)
    if not held.paused:
        raise WrongState(f"broadcast {id} is not paused", field="broadcast")
    change(conn, id, now, paused=False, reason=None)
    return _move(conn, id, (TextState.HELD,), TextState.QUEUED, now)


def cancel(conn: Connection, id: int, now: datetime, reason: str | None = None) -> int:
    """Take back what is queued, for good; how many texts that were. Raises NoSuchBroadcast, WrongState."""
    _expect_under_way(hold(conn, id))
    change(conn, id, now, state=BroadcastState.CANCELLED.value, paused=False, reason=reason)
    return _move(conn, id, (TextState.QUEUED, TextState.HELD), TextState.CANCELLED, now, reason=reason)


def _move(
    conn: Connection, id: int, sources: Sequence[TextState], target: TextState, now: datetime, **values: Any
) -> int:
    """How many texts. What they waited for stays their reason, but for `values`."""
    own = (texts.c.broadcast == id) & texts.c.state.in_([state.value for state in sources])
    return conn.execute(update(texts).where(own).values(state=target.value, changed_at=now, **values)).rowcount


def _expect_under_way(broadcast: Broadcast) -> None:
    if broadcast.state not in UNDER_WAY:
        raise WrongState(f"broadcast {broadcast.id} is {broadcast.state.value}", field="broadcast")


_COLUMNS = tuple(Broadcast.__dataclass_fields__)
_ALL = select(*(broadcasts.c[name] for name in _COLUMNS))


def _found(conn: Connection, id: int, asked: Select[Any]) -> Broadcast:
    row = conn.execute(asked).one_or_none()
    if row is None:
        raise NoSuchBroadcast(f"there is no broadcast {id}; see `rookery sms broadcast list`", field="broadcast")
    return _broadcast(row)


def _broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(**{**row._mapping, "state": BroadcastState(row.state)})
