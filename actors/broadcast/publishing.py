"""Telling everybody, and the queue of one who wants to hear. Any thread."""

from collections.abc import Iterable

from actors.broadcast.event import EXCHANGE, Event, message_of
from actors.broker import Binding, Broker, Exchange, Queue, Topology


def publish(broker: Broker, events: Iterable[Event], timeout_seconds: float = 5.0) -> int:
    """Make the events durable in the queues of all who subscribed; how many of them anybody wants.

    That nobody wants one is no error: the broker counts it. Raises Unavailable, MessageRefused.
    """
    messages = [message_of(event) for event in events]
    return broker.publish(messages, mandatory=False, timeout_seconds=timeout_seconds)


def queue_of(service: str) -> str:
    """Where the events for a service wait."""
    return f"events.{service}"


def subscription(service: str, patterns: Iterable[str], delivery_limit: int | None = None) -> Topology:
    """A durable queue that gets every event whose type matches one of the topic patterns (`people.#`, `*.created`).

    A pattern that is taken off the list stays bound in the broker until somebody unbinds it.
    """
    queue = Queue(queue_of(service), delivery_limit=delivery_limit)
    bindings = tuple(Binding(EXCHANGE, queue.name, pattern) for pattern in patterns)
    return Topology((Exchange(EXCHANGE, "topic"),), (queue,), bindings)
