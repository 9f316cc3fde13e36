"""The broker's file seen from outside: numbers and messages, without taking any. Read-only; any thread, any process."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from actors.broker.embedded.content import message_of
from actors.broker.embedded.entries import NO_QUEUE
from actors.broker.embedded.file import WHAT
from actors.broker.port import QueueStatus, Waiting
from actors.errors import Unavailable, UnknownQueue


def statuses(path: Path, now: float) -> list[QueueStatus]:
    """All queues by name; none when there is no file yet. Raises Unavailable."""
    if not path.exists():
        return []
    with _reading(path) as connection:
        return [_status(connection, id, name, now) for id, name in _queues(connection)]


def peek(path: Path, queue: str, limit: int, body_bytes: int, now: float) -> list[Waiting]:
    """The first messages of a queue, whoever holds them. Raises Unavailable, UnknownQueue."""
    if not path.exists():
        raise UnknownQueue(f"no queue {queue}: the broker has not run here yet")
    with _reading(path) as connection:
        ids = {name: id for id, name in _queues(connection)}
        if queue not in ids:
            raise UnknownQueue(f"no queue {queue}; there are {', '.join(ids)}")
        rows = connection.execute(
            """
            SELECT published_at, delivered, LENGTH(body),
                   exchange, routing_key, message_id, content_type, headers, SUBSTR(body, 1, ?),
                   correlation_id, reply_to, type, timestamp
            FROM entries JOIN contents USING (id) WHERE queue = ? ORDER BY id LIMIT ?
            """,
            (body_bytes, ids[queue], limit),
        ).fetchall()
    return [Waiting(message_of(content), size, now - since, delivered) for since, delivered, size, *content in rows]


def unroutable(path: Path) -> int:
    """How many messages ever reached no queue. Raises Unavailable."""
    if not path.exists():
        return 0
    with _reading(path) as connection:
        row = connection.execute("SELECT TOTAL(value) FROM totals WHERE queue = ?", (NO_QUEUE,)).fetchone()
    return int(row[0])


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1.0, isolation_level=None)
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Unavailable(WHAT, str(path), str(error)) from error


def _queues(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT id, name FROM queues ORDER BY name").fetchall()


def _status(connection: sqlite3.Connection, id: int, name: str, now: float) -> QueueStatus:
    ready, unacked, delayed, oldest, consumers = connection.execute(_STATUS, {"queue": id, "now": now}).fetchone()
    totals = dict(connection.execute("SELECT name, value FROM totals WHERE queue = ?", (id,)).fetchall())
    age = None if oldest is None else max(0.0, now - oldest)
    return QueueStatus(name, ready, unacked, delayed, age, consumers, totals)


# Counts are taken from the partial indexes. A delayed message whose time has come is ready, though nobody looked yet.
_STATUS = """
SELECT
    (SELECT COUNT(*) FROM entries WHERE queue = :queue AND session IS NULL AND due IS NULL)
        + (SELECT COUNT(*) FROM entries WHERE queue = :queue AND due <= :now),
    (SELECT COUNT(*) FROM sessions AS s JOIN entries AS e ON e.session = s.id WHERE s.queue = :queue),
    (SELECT COUNT(*) FROM entries WHERE queue = :queue AND due > :now),
    (SELECT MIN(published_at) FROM (
        SELECT * FROM (
            SELECT published_at FROM entries WHERE queue = :queue AND session IS NULL AND due IS NULL
            ORDER BY id LIMIT 1
        )
        UNION ALL
        SELECT e.published_at FROM sessions AS s JOIN entries AS e ON e.session = s.id WHERE s.queue = :queue
        UNION ALL
        SELECT published_at FROM entries WHERE queue = :queue AND due IS NOT NULL
    )),
    (SELECT COUNT(*) FROM sessions WHERE queue = :queue)
"""
