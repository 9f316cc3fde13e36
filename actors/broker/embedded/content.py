"""A message as a row of the table `contents`, and back. Pure; any thread."""

import json
from collections.abc import Sequence
from typing import Any

from actors.broker.message import Message
from actors.errors import MessageRefused

#: exchange, routing key, message id, content type, headers as JSON, body, correlation id, reply to, type, timestamp.
Content = tuple[str, str, str, str, str, bytes, str, str, str, float]


def content_of(message: Message, max_body_bytes: int, now: float) -> Content:
    """Raises MessageRefused for a body too large, headers that JSON cannot carry, or a name that is no text."""
    if len(message.body) > max_body_bytes:
        raise MessageRefused(f"the body has {len(message.body)} bytes; broker.max_body_bytes is {max_body_bytes}")
    headers = _headers(message) if message.headers else "{}"
    names = (message.exchange, message.routing_key, message.message_id, message.content_type)
    more = (message.correlation_id, message.reply_to, message.type)
    try:
        "".join((*names, *more)).encode()
    except UnicodeEncodeError as error:
        raise MessageRefused(f"a name in a message is not valid Unicode: {error.reason}") from error
    return (*names, headers, message.body, *more, message.timestamp or now)


def message_of(content: Sequence[Any]) -> Message:
    """The message of a row."""
    exchange, routing_key, message_id, content_type, headers, body, correlation_id, reply_to, type, timestamp = content
    return Message(
        body,
        routing_key,
        exchange,
        {} if headers == "{}" else json.loads(headers),
        content_type,
        message_id,
        correlation_id=correlation_id,
        reply_to=reply_to,
        type=type,
        timestamp=timestamp,
    )


def _headers(message: Message) -> str:
    try:
        return json.dumps(dict(message.headers), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise MessageRefused(f"the headers of message {message.message_id!r} are not JSON: {error}") from error
