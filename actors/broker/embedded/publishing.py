"""The publishing half of the embedded engine: a list of messages is one transaction, on the disk when it returns.

Belongs to the publisher's thread, but for `interrupt`.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from actors.broker.embedded import entries
from actors.broker.embedded.catalogue import Catalogue
from actors.broker.embedded.content import Content, content_of
from actors.broker.embedded.file import File
from actors.broker.message import Message
from actors.broker.port import Published
from actors.broker.topology import Topology
from supervision.clock import Clock


class Publishing:
    """A `PublishChannel` on a file."""

    def __init__(self, file: File, topology: Topology, clock: Clock, max_body_bytes: int) -> None:
        self.file = file
        self.topology = topology
        self.clock = clock
        self.max_body_bytes = max_body_bytes
        self.catalogue = Catalogue()

    def open(self) -> None:
        self.file.open()
        with self.file.write() as connection:
            self.catalogue.declare(connection, self.topology.shared(), self.clock.time())

    def publish(self, messages: Sequence[Message]) -> Published:
        now = self.clock.time()
        incoming = [
            (message, now + message.delay_seconds if message.delay_seconds else None, content)
            for message, content in zip(messages, self._contents(messages, now), strict=True)
        ]
        with self.file.write() as connection:
            self.catalogue.refresh(connection)
            routes = [self.catalogue.route(message.exchange, message.routing_key) for message, _, _ in incoming]
            rows = [
                (queue, due, content)
                for (_, due, content), queues in zip(incoming, routes, strict=True)
                for queue in queues
            ]
            entries.insert(connection, rows, now)
            unroutable = frozenset(index for index, queues in enumerate(routes) if not queues)
            reached = Counter(queue for queue, _, _ in rows)
            _count(connection, reached, len(unroutable))
        return Published(frozenset(self.catalogue.queues[queue].name for queue in reached), unroutable)

    def interrupt(self) -> None:
        self.file.interrupt()

    def close(self) -> None:
        self.file.close()

    def _contents(self, messages: Sequence[Message], now: float) -> list[Content]:
        return [content_of(message, self.max_body_bytes, now) for message in messages]


def _count(connection: sqlite3.Connection, reached: Counter[int], unroutable: int) -> None:
    for queue, count in reached.items():
        entries.add_total(connection, queue, "published", count)
    if unroutable:
        entries.add_total(connection, entries.NO_QUEUE, "unroutable", unroutable)
