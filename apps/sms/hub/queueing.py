"""Texts out, as rows that wait for their turn: the database is the queue. Functions over a connection; any thread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from actors.database import Connection, Timestamp
from actors.database.rows import MOMENT, NUMBER, TEXT, Columns, encoded, moment, table_of
from apps.sms.states import Lane, TextState
from apps.sms.tables import texts

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_GIVEN: Columns = {
    **dict.fromkeys(("key", "leader", "member", "our_number", "lane", "body", "cause", "state", "reason"), TEXT),
    **dict.fromkeys(("due_at", "expires_at"), MOMENT),
    **dict.fromkeys(("broadcast", "place"), NUMBER),
}
OPTED_OUT = "the member opted out"
#: Texts that have not begun to leave; those of a paused broadcast are held.
WAITING = (TextState.QUEUED.value, TextState.HELD.value)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text to be sent. The same `key` is the same text: it is queued once.

    Attributes:
        revoked: the member opted out meanwhile; it is written down and not sent.
        due_at: not before; at once without it.
        expires_at: not after.
    """

    key: str
    leader: str
    member: str
    our_number: str
    lane: Lane
    body: str
    cause: str | None = None
    revoked: bool = False
    broadcast: int | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None


def queue(conn: Connection, outgoing: Sequence[Outgoing], now: datetime) -> frozenset[str]:
    """Write them, in order, in one statement; the keys that were new."""
    if not outgoing:
        return frozenset()
    dialect = conn.dialect.name
    rows = [_row(dialect, one, place) for place, one in enumerate(outgoing)]
    return frozenset(conn.execute(_insert(dialect), {"rows": encoded(dialect, rows), "now": now}).scalars())


def revoke(conn: Connection, members: Iterable[tuple[str, str]], now: datetime) -> int:
    """Take back all that waits for these (leader, number); how many texts that were."""
    wanted = sorted(set(members))
    if not wanted:
        return 0
    statement = (
        update(texts)
        .where(
            tuple_(texts.c.leader, texts.c.member).in_(wanted),
            texts.c.direction == "out",
            texts.c.state.in_(WAITING),
        )
        .values(state=TextState.REVOKED.value, reason=OPTED_OUT, changed_at=now)
    )
    return conn.execute(statement).rowcount


def _row(dialect: str, one: Outgoing, place: int) -> dict[str, Any]:
    state, reason = (TextState.REVOKED, OPTED_OUT) if one.revoked else (TextState.QUEUED, None)
    names = ("key", "leader", "member", "our_number", "body", "cause", "broadcast")
    said = {name: getattr(one, name) for name in names}
    times = {"due_at": moment(dialect, one.due_at), "expires_at": moment(dialect, one.expires_at)}
    return {**said, **times, "lane": one.lane.value, "state": state.value, "reason": reason, "place": place}


@cache
def _insert(dialect: str) -> ReturningInsert[Any]:
    """Parameters: `rows`, `now`."""
    given, now = table_of(dialect, _GIVEN).c, bindparam("now", type_=Timestamp)
    row: dict[str, ColumnElement[Any]] = {
        **{name: given[name] for name in _GIVEN if name != "place"},
        "direction": literal("out"),
        "attempts": literal(0),
        "created_at": now,
        "changed_at": now,
    }
    insert: Any = _INSERTS[dialect](texts).from_select(list(row), select(*row.values()).order_by(given.place))
    returning: ReturningInsert[Any] = insert.on_conflict_do_nothing(index_elements=[texts.c.key]).returning(texts.c.key)
    return returning
