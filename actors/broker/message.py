"""What travels: a message on its way in, a delivery on its way out. Values only; any thread.

Words are AMQP 0-9-1's. A header's value is what JSON can carry; an engine refuses the rest with `MessageRefused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: AMQP's short string: a routing key, an exchange's and a queue's name are at most this long.
MAX_NAME_BYTES = 255
#: AMQP's timestamp has 64 bits.
MAX_TIMESTAMP = 2.0**64


@dataclass(frozen=True, slots=True)
class Message:
    """One message. The exchange `""` is AMQP's default exchange: the routing key is the queue's name.

    Attributes:
        delay_seconds: it becomes ready no sooner than that after it was published.
        persistent: survives a restart of the broker. The embedded engine keeps every message.
        correlation_id: the sender's, to know the answer by.
        reply_to: the queue that awaits an answer.
        type: what the body is, in the sender's words.
        timestamp: seconds since the epoch; 0 becomes the time of publishing. RabbitMQ carries whole seconds.

    Raises:
        ValueError: a routing key or an exchange beyond 255 bytes, a delay or a timestamp that is no time.
    """

    body: bytes = field(repr=False)
    routing_key: str = ""
    exchange: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = "application/octet-stream"
    message_id: str = ""
    delay_seconds: float = 0.0
    persistent: bool = True
    correlation_id: str = ""
    reply_to: str = ""
    type: str = ""
    timestamp: float = 0.0

    def __post_init__(self) -> None:
        _check_name("routing key", self.routing_key)
        _check_name("exchange", self.exchange)
        if not 0.0 <= self.delay_seconds < float("inf"):
            raise ValueError(f"delay_seconds must be a number >= 0, not {self.delay_seconds}")
        if not 0.0 <= self.timestamp < MAX_TIMESTAMP:
            raise ValueError(f"timestamp must be seconds since the epoch, not {self.timestamp}")


def _check_name(what: str, name: str) -> None:
    # Counting letters is enough for nearly all of them, and this is done for every message.
    if len(name) * 4 > MAX_NAME_BYTES and len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        raise ValueError(f"the {what} is longer than {MAX_NAME_BYTES} bytes: {name[:40]!r}...")


class Tag(NamedTuple):
    """Names one delivery of one consumer's session. A tag of an earlier `epoch` is stale and has no effect."""

    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message handed to a consumer, to be settled by its tag.

    Attributes:
        redelivered: it was handed out before; its effects may have happened already.
        delivery_count: how often it was handed out before this time.
    """

    tag: Tag
    message: Message
    queue: str
    redelivered: bool
    delivery_count: int
