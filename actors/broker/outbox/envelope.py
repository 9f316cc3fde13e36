"""A message as it waits in the outbox: its address and its delay stand in a header meanwhile. Pure; any thread."""

from dataclasses import replace

from actors.broker.message import Message

HEADER = "x-outbox"


def enclosed(message: Message, queue: str, now: float) -> Message:
    """On its way into the outbox's queue. `now` is seconds since the epoch; the time of publishing stays this one."""
    address = {"exchange": message.exchange, "routing_key": message.routing_key, "delay": message.delay_seconds}
    return replace(
        message,
        exchange="",
        routing_key=queue,
        delay_seconds=0.0,
        headers={**message.headers, HEADER: {**address, "at": now}},
        timestamp=message.timestamp or now,
    )


def opened(message: Message, now: float) -> Message:
    """As it was published, with what is left of its delay."""
    address = message.headers[HEADER]
    return replace(
        message,
        exchange=address["exchange"],
        routing_key=address["routing_key"],
        delay_seconds=max(0.0, address["at"] + address["delay"] - now) if address["delay"] else 0.0,
        headers={name: value for name, value in message.headers.items() if name != HEADER},
    )


def size(message: Message) -> int:
    """About how many bytes it takes in the file."""
    return len(message.body) + sum(len(name) + len(str(value)) for name, value in message.headers.items()) + 400
