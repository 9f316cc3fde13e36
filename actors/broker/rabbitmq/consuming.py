"""The consuming half of the RabbitMQ engine, on one queue: the broker pushes up to `prefetch`, `take` hands it out.

Belongs to the consumer's thread, but for `wake` and `interrupt`. It asks the broker for messages with the first `take`,
and gives back what it has when there is nobody to take: so what waits, waits in the broker.

Not guaranteed by RabbitMQ: that a message which is sent back comes before those already on their way to us; that a
return in good order does not wear out a message in a quorum queue: each return counts.
"""

import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.broker.deaths import DELIVERY_LIMIT, REJECTED
from actors.broker.message import Delivery, Tag
from actors.broker.port import Ack, Nack, Reject, Settlement
from actors.broker.rabbitmq import frames
from actors.broker.rabbitmq.connection import ChannelClosed, Connection
from actors.broker.rabbitmq.content import History, decode
from actors.broker.rabbitmq.copies import Copies
from actors.broker.rabbitmq.declaring import check_queue, declare, is_quorum
from actors.broker.rabbitmq.decoding import Content
from actors.broker.rabbitmq.settling import coalesce
from actors.broker.rabbitmq.tally import Tally
from actors.broker.topology import Queue, Topology
from actors.errors import Unavailable
from supervision.clock import Clock

#: Nothing is found by looking: what comes, wakes us.
POLL_SECONDS = 1.0


@dataclass(slots=True)
class Held:
    """A delivery that is not settled; `history` is what became of it before."""

    delivery: Delivery
    history: History


