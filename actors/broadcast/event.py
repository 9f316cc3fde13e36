"""An event and how it travels: CloudEvents 1.0 over AMQP. Functions of values; any thread.

Protobuf data travels in binary mode, its attributes in headers `cloudEvents:...` as CloudEvents' AMQP binding names
them; plain data as one JSON document (structured mode), the form in which `POST /events` takes events too.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Body
from google.protobuf.message_factory import GetMessageClass

from actors.broker import Message
from actors.errors import ActorsError
from supervision.errors import Refusal

STRUCTURED = "application/cloudevents+json"
PROTOBUF = "application/protobuf"
#: In front of an attribute's name in the headers.
PREFIX = "cloudEvents:"
EXCHANGE = "events"
_SPECVERSION = "1.0"
_SCHEMA = "urn:protobuf:"


class InvalidEvent(ActorsError, Refusal):
    """A message that is no event, or an event whose data nobody here can read."""

    title = "The event cannot be read"
    status = 422


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `source` and `id` together name it.

    Attributes:
        type: words with dots between, the service's first: patterns of subscriptions match against it.
        data: a protobuf message, or what JSON can carry.
        time: ISO 8601.
    """

    type: str
    source: str
    data: Body | Mapping[str, Any]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    subject: str | None = None
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


def message_of(event: Event) -> Message:
    """Raises ValueError for a type that is no routing key, TypeError for data that JSON cannot carry."""
    attributes = {"specversion": _SPECVERSION, "id": event.id, "source": event.source, "type": event.type}
    attributes |= {"time": event.time} | ({"subject": event.subject} if event.subject is not None else {})
    if isinstance(event.data, Body):
        attributes["dataschema"] = _SCHEMA + event.data.DESCRIPTOR.full_name
        headers = {PREFIX + name: value for name, value in attributes.items()}
        return _message(event, event.data.SerializeToString(), PROTOBUF, headers)
    document = {**attributes, "data": dict(event.data)}
    return _message(event, json.dumps(document, ensure_ascii=False, allow_nan=False).encode(), STRUCTURED, {})


def _message(event: Event, body: bytes, content_type: str, headers: Mapping[str, str]) -> Message:
    return Message(
        body,
        routing_key=event.type,
        exchange=EXCHANGE,
        headers=headers,
        content_type=content_type,
        message_id=event.id,
        type=event.type,
    )


def read(message: Message) -> Event:
    """Raises InvalidEvent."""
    if message.content_type == PROTOBUF:
        attributes = {
            name.removeprefix(PREFIX): value for name, value in message.headers.items() if name.startswith(PREFIX)
        }
        return _event(attributes, _protobuf(str(attributes.get("dataschema", "")), message.body))
    try:
        document = json.loads(message.body)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"neither protobuf nor JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        raise InvalidEvent("an event is a JSON object with an object `data`")
    return _event(document, document["data"])


def _event(attributes: Mapping[str, Any], data: Body | Mapping[str, Any]) -> Event:
    if attributes.get("specversion") != _SPECVERSION:
        raise InvalidEvent(f"specversion must be {_SPECVERSION}, not {attributes.get('specversion')!r}")
    for name in ("type", "source", "id"):
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise InvalidEvent(f"the attribute {name} is missing")
    subject = attributes.get("subject")
    time = str(attributes.get("time", ""))
    return Event(attributes["type"], attributes["source"], data, attributes["id"], subject, time)


def _protobuf(schema: str, body: bytes) -> Body:
    name = schema.removeprefix(_SCHEMA)
    try:
        return GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name)).FromString(body)
    except KeyError:
        raise InvalidEvent(f"its data is a {name or 'message without a name'}, which nobody here knows") from None
    except DecodeError as error:
        raise InvalidEvent(f"its data is no {name}: {error}") from error
