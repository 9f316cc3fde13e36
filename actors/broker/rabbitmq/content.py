"""A message as AMQP's basic properties, and back. Pure; any thread.

A message that we send back to its queue as a copy carries in headers of ours what only the original knew: how often it
was delivered and failed, and where it was published to. They are taken off again when it arrives.
"""

import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from actors.broker.deaths import DELIVERY_LIMIT, HEADER, Death, deaths, sane
from actors.broker.message import Message
from actors.broker.rabbitmq.tables import encode_table, time_of
from actors.errors import MessageRefused

DELIVERED, FAILED = "x-rookery-delivered", "x-rookery-failed"
EXCHANGE, ROUTING_KEY = "x-rookery-exchange", "x-rookery-routing-key"
DELIVERY_COUNT = "x-delivery-count"
#: Queues for delays are named so, and dying there is no death.
DELAY_PREFIX = "delay."
#: RabbitMQ adds these beside `x-death`, which says the same.
_NOISE = tuple(f"x-{which}-death-{what}" for which in ("first", "last") for what in ("exchange", "queue", "reason"))

# The bits of the property flags, AMQP 0-9-1 section 4.2.6.1.
_CONTENT_TYPE, _HEADERS, _MODE, _CORRELATION = 1 << 15, 1 << 13, 1 << 12, 1 << 10
_REPLY_TO, _MESSAGE_ID, _TIMESTAMP, _TYPE = 1 << 9, 1 << 7, 1 << 6, 1 << 5
_FLAGS = struct.Struct(">H")
_SECONDS = struct.Struct(">Q")
_TRANSIENT, _PERSISTENT = 1, 2


@dataclass(frozen=True, slots=True)
class History:
    """What became of a message before: how often it was delivered, and how many of these count as failed."""

    delivered: int = 0
    failed: int = 0


NEW, ONCE = History(), History(1, 1)


def encode_properties(message: Message, now: float, own: Mapping[str, Any] | None = None) -> bytes:
    """Flags and values; `own` are headers of ours. Raises MessageRefused."""
    flags, parts = _MODE, []
    if message.content_type:
        flags |= _CONTENT_TYPE
        parts.append(_short(message.content_type))
    if message.headers or own:
        flags |= _HEADERS
        parts.append(encode_table(_headers_out({**message.headers, **(own or {})})))
    parts.append(bytes((_PERSISTENT if message.persistent else _TRANSIENT,)))
    for flag, text in ((_CORRELATION, message.correlation_id), (_REPLY_TO, message.reply_to),
                       (_MESSAGE_ID, message.message_id)):  # fmt: skip
        if text:
            flags |= flag
            parts.append(_short(text))
    flags |= _TIMESTAMP
    parts.append(_SECONDS.pack(int(message.timestamp or now)))
    if message.type:
        flags |= _TYPE
        parts.append(_short(message.type))
    return _FLAGS.pack(flags) + b"".join(parts)


def decode(properties: Any, body: bytes, exchange: str, routing_key: str, redelivered: bool) -> tuple[Message, History]:
    """A message as it was published, and what became of it. Of decoded properties, ours or pika's.

    A quorum queue counts deliveries; a classic one only tells that there was one.
    """
    headers, history = properties.headers or {}, ONCE if redelivered else NEW
    if any(name.startswith("x-") for name in headers):
        headers, history, exchange, routing_key = _headers_in(headers, history, exchange, routing_key)
    timestamp = properties.timestamp or 0.0
    message = Message(
        body,
        routing_key,
        exchange,
        headers,
        properties.content_type or "",
        properties.message_id or "",
        0.0,
        properties.delivery_mode == _PERSISTENT,
        properties.correlation_id or "",
        properties.reply_to or "",
        properties.type or "",
        float(timestamp),
    )
    return message, history


def own_headers(message: Message, history: History) -> dict[str, Any]:
    """For a copy that goes back to its queue."""
    return {
        DELIVERED: history.delivered,
        FAILED: history.failed,
        EXCHANGE: message.exchange,
        ROUTING_KEY: message.routing_key,
    }


def _headers_out(headers: dict[str, Any]) -> dict[str, Any]:
    if HEADER in headers:
        headers[HEADER] = [_death_out(death) for death in deaths(headers)]
    return headers


def _headers_in(
    given: Mapping[str, Any], flagged: History, exchange: str, routing_key: str
) -> tuple[dict[str, Any], History, str, str]:
    headers = dict(given)
    counted = int(sane(headers.pop(DELIVERY_COUNT, None), flagged.delivered))
    delivered, failed = (int(sane(headers.pop(name, None), 0)) for name in (DELIVERED, FAILED))
    history = History(delivered + counted, failed + counted)
    exchange, routing_key = str(headers.pop(EXCHANGE, exchange)), str(headers.pop(ROUTING_KEY, routing_key))
    for name in _NOISE:
        headers.pop(name, None)
    if isinstance(headers.get(HEADER), list):
        real = [_death_in(entry) for entry in headers.pop(HEADER) if isinstance(entry, dict) and "queue" in entry]
        kept = [asdict(death) for death in real if not death.queue.startswith(DELAY_PREFIX)]
        if kept:
            headers[HEADER] = kept
    return headers, history, exchange, routing_key


def _death_out(death: Death) -> dict[str, Any]:
    """As RabbitMQ writes it, which reads it when the message dies again."""
    return {
        "count": death.count,
        "reason": death.reason,
        "queue": death.queue,
        "time": time_of(death.time),
        "exchange": death.exchange,
        "routing-keys": [death.routing_key],
    }


def _death_in(entry: dict[str, Any]) -> Death:
    keys = entry.get("routing-keys")
    reason = str(entry.get("reason", ""))
    return Death(
        str(entry["queue"]),
        DELIVERY_LIMIT if reason == "delivery_limit" else reason,
        int(sane(entry.get("count"), 1)),
        entry["time"].timestamp() if isinstance(entry.get("time"), datetime) else 0.0,
        str(entry.get("exchange", "")),
        str(keys[0]) if isinstance(keys, list) and keys else "",
    )


def _short(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise MessageRefused(f"a name in a message is not valid Unicode: {error.reason}") from error
    if len(data) > 255:
        raise MessageRefused(f"a property is longer than 255 bytes: {text[:40]!r}...")
    return bytes((len(data),)) + data
