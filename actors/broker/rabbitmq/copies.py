"""What RabbitMQ cannot do with a delivery, done with a copy of it: wait, carry its own count, die for a given reason.

The copies of one step are sent together and confirmed; their originals are acknowledged afterwards, by the caller.
Belongs to the consumer's thread; the channel is opened with the first copy.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from actors.broker.deaths import Death, with_death
from actors.broker.message import Delivery, Message
from actors.broker.rabbitmq.connection import Connection
from actors.broker.rabbitmq.content import History, encode_properties, own_headers
from actors.broker.rabbitmq.delays import LONGEST_SECONDS
from actors.broker.rabbitmq.sending import Parcel, Sending
from actors.broker.topology import Queue
from supervision.clock import Clock


class Held(Protocol):
    """A delivery, and what became of its message before."""

    delivery: Delivery
    history: History


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy to be sent. One that is `dead` may find no queue; then it is dropped, with a count."""

    parcel: Parcel
    dead: bool


class Copies:
    """The copies of one consumer."""

    def __init__(self, connection: Connection, queue: Queue, clock: Clock) -> None:
        self.connection = connection
        self.queue = queue
        self.clock = clock
        self._pending: list[Copy] = []
        self._dropped = 0
        self._sending: Sending | None = None

    @property
    def pending(self) -> bool:
        """Whether there is something to `send`."""
        return bool(self._pending or self._dropped)

    def later(self, held: Sequence[Held], seconds: float) -> None:
        """Back to the queue, not ready sooner, or after the longest time that RabbitMQ can wait. Raises Unavailable."""
        exchange = self._channel().delayed(min(seconds, LONGEST_SECONDS), "")
        for one in held:
            self._back(one, exchange, History(one.delivery.delivery_count + 1, one.history.failed))

    def failed(self, held: Sequence[Held]) -> None:
        """Back to the queue, one failure older."""
        for one in held:
            self._back(one, "", History(one.delivery.delivery_count + 1, one.history.failed + 1))

    def dead(self, held: Sequence[Held], reason: str) -> None:
        """To the queue's dead-letter exchange, if it has one."""
        now = self.clock.time()
        for one in held:
            if self.queue.dead_letter_exchange is None:
                self._dropped += 1
                continue
            self._pending.append(Copy(self._letter(one.delivery.message, reason, now), dead=True))

    def send(self) -> Mapping[str, int]:
        """Send what is pending; what there is to count. Raises Unavailable; then nothing may be acknowledged."""
        pending, self._pending = self._pending, []
        counts = Counter(dropped=self._dropped)
        self._dropped = 0
        lost = self._channel().send([copy.parcel for copy in pending]) if pending else set()
        for place, copy in enumerate(pending):
            if copy.dead:
                counts["dropped" if place in lost else "dead_lettered"] += 1
            elif place in lost:
                raise self.connection.unavailable(f"{self.queue.name} is gone", may_have_happened=True)
        return counts

    def _back(self, one: Held, exchange: str, history: History) -> None:
        message = one.delivery.message
        properties = encode_properties(message, self.clock.time(), own_headers(message, history))
        self._pending.append(Copy(Parcel(exchange, self.queue.name, properties, message.body), dead=False))

    def _letter(self, message: Message, reason: str, now: float) -> Parcel:
        key = message.routing_key
        if self.queue.dead_letter_routing_key is not None:
            key = self.queue.dead_letter_routing_key
        death = Death(self.queue.name, reason, 1, now, message.exchange, message.routing_key)
        letter = replace(message, headers=with_death(message.headers, death))
        return Parcel(self.queue.dead_letter_exchange or "", key, encode_properties(letter, now), message.body)

    def _channel(self) -> Sending:
        if self._sending is None:
            self._sending = Sending(self.connection, self.clock)
        return self._sending
