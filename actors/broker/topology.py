"""Exchanges, queues and bindings, and where a message goes. Pure functions of values; any thread.

Routing follows AMQP 0-9-1: direct compares the routing key, fanout ignores it, topic matches words between dots, where
`*` stands for one word and `#` for none or more. A queue gets a message once, however many bindings lead to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from actors.broker.message import MAX_NAME_BYTES
from actors.errors import TopologyConflict

ExchangeType = Literal["direct", "fanout", "topic"]
QueueType = Literal["quorum", "classic"]

#: The exchange for dead letters and the one queue behind it; every engine declares both.
DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class Exchange:
    """Takes messages in and routes them on; durable."""

    name: str
    type: ExchangeType = "topic"


@dataclass(frozen=True, slots=True)
class Queue:
    """Keeps messages until they are acknowledged; durable.

    Attributes:
        dead_letter_exchange: where rejected messages go; None drops them, with a count.
        dead_letter_routing_key: replaces the message's own key on that way.
        delivery_limit: how often a message may come back unsettled because its consumer failed or sent it back at once;
            one time more and it is dead-lettered (RabbitMQ's rule for quorum queues). A delayed return does not count.
            The quorum queues of RabbitMQ also count returns by a consumer or subscriber that ended in good order.
        type: on RabbitMQ; None is the section's `queue_type`. An exclusive or expiring queue is always a classic one.
        single_active_consumer: one consumer gets all messages; the next one takes over when it is gone.
        expires_seconds: the queue is deleted when it had no consumer for so long.
        message_ttl_seconds: a message that waits longer is dead-lettered, with the reason `expired`.
        exclusive: its one consumer's own; declared by that one alone, and deleted when that one is gone.
    """

    name: str
    dead_letter_exchange: str | None = DEAD_LETTERS
    dead_letter_routing_key: str | None = None
    delivery_limit: int | None = None
    type: QueueType | None = None
    single_active_consumer: bool = False
    expires_seconds: float | None = None
    message_ttl_seconds: float | None = None
    exclusive: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it outlives its consumers."""
        return not self.exclusive and self.expires_seconds is None


@dataclass(frozen=True, slots=True)
class Binding:
    """Leads messages from an exchange to a queue."""

    exchange: str
    queue: str
    routing_key: str = ""


@dataclass(frozen=True, slots=True)
class Topology:
    """What an app needs to exist in the broker, or all that exists there.

    Raises:
        ValueError: two things of one name, or a name that no engine takes.
    """

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()
    bindings: tuple[Binding, ...] = ()

    def __post_init__(self) -> None:
        for kind, named in (("exchange", self.exchanges), ("queue", self.queues)):
            names = [thing.name for thing in named]
            for name in names:
                if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
                    raise ValueError(f"{kind} {name!r}: a name has 1 to {MAX_NAME_BYTES} bytes")
                if names.count(name) > 1:
                    raise ValueError(f"{kind} {name}: declared twice")

    def merge(self, other: "Topology") -> "Topology":
        """Both together; what is declared in both must be equal. Raises TopologyConflict."""
        exchanges = {exchange.name: exchange for exchange in self.exchanges}
        queues = {queue.name: queue for queue in self.queues}
        for exchange in other.exchanges:
            conflict(exchanges.setdefault(exchange.name, exchange), exchange)
        for queue in other.queues:
            conflict(queues.setdefault(queue.name, queue), queue)
        bindings = dict.fromkeys((*self.bindings, *other.bindings))
        return Topology(tuple(exchanges.values()), tuple(queues.values()), tuple(bindings))

    def shared(self) -> "Topology":
        """Without exclusive queues, which only their own consumer declares."""
        own = {queue.name for queue in self.queues if queue.exclusive}
        if not own:
            return self
        queues = tuple(queue for queue in self.queues if queue.name not in own)
        bindings = tuple(binding for binding in self.bindings if binding.queue not in own)
        return replace(self, queues=queues, bindings=bindings)

    def of_consumer(self, queue: str) -> "Topology":
        """What a consumer of `queue` declares: all that is shared, and its own."""
        shared = self.shared()
        own = tuple(one for one in self.queues if one.exclusive and one.name == queue)
        bindings = tuple(binding for binding in self.bindings if own and binding.queue == queue)
        return replace(shared, queues=shared.queues + own, bindings=shared.bindings + bindings)

    def loose_ends(self) -> list[str]:
        """One line for each binding or dead-letter exchange that leads from or to something not declared here."""
        exchanges = {exchange.name for exchange in self.exchanges}
        queues = {queue.name for queue in self.queues}
        ends = [f"{b} has no such exchange" for b in self.bindings if b.exchange not in exchanges]
        ends += [f"{b} has no such queue" for b in self.bindings if b.queue not in queues]
        known = {None, "", *exchanges}
        ends += [f"{q} has no such exchange" for q in self.queues if q.dead_letter_exchange not in known]
        return ends


def conflict(known: Exchange | Queue, declared: Exchange | Queue) -> None:
    """Raises TopologyConflict when the same name is declared with other arguments."""
    if known != declared:
        raise TopologyConflict(f"{known.name} exists as {known} and cannot be declared as {declared}")


#: What every engine declares beside the apps' own topology.
BASE = Topology(
    (Exchange(DEAD_LETTERS, "fanout"),),
    (Queue(DEAD_LETTERS, dead_letter_exchange=None),),
    (Binding(DEAD_LETTERS, DEAD_LETTERS),),
)


class Router:
    """Answers where a message goes, for one topology."""

    def __init__(self, topology: Topology) -> None:
        self._queues = {queue.name for queue in topology.queues}
        self._types = {exchange.name: exchange.type for exchange in topology.exchanges}
        self._bindings: dict[str, list[Binding]] = {}
        for binding in topology.bindings:
            self._bindings.setdefault(binding.exchange, []).append(binding)

    def route(self, exchange: str, routing_key: str) -> tuple[str, ...]:
        """The queues that get it, in the order of their names; none when it is unroutable or there is no exchange."""
        if exchange == "":
            return (routing_key,) if routing_key in self._queues else ()
        matches = _MATCHES.get(self._types.get(exchange, ""))
        if matches is None:
            return ()
        bindings: Iterable[Binding] = self._bindings.get(exchange, ())
        return tuple(sorted({b.queue for b in bindings if matches(b.routing_key, routing_key)}))


def topic_matches(pattern: str, routing_key: str) -> bool:
    """Whether a topic binding's pattern takes the key."""
    return _words_match(_words(pattern), _words(routing_key))


def _words(text: str) -> list[str]:
    return text.split(".") if text else []


def _words_match(pattern: list[str], words: list[str]) -> bool:
    """Two fingers; after a mismatch the last `#` swallows one word more."""
    at_pattern = at_word = 0
    last_hash = swallowed = -1
    while at_word < len(words):
        wanted = pattern[at_pattern] if at_pattern < len(pattern) else None
        if wanted == "#":
            last_hash, swallowed = at_pattern, at_word
            at_pattern += 1
        elif wanted is not None and wanted in ("*", words[at_word]):
            at_pattern += 1
            at_word += 1
        elif last_hash >= 0:
            swallowed += 1
            at_pattern, at_word = last_hash + 1, swallowed
        else:
            return False
    return all(word == "#" for word in pattern[at_pattern:])


_MATCHES = {
    "direct": lambda bound, key: bound == key,
    "fanout": lambda bound, key: True,
    "topic": topic_matches,
}
