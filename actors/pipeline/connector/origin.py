"""Where a message came from in the first place, after we published it to its queue once more. Pure; any thread.

A message that is tried again goes straight to its own queue, so that no other queue of its exchange gets a copy. What
it was published with stays in two headers, and handlers are shown that.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actors.broker.message import Delivery, Message
from actors.pipeline.connector.retry import ATTEMPT, FIRST_SEEN

EXCHANGE = "x-origin-exchange"
ROUTING_KEY = "x-origin-routing-key"


def origin(message: Message) -> tuple[str, str]:
    """Exchange and routing key as the publisher gave them."""
    headers = message.headers
    return str(headers.get(EXCHANGE, message.exchange)), str(headers.get(ROUTING_KEY, message.routing_key))


def again(delivery: Delivery, delay_seconds: float, headers: Mapping[str, Any]) -> Message:
    """The same message for its own queue, later, with further headers."""
    exchange, routing_key = origin(delivery.message)
    kept = {**delivery.message.headers, EXCHANGE: exchange, ROUTING_KEY: routing_key, **headers}
    return replace(delivery.message, exchange="", routing_key=delivery.queue, headers=kept, delay_seconds=delay_seconds)


def without_bookkeeping(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers without what a former life has left in them; the origin stays."""
    return {name: value for name, value in headers.items() if name not in (ATTEMPT, FIRST_SEEN, "x-death")}