class Consuming:
    """A `ConsumeChannel` with a connection of its own."""

    def __init__(self, connection: Connection, topology: Topology, clock: Clock, queue: str, tally: Tally) -> None:
        self.connection = connection
        self.topology = topology
        self.clock = clock
        self.tally = tally
        self.epoch = secrets.randbelow(2**53)
        self.queue = next((one for one in topology.queues if one.name == queue), Queue(queue))
        self._prefetch = 1
        self._consumer_tag: str | None = None
        self._held: dict[int, Held] = {}
        self._ready: deque[Delivery] = deque()

    def open(self, prefetch: int) -> None:
        self._prefetch = prefetch
        self.connection.open()
        declare(self.connection, self.topology.of_consumer(self.queue.name))
        check_queue(self.connection, self.queue.name)
        self.channel = self.connection.channel()
        self.channel.on_deliver(self._on_deliver)
        self.channel.raw.add_on_cancel_callback(self._on_cancel)
        self.copies = Copies(self.connection, self.queue, self.clock)

    # --- taking -------------------------------------------------------------------------------------------------------

    def take(self, limit: int) -> list[Delivery]:
        if self._consumer_tag is None:
            self._start()
        ready = self._ready
        return [ready.popleft() for _ in range(min(limit, len(ready)))]

    def set_prefetch(self, prefetch: int) -> None:
        """RabbitMQ counts per consumer, so a new consumer takes over from this one; what is held stays held.

        Not where that would give the queue to another single active consumer: there it holds from the next start on.
        """
        self._prefetch = prefetch
        if self._consumer_tag is not None and not self.queue.single_active_consumer:
            self._stop()
            self._start()

    def pause(self) -> None:
        self._stop()
        fetched = [delivery.tag.number for delivery in self._ready]
        self._ready.clear()
        self._requeue(fetched)

    def poll(self) -> bool:
        self._check()
        return bool(self._ready)

    def poll_in(self) -> float:
        return POLL_SECONDS

    # --- settling -----------------------------------------------------------------------------------------------------

    def settle(self, settlements: Sequence[Settlement]) -> None:
        done: list[int] = []
        again: list[int] = []
        for settlement in settlements:
            numbers = [tag.number for tag in settlement.tags]
            match settlement:
                case Ack():
                    self.tally.add(self.queue.name, "acked", len(numbers))
                    done += numbers
                case Nack(requeue=True, delay_seconds=delay) if delay > 0:
                    self.copies.later([self._held[number] for number in numbers], delay)
                    done += numbers
                case Nack(requeue=True):
                    copied = self._return_failed(numbers)
                    done += copied
                    again += (number for number in numbers if number not in copied)
                case _:
                    self._bury(numbers, settlement.reason if isinstance(settlement, Reject) else REJECTED)
                    done += numbers
        if self.copies.pending:
            self._copy()
        self._acknowledge(done)
        self._requeue(again)

    def return_all(self, failed: bool) -> None:
        if self.queue.single_active_consumer and self.queue.delivery_limit is None:
            self._begin_again()
            return
        self._stop()
        self._ready.clear()
        numbers = list(self._held)
        copied = self._return_failed(numbers) if failed else set()
        if self.copies.pending:
            self._copy()
        self._acknowledge(copied)
        self._requeue([number for number in numbers if number not in copied])

    def _begin_again(self) -> None:
        """Deliver from here what is open: RabbitMQ would give the next active consumer what comes later before it."""
        self.epoch = secrets.randbelow(2**53)
        for number, held in sorted(self._held.items()):
            tag, count = Tag(self.epoch, number), held.delivery.delivery_count + 1
            held.delivery = replace(held.delivery, tag=tag, redelivered=True, delivery_count=count)
        self._ready = deque(held.delivery for _, held in sorted(self._held.items()))

    def count_stale(self, tags: int) -> None:
        self.tally.add(self.queue.name, "stale_tags", tags)

    # --- the connection -----------------------------------------------------------------------------------------------

    def pump(self, timeout_seconds: float) -> None:
        self.connection.pump(timeout_seconds)
        self._check()

    def wake(self) -> None:
        self.connection.wake()

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        """The broker gives back what is open when the connection goes."""
        self.connection.close()

    # --- the broker's side --------------------------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            self.channel.call("basic_qos", prefetch_count=self._prefetch)
            tag = f"{self.queue.name}-{secrets.token_hex(4)}"
            self._consumer_tag = tag
            self.channel.call("basic_consume", self.queue.name, self._on_unusual, consumer_tag=tag)
        except ChannelClosed as closed:
            raise self._closed(closed) from closed

    def _stop(self) -> None:
        """When it returns nothing more is on its way to us."""
        tag, self._consumer_tag = self._consumer_tag, None
        if tag is not None:
            try:
                self.channel.call("basic_cancel", tag)
            except ChannelClosed as closed:
                raise self._closed(closed) from closed

    def _on_unusual(self, channel: object, method: Any, properties: Any, body: bytes) -> None:
        """A delivery that `decoding` left to pika, because other frames stood between its own."""
        number, redelivered = method.delivery_tag, bool(method.redelivered)
        self._on_deliver(Content(0, number, redelivered, method.exchange, method.routing_key, properties, body))

    def _on_deliver(self, content: Content) -> None:
        message, history = decode(
            content.properties, content.body, content.exchange, content.routing_key, content.redelivered
        )
        number, count = content.delivery_tag, history.delivered
        delivery = Delivery(Tag(self.epoch, number), message, self.queue.name, count > 0, count)
        self._held[number] = Held(delivery, history)
        self._ready.append(delivery)

    def _on_cancel(self, frame: object) -> None:
        why = "the queue was deleted, or its node failed"
        self.connection.fail(f"it cancelled the consumer of {self.queue.name}: {why}")

    def _check(self) -> None:
        if self.channel.closed is not None:
            raise self._closed(self.channel.closed)

    def _closed(self, closed: ChannelClosed) -> Unavailable:
        return self.connection.unavailable(f"it closed the channel of {self.queue.name}: {closed}")

    # --- going back ---------------------------------------------------------------------------------------------------

    def _return_failed(self, numbers: Iterable[int]) -> set[int]:
        """What the broker cannot count itself goes back as a copy that carries its count; the numbers of these."""
        limit = self.queue.delivery_limit
        if limit is None:
            return set()
        counted = is_quorum(self.queue, self.connection.config.queue_type)
        own = [number for number in numbers if not counted or self._held[number].history.failed >= limit]
        worn_out = [number for number in own if self._held[number].history.failed >= limit]
        if not counted:
            self.copies.failed([self._held[number] for number in own if number not in set(worn_out)])
        self._bury(worn_out, DELIVERY_LIMIT)
        return set(worn_out) if counted else set(own)

    def _bury(self, numbers: Sequence[int], reason: str) -> None:
        self.copies.dead([self._held[number] for number in numbers], reason)

    def _copy(self) -> None:
        """Confirmed before the originals are acknowledged: killed in between, a message is doubled and not lost."""
        outcome = self.copies.send()
        for name, count in outcome.items():
            self.tally.add(self.queue.name, name, count)

    def _acknowledge(self, numbers: Iterable[int]) -> None:
        settled = set(numbers)
        channel = self.channel.number
        self._settle(settled, [frames.ack(channel, *frame) for frame in coalesce(self._held, settled)])

    def _requeue(self, numbers: Iterable[int]) -> None:
        settled = set(numbers)
        channel = self.channel.number
        self._settle(settled, [frames.nack(channel, *frame) for frame in coalesce(self._held, settled)])

    def _settle(self, numbers: set[int], pieces: list[bytes]) -> None:
        self._check()
        self.channel.write(pieces)
        for number in numbers:
            del self._held[number]
