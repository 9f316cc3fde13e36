"""Which properties of a delivery the handlers see as a message's metadata, by AMQP's names. Pure; any thread."""

from collections.abc import Callable, Sequence
from typing import Any

from actors.broker.message import Delivery
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.origin import origin
from actors.pipeline.connector.retry import ATTEMPT

PROPERTIES: dict[str, Callable[[Delivery], Any]] = {
    "delivery_tag": lambda delivery: delivery.tag,
    "redelivered": lambda delivery: delivery.redelivered,
    "delivery_count": lambda delivery: delivery.delivery_count,
    "attempt": lambda delivery: delivery.message.headers.get(ATTEMPT, 1),
    "queue": lambda delivery: delivery.queue,
    "exchange": lambda delivery: origin(delivery.message)[0],
    "routing_key": lambda delivery: origin(delivery.message)[1],
    "content_type": lambda delivery: delivery.message.content_type,
    "headers": lambda delivery: delivery.message.headers,
    "persistent": lambda delivery: delivery.message.persistent,
    "correlation_id": lambda delivery: delivery.message.correlation_id,
    "message_id": lambda delivery: delivery.message.message_id,
    "timestamp": lambda delivery: delivery.message.timestamp,
    "type": lambda delivery: delivery.message.type,
    "reply_to": lambda delivery: delivery.message.reply_to,
}


def check(names: Sequence[str]) -> tuple[str, ...]:
    """The names, if there are such properties. Raises WrongOption."""
    unknown = [name for name in names if name not in PROPERTIES]
    if unknown:
        raise WrongOption(f"metadata: no property {unknown[0]!r}; there are {', '.join(PROPERTIES)}")
    return tuple(names)


def metadata(delivery: Delivery, names: Sequence[str], consumer: str) -> dict[str, Any]:
    """What was asked for, and always the path of the consumer that it came from."""
    selected = {name: PROPERTIES[name](delivery) for name in names}
    selected["consumer"] = consumer
    return selected
