"""What a consumer did not finish: back to its place, or dead-lettered, when it came back too often or was rejected.

A dead letter moves, with the death in its headers, to where its queue's rule sends it. The body is copied by SQLite and
never comes into our memory. A message whose queue has no dead-letter exchange, or whose exchange leads nowhere, is
dropped and counted. Used inside a write transaction.
"""

import json
import sqlite3
from collections.abc import Collection

from actors.broker.deaths import DELIVERY_LIMIT, EXPIRED, Death, with_death
from actors.broker.embedded import entries
from actors.broker.embedded.catalogue import Catalogue


def give_back(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    session: int,
    ids: Collection[int],
    failed: bool,
    now: float,
) -> int:
    """Requeue what the session holds of `ids`; answers how many it found. `failed` returns wear a message out."""
    worn_out = entries.worn_out(connection, session).intersection(ids) if failed else set()
    buried = bury(connection, catalogue, session, worn_out, DELIVERY_LIMIT, now) if worn_out else 0
    return buried + entries.requeue(connection, session, set(ids) - worn_out, failed)


def bury(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    session: int,
    ids: Collection[int],
    reason: str,
    now: float,
) -> int:
    """Dead-letter what the session holds of `ids`; answers how many it found."""
    own = set(ids).intersection(entries.held(connection, session))
    for id in sorted(own):
        _bury_one(connection, catalogue, id, reason, now)
    return entries.delete(connection, session, own) if own else 0


def expire(connection: sqlite3.Connection, catalogue: Catalogue, queue: int, ttl_seconds: float, now: float) -> None:
    """Dead-letter what waits in a queue for longer than its messages may."""
    for id in entries.overdue(connection, queue, now - ttl_seconds):
        _bury_one(connection, catalogue, id, EXPIRED, now)
        connection.execute("DELETE FROM entries WHERE id = ?", (id,))


def _bury_one(connection: sqlite3.Connection, catalogue: Catalogue, id: int, reason: str, now: float) -> None:
    queue_id, exchange, routing_key, headers = connection.execute(
        "SELECT queue, exchange, routing_key, headers FROM entries JOIN contents USING (id) WHERE id = ?", (id,)
    ).fetchone()
    queue = catalogue.queues[queue_id]
    death = Death(queue.name, reason, 1, now, exchange, routing_key)
    new_headers = json.dumps(with_death(json.loads(headers), death))
    new_key = routing_key if queue.dead_letter_routing_key is None else queue.dead_letter_routing_key
    targets: tuple[int, ...] = ()
    if queue.dead_letter_exchange is not None:
        targets = catalogue.route(queue.dead_letter_exchange, new_key)
    for target in targets:
        _copy(connection, id, target, (queue.dead_letter_exchange or "", new_key, new_headers), now)
    entries.add_total(connection, queue_id, "dead_lettered" if targets else "dropped", 1)


def _copy(connection: sqlite3.Connection, id: int, queue: int, changed: tuple[str, str, str], now: float) -> None:
    copy = entries.reserve(connection, 1)
    connection.execute("INSERT INTO entries (id, queue, published_at) VALUES (?, ?, ?)", (copy, queue, now))
    connection.execute(
        """
        INSERT INTO contents (id, exchange, routing_key, headers,
                              message_id, content_type, body, correlation_id, reply_to, type, timestamp)
        SELECT ?, ?, ?, ?, message_id, content_type, body, correlation_id, reply_to, type, timestamp
        FROM contents WHERE id = ?
        """,
        (copy, *changed, id),
    )
