"""Texts as they came in, written into `sms_texts` once each. Functions over a connection; any thread.

One statement for a whole batch, in its order: the rows' numbers grow in the order of the queue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from actors.database import Connection, Timestamp
from actors.database.rows import MOMENT, NUMBER, TEXT, Columns, encoded, moment, table_of
from apps.contracts.sms_pb2 import InboundText
from apps.sms.errors import SmsError
from apps.sms.hub.member import Incoming
from apps.sms.states import TextState
from apps.sms.tables import numbers, texts

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_GIVEN: Columns = {
    **dict.fromkeys(("key", "leader", "member", "our_number", "body", "carrier"), TEXT),
    "at": MOMENT,
    "place": NUMBER,
}
#: No database keeps U+0000 in a text; whoever reads sees that something stood there.
NOTHING, REPLACEMENT = "\0", "\ufffd"
MOST_OF_KEY = 64
MOST_CHARACTERS = {"carrier": 64, "id": 128, "source": 16, "destination": 16}


class UnreadableText(SmsError):
    """A message in the queues of texts coming in that is none, or that names nobody."""

    title = "That is no text of a member"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A text on its way into the database."""

    carrier: str
    id: str
    source: str
    destination: str
    body: str
    at: datetime

    @property
    def key(self) -> str:
        """The same for the same text, however often its carrier brings it; short enough to name what it causes."""
        id = self.id if len(self.id) <= MOST_OF_KEY else sha256(self.id.encode()).hexdigest()
        return f"in:{self.carrier}:{id}"


def arrival(message: bytes, now: float) -> Arrival:
    """What a message of the queues says; `now`, seconds since the epoch, if it does not say when.

    Raises UnreadableText.
    """
    text = InboundText()
    try:
        text.ParseFromString(message)
    except Exception as error:
        raise UnreadableText(f"not an InboundText: {error}") from error
    for name, most in MOST_CHARACTERS.items():
        value = getattr(text, name)
        if not 0 < len(value) <= most or NOTHING in value:
            raise UnreadableText(f"{name} has {len(value)} characters; it needs 1 to {most}", field=name)
    at = text.received_at.ToDatetime(UTC) if text.HasField("received_at") else datetime.fromtimestamp(now, UTC)
    body = text.body.replace(NOTHING, REPLACEMENT)
    return Arrival(text.carrier, text.id, text.source, text.destination, body, at)


def owners(conn: Connection, ours: Iterable[str]) -> dict[str, str]:
    """Which leader each of our numbers belongs to; numbers of nobody are left out."""
    found = select(numbers.c.number, numbers.c.leader).where(
        numbers.c.number.in_(sorted(set(ours))), numbers.c.leader.is_not(None)
    )
    return {row.number: row.leader for row in conn.execute(found)}


def store(conn: Connection, arrivals: Sequence[Arrival], owner: dict[str, str], now: datetime) -> list[Incoming]:
    """Write those that are new, each with its leader; they, in order. A second copy is left out."""
    dialect = conn.dialect.name
    new: dict[str, Arrival] = {}
    for one in arrivals:
        new.setdefault(one.key, one)
    rows = [_row(dialect, one, owner[one.destination], place) for place, one in enumerate(new.values())]
    if not rows:
        return []
    written = conn.execute(_insert(dialect), {"rows": encoded(dialect, rows), "now": now}).all()
    return [_incoming(id, new[key], owner) for id, key in sorted(written)]


def _row(dialect: str, one: Arrival, leader: str, place: int) -> dict[str, Any]:
    said = {"key": one.key, "leader": leader, "member": one.source, "our_number": one.destination}
    return {**said, "body": one.body, "carrier": one.carrier, "at": moment(dialect, one.at), "place": place}


def _incoming(id: int, one: Arrival, owner: dict[str, str]) -> Incoming:
    return Incoming(id, one.key, owner[one.destination], one.source, one.destination, one.body, one.carrier, one.at)


@cache
def _insert(dialect: str) -> ReturningInsert[Any]:
    """Parameters: `rows`, `now`."""
    given = table_of(dialect, _GIVEN).c
    row: dict[str, ColumnElement[Any]] = {
        **{name: given[name] for name in ("key", "leader", "member", "our_number", "body", "carrier")},
        "direction": literal("in"),
        "state": literal(TextState.RECEIVED.value),
        "attempts": literal(0),
        "created_at": given.at,
        "changed_at": bindparam("now", type_=Timestamp),
    }
    insert: Any = _INSERTS[dialect](texts).from_select(list(row), select(*row.values()).order_by(given.place))
    statement = insert.on_conflict_do_nothing(index_elements=[texts.c.key])
    returning: ReturningInsert[Any] = statement.returning(texts.c.id, texts.c.key)
    return returning
