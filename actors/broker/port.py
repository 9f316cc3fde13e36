"""The broker port: what apps say to the publisher and consumer actors, and what an engine must be able to do.

The messages are values; any thread. A channel belongs to the thread of the actor that opened it. Engines promise the
same to apps, and `tests/actors/broker/test_contract.py` holds them to it; none promises exactly-once delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from actors.broker.message import Delivery, Message, Tag
from actors.broker.topology import Topology
from supervision.clock import Clock

#: The path of the publisher in every root's tree.
PUBLISHER = "/broker/publisher"

# --- to and from the publisher ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Publish:
    """Store all of them durably, in order. By `call` the answer is `Confirmed`; by `cast` it goes to `reply_to`.

    Raises (in a `call`):
        Unroutable: some reach no queue, and `mandatory`; the others are stored. Else such messages are counted.
        MessageRefused: nothing was stored.
        Unavailable: the publisher crashed over it.
    """

    messages: tuple[Message, ...]
    mandatory: bool = True
    reply_to: str | None = None
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The messages of the `Publish` with this `ref` are durable: `count` of them reached a queue.

    Those that are `stored` are in the outbox of this machine, and reach their queues when the broker is back.
    """

    count: int
    ref: Any = None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """The `Publish` with this `ref` failed; see there for the errors. A publisher that dies first sends nothing."""

    error: Exception
    ref: Any = None


# --- to and from a consumer -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deliveries:
    """From the consumer at path `consumer` to its subscriber: settle each, there, by its tag."""

    consumer: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Base of the three ways to settle. By `call` the answer is how many of the tags were still open."""

    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Ack(Settlement):
    """Done: the messages are gone."""


@dataclass(frozen=True, slots=True)
class Nack(Settlement):
    """Not done. Back to the queue, in the old order before newer messages; with a delay, not ready sooner than that.

    A return without delay counts towards the queue's `delivery_limit`. Without `requeue` it is a `Reject`.
    """

    requeue: bool = True
    delay_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Reject(Settlement):
    """Never to be done: to the queue's dead-letter exchange, with the reason in the header `x-death`."""

    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class Pause:
    """Deliver nothing more until `Resume`. What is out stays out, to be settled as ever; the rest others may have."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Deliver again."""


@dataclass(frozen=True, slots=True)
class SetPrefetch:
    """At most so many deliveries open from now on; those that are out already stay out."""

    prefetch: int


# --- what an engine must be able to do --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a list: the queues that got something, and the indexes of those that reached none."""

    queues: frozenset[str]
    unroutable: frozenset[int]


@runtime_checkable
class Pumped(Protocol):
    """A channel that speaks with a server: its owner's thread waits in the channel's I/O and not in its mailbox."""

    def pump(self, timeout_seconds: float) -> None:
        """Serve the connection until something happened, `wake` was called, or the time is over. Raises Unavailable."""

    def wake(self) -> None:
        """End a `pump` that waits. Any thread."""


class PublishChannel(Protocol):
    """The publishing half of an engine. Every method raises Unavailable when the broker does not work."""

    def open(self) -> None:
        """Connect and declare the topology. Raises TopologyConflict."""

    def publish(self, messages: Sequence[Message]) -> Published:
        """Durable when it returns. Raises MessageRefused when nothing was stored because of one of them."""

    def interrupt(self) -> None:
        """Wake the owner out of a blocking call. Any thread."""

    def close(self) -> None:
        """Let go of everything; does not raise."""


class ConsumeChannel(Protocol):
    """The consuming half of an engine, on one queue. Every method raises Unavailable when the broker does not work.

    A number, which together with `epoch` makes a tag, is given out once and settled at most once.
    """

    @property
    def epoch(self) -> int:
        """Another one after each `open`."""

    def open(self, prefetch: int) -> None:
        """Connect and declare the topology; hold up to `prefetch` messages. Raises TopologyConflict, UnknownQueue."""

    def set_prefetch(self, prefetch: int) -> None:
        """Hold up to so many from now on."""

    def pause(self) -> None:
        """Nothing is taken until the next `take`: let go of what was not taken yet, and of the queue's lease."""

    def take(self, limit: int) -> list[Delivery]:
        """Up to `limit` ready messages in the queue's order, now held by this channel. Does not wait."""

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """All in one step. The tags must be open in this epoch."""

    def return_all(self, failed: bool) -> None:
        """Everything held goes back to its place; `failed` returns count towards the delivery limit."""

    def count_stale(self, tags: int) -> None:
        """So many tags of earlier epochs, or settled twice, were ignored."""

    def poll(self) -> bool:
        """Called in turns, and after each `pump`: house-keeping; True when there may be something to take."""

    def poll_in(self) -> float:
        """Seconds until the next `poll` is worth its while."""

    def interrupt(self) -> None:
        """Wake the owner out of a blocking call, and give up what is held. Any thread."""

    def close(self) -> None:
        """Return everything and let go; does not raise."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """A queue seen from outside. None stands for what the broker does not tell.

    Attributes:
        oldest_seconds: the age of the oldest message, None when there is none.
        totals: published, acked, dead_lettered, dropped, stale_tags. By `embedded:` since the queue exists; otherwise
            what this process did since it started.
    """

    name: str
    ready: int
    unacked: int | None
    delayed: int | None
    oldest_seconds: float | None
    consumers: int
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """All that is known to be in it."""
        return self.ready + (self.unacked or 0) + (self.delayed or 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message seen in its queue without taking it.

    Attributes:
        message: its body is cut to what was asked for; `size` is that of the whole, in bytes.
        age_seconds: None when the message does not say when it was published.
    """

    message: Message
    size: int
    age_seconds: float | None
    delivery_count: int


class Engine(Protocol):
    """One broker, chosen by the URL's scheme."""

    def publish_channel(self, clock: Clock) -> PublishChannel:
        """Unopened; does not fail."""

    def consume_channel(self, queue: str, clock: Clock) -> ConsumeChannel:
        """Unopened; does not fail."""

    def with_topology(self, more: Topology) -> "Engine":
        """The same broker; channels declare this too. Raises TopologyConflict."""

    def statuses(self) -> list[QueueStatus]:
        """All queues by name. Raises Unavailable. Any thread."""

    def peek(self, queue: str, limit: int, body_bytes: int) -> list[Waiting]:
        """The first messages of a queue, whoever holds them. Raises Unavailable, UnknownQueue. Any thread."""

    def unroutable(self) -> int:
        """How many messages ever reached no queue. Raises Unavailable. Any thread."""
