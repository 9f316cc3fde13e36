"""What can happen to a message in the file, one SQL statement or two each. Used inside a write transaction.

Whatever changes a held message names the session that holds it: one that lost its claims, because it was taken for
dead, changes nothing any more. Every function that takes ids and a session answers how many of them it found.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from actors.broker.embedded.content import Content

#: Stands for a queue in the totals of messages that reached none.
NO_QUEUE = 0


def insert(
    connection: sqlite3.Connection, messages: Sequence[tuple[int, float | None, Content]], published_at: float
) -> None:
    """Append messages, each given as (queue, due, content)."""
    first = reserve(connection, len(messages))
    connection.executemany(
        "INSERT INTO entries (id, queue, due, published_at) VALUES (?, ?, ?, ?)",
        [(id, queue, due, published_at) for id, (queue, due, _) in enumerate(messages, first)],
    )
    connection.executemany(
        "INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(id, *content) for id, (_, _, content) in enumerate(messages, first)],
    )


def reserve(connection: sqlite3.Connection, count: int) -> int:
    """The first of `count` new ids. Never given out again, so that an old claim cannot meet a new message."""
    after: int = connection.execute(
        "UPDATE counters SET value = value + ? WHERE name = 'next_id' RETURNING value", (count,)
    ).fetchone()[0]
    return after - count


def promote(connection: sqlite3.Connection, queue: int, now: float) -> None:
    """Delayed messages whose time has come are ready."""
    connection.execute("UPDATE entries SET due = NULL WHERE queue = ? AND due <= ?", (queue, now))


def claim(connection: sqlite3.Connection, queue: int, session: int, limit: int) -> list[tuple[int, int]]:
    """Take the first ready messages. Answers (id, how often it was delivered before), in order."""
    rows = connection.execute(
        "SELECT id, delivered FROM entries WHERE queue = ? AND session IS NULL AND due IS NULL ORDER BY id LIMIT ?",
        (queue, limit),
    ).fetchall()
    connection.executemany(
        "UPDATE entries SET session = ?, delivered = delivered + 1 WHERE id = ?", [(session, id) for id, _ in rows]
    )
    return rows


def held(connection: sqlite3.Connection, session: int) -> list[int]:
    """What a session holds, in order."""
    return [id for (id,) in connection.execute("SELECT id FROM entries WHERE session = ? ORDER BY id", (session,))]


def delete(connection: sqlite3.Connection, session: int, ids: Iterable[int]) -> int:
    """Gone, contents and all."""
    rows = [(id, session) for id in ids]
    return connection.executemany("DELETE FROM entries WHERE id = ? AND session = ?", rows).rowcount


def requeue(connection: sqlite3.Connection, session: int, ids: Iterable[int], failed: bool) -> int:
    """Back to their places; `failed` returns count towards the delivery limit."""
    return connection.executemany(
        "UPDATE entries SET session = NULL, failed = failed + ? WHERE id = ? AND session = ?",
        [(int(failed), id, session) for id in ids],
    ).rowcount


def defer(connection: sqlite3.Connection, session: int, ids: Iterable[int], due: float) -> int:
    """Back to the queue, not ready before `due`."""
    return connection.executemany(
        "UPDATE entries SET session = NULL, due = ? WHERE id = ? AND session = ?", [(due, id, session) for id in ids]
    ).rowcount


def worn_out(connection: sqlite3.Connection, session: int) -> set[int]:
    """What a session holds that may not fail once more."""
    rows = connection.execute(
        """
        SELECT entries.id FROM entries JOIN queues ON queues.id = entries.queue
        WHERE session = ? AND failed >= delivery_limit
        """,
        (session,),
    )
    return {id for (id,) in rows}


def overdue(connection: sqlite3.Connection, queue: int, before: float) -> list[int]:
    """What is ready in a queue since before that time."""
    rows = connection.execute(
        "SELECT id FROM entries WHERE queue = ? AND session IS NULL AND due IS NULL AND published_at < ? ORDER BY id",
        (queue, before),
    )
    return [id for (id,) in rows.fetchall()]


def contents(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Any]:
    """The contents of messages by id."""
    marks = ",".join("?" * len(ids))
    rows = connection.execute(f"SELECT * FROM contents WHERE id IN ({marks})", ids).fetchall()
    return {id: content for id, *content in rows}


def add_total(connection: sqlite3.Connection, queue: int, name: str, count: int) -> None:
    """Count something that happened to messages of a queue; see `QueueStatus.totals`."""
    connection.execute(
        "INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT (queue, name) DO UPDATE SET value = value + excluded.value",
        (queue, name, count),
    )
