"""A message as a row of the table `contents`, and back. Pure; any thread."""

import json
from collections.abc import Sequence
from typing import Any

from actors.broker.message import Message
from actors.errors import MessageRefused

#: exchange, routing key, message id, content type, headers as JSON, body.
Content = tuple[str, str, str, str, str, bytes]


def content_of(message: Message, max_body_bytes: int) -> Content:
    """Raises MessageRefused for a body too large or headers that JSON cannot carry."""
    if len(message.body) > max_body_bytes:
        raise MessageRefused(f"the body has {len(message.body)} bytes; broker.max_body_bytes is {max_body_bytes}")
    headers = _headers(message) if message.headers else "{}"
    return message.exchange, message.routing_key, message.message_id, message.content_type, headers, message.body


def message_of(content: Sequence[Any]) -> Message:
    """The message of a row."""
    exchange, routing_key, message_id, content_type, headers, body = content
    return Message(
        body,
        routing_key,
        exchange,
        {} if headers == "{}" else json.loads(headers),
        content_type,
        message_id,
    )


def _headers(message: Message) -> str:
    try:
        return json.dumps(dict(message.headers), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise MessageRefused(f"the headers of message {message.message_id!r} are not JSON: {error}") from error
