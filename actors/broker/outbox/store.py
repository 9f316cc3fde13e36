"""The outbox's file: the embedded engine with one queue per outbox, from which only its owner takes.

Belongs to the outbox's thread, but for `interrupt` and `waiting`. A message is on the disk before it is confirmed;
an acknowledgement may be undone by the loss of power, which repeats messages and loses none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.message import Delivery
from actors.broker.port import Ack, QueueStatus, Reject
from actors.broker.topology import DEAD_LETTERS, Queue, Topology
from supervision.clock import Clock

#: Messages on their way to the broker at the same time.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one outbox; `oldest_seconds` is None when nothing does."""

    outbox: str
    messages: int
    oldest_seconds: float | None


class Store:
    """The queue of the outbox at the path `name`."""

    def __init__(self, engine: EmbeddedEngine, name: str, clock: Clock) -> None:
        # One consumer at a time: what an abandoned predecessor still holds must not be overtaken.
        own = Topology(queues=(Queue(name, single_active_consumer=True),))
        self._engine = engine.with_topology(own)
        self._name = name
        self.adding = self._engine.publish_channel(clock)
        self._taking = self._engine.consume_channel(name, clock)

    def open(self) -> None:
        """Raises Unavailable."""
        self.adding.open()
        self._taking.open(BATCH)

    def interrupt(self) -> None:
        self.adding.interrupt()
        self._taking.interrupt()

    def close(self) -> None:
        self._taking.close()
        self.adding.close()

    def depth(self) -> int:
        """How many messages wait, those on their way included. Raises Unavailable."""
        return sum(status.depth for status in self._engine.statuses() if status.name == self._name)

    def used_bytes(self) -> int:
        """How much of the file, which all outboxes of a machine share, is in use. Raises Unavailable."""
        file = self.adding.file
        with file.guard():
            (pages,) = file.connection.execute("PRAGMA page_count").fetchone()
            (free,) = file.connection.execute("PRAGMA freelist_count").fetchone()
            (size,) = file.connection.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * size)

    def take(self) -> list[Delivery]:
        """The first messages, in order. None while a dead predecessor's have not come back yet. Raises Unavailable."""
        self._taking.poll()
        return self._taking.take(BATCH)

    def done(self, deliveries: Sequence[Delivery]) -> None:
        """The broker has them. Raises Unavailable."""
        self._taking.settle([Ack(tuple(delivery.tag for delivery in deliveries))])

    def refuse(self, delivery: Delivery, reason: str) -> None:
        """The broker will never take it: to the dead letters of this file. Raises Unavailable."""
        self._taking.settle([Reject((delivery.tag,), reason)])


def waiting(engine: EmbeddedEngine) -> list[Waiting]:
    """What waits in every outbox that uses this file. Raises Unavailable. Any thread, any process."""
    return [_waiting(status) for status in engine.statuses() if status.name != DEAD_LETTERS]


def refused(engine: EmbeddedEngine) -> int:
    """How many messages the broker refused for good. Raises Unavailable. Any thread, any process."""
    return sum(status.depth for status in engine.statuses() if status.name == DEAD_LETTERS)


def _waiting(status: QueueStatus) -> Waiting:
    return Waiting(status.name, status.depth, status.oldest_seconds)
