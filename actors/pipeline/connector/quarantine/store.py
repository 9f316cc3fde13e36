"""The quarantine's rows. Functions on a connection in somebody's transaction; they run in the caller's thread.

A message is held once, however often it is stored. Each change is noted in the row's history: when, who, what.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from actors.broker.message import Delivery, Message
from actors.database.columns import Connection
from actors.pipeline.connector import tables
from actors.pipeline.connector.errors import SettledEntry, UnknownEntry
from actors.pipeline.connector.origin import EXCHANGE, ROUTING_KEY, without_bookkeeping
from actors.pipeline.connector.retry import History
from actors.pipeline.connector.suspicion import identity

HELD = "held"
REPLAYING = "replaying"
REPLAYED = "replayed"
DROPPED = "dropped"
#: States from which one may still do something; a replay that a crash interrupted can be repeated.
OPEN = (HELD, REPLAYING)
#: What else a message keeps beside its headers.
PROPERTIES = ("correlation_id", "reply_to", "type", "timestamp")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in quarantine, as it stands."""

    id: int
    identity: str
    state: str
    queue: str
    exchange: str
    routing_key: str
    message_id: str
    content_type: str
    properties: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: bytes = field(repr=False)
    reason: str
    traceback: str
    attempts: int
    deaths: int
    first_seen: datetime
    quarantined_at: datetime
    changed_at: datetime
    history: list[dict[str, str]]

    def message(self) -> Message:
        """To its queue again, and to no other that its exchange leads to; its attempts are counted anew."""
        came_from = {EXCHANGE: self.exchange, ROUTING_KEY: self.routing_key}
        headers = came_from | without_bookkeeping(self.headers) | {"x-quarantine": self.id}
        return Message(
            self.body,
            routing_key=self.queue,
            headers=headers,
            content_type=self.content_type,
            message_id=self.message_id,
            **self.properties,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What is to be put aside, and why."""

    delivery: Delivery
    reason: str
    traceback: str = ""
    deaths: int = 0
    by: str = ""


def hold(conn: Connection, things: Iterable[Held], at: float) -> None:
    """Put aside. Repeatable."""
    rows = [_row(thing, at) for thing in things]
    if rows:
        conn.execute(tables.hold(conn.dialect.name), rows)


def find(conn: Connection, number: int) -> Entry:
    """Raises UnknownEntry."""
    row = conn.execute(tables.entry(number)).one_or_none()
    if row is None:
        raise UnknownEntry(f"there is no message {number} in quarantine", field="id")
    return Entry(**row._mapping)


def find_open(conn: Connection, number: int) -> Entry:
    """One that was neither replayed nor dropped. Raises UnknownEntry, SettledEntry."""
    entry = find(conn, number)
    if entry.state not in OPEN:
        when = entry.changed_at.isoformat(timespec="seconds")
        raise SettledEntry(f"message {number} was {entry.state} already ({when})", field="id")
    return entry


def listing(conn: Connection, states: Iterable[str], queue: str | None, limit: int) -> list[dict[str, Any]]:
    """The latest first, without bodies."""
    return [dict(row._mapping) for row in conn.execute(tables.listed(tuple(states), queue, limit))]


def change(conn: Connection, entry: Entry, at: float, who: str, what: str, **values: Any) -> None:
    """Write what is new of an entry, and note in its history who did it."""
    now = _moment(at)
    noted = {"at": now.isoformat(timespec="seconds"), "who": who, "what": what}
    changed = {"history": [*entry.history, noted], "changed_at": now, **values}
    conn.execute(tables.change(entry.id), {name: storable(value) for name, value in changed.items()})


def counts(conn: Connection) -> dict[str, int]:
    """How many there are in each state."""
    return {row[0]: row[1] for row in conn.execute(tables.by_state())}


def _row(thing: Held, at: float) -> dict[str, Any]:
    message, now = thing.delivery.message, _moment(at)
    history = History.of(message.headers, at)
    noted = {"at": now.isoformat(timespec="seconds"), "who": thing.by, "what": "quarantined"}
    row = {
        "identity": identity(thing.delivery),
        "state": HELD,
        "queue": thing.delivery.queue,
        "exchange": message.exchange,
        "routing_key": message.routing_key,
        "message_id": message.message_id,
        "content_type": message.content_type,
        "properties": {name: getattr(message, name) for name in PROPERTIES},
        "headers": dict(message.headers),
        "body": message.body,
        "reason": thing.reason,
        "traceback": thing.traceback,
        "attempts": history.attempt,
        "deaths": thing.deaths,
        "first_seen": _moment(history.first_seen),
        "quarantined_at": now,
        "changed_at": now,
        "history": [noted],
    }
    return {name: storable(value) for name, value in row.items()}


def storable(value: Any) -> Any:
    """The same without what neither text nor JSON of a database can hold: U+0000, lone surrogates, NaN, infinities."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode(errors="replace").decode()
        case float() if not isfinite(value):
            return str(value)
        case Mapping():
            return {storable(name): storable(inner) for name, inner in value.items()}
        case list() | tuple():
            return [storable(inner) for inner in value]
    return value


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as JSON can carry it; the body as text, or in base64 when it is none."""
    told = asdict(entry)
    told.pop("body")
    for name in ("first_seen", "quarantined_at", "changed_at"):
        told[name] = told[name].isoformat(timespec="seconds")
    try:
        body, encoding = entry.body.decode(), "utf-8"
    except UnicodeDecodeError:
        body, encoding = b64encode(entry.body).decode(), "base64"
    return {**told, "headers": dict(entry.headers), "body": body, "body_encoding": encoding}


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
