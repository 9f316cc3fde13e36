"""CloudEvents 1.0 in JSON: structured, batched and binary (`ce-` headers) over HTTP, and as events travel in the queue.

Functions of bytes and headers; any thread. Every refusal is an InvalidEvent that names the attribute.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from apps.email.errors import InvalidEvent, UnsupportedContent
from supervision.validation import faults_of

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `source` and `id` together name it, `data` is what the templates get to say."""

    id: str
    source: str
    type: str
    data: Mapping[str, Any]
    subject: str | None = None
    time: str | None = None
    extensions: Mapping[str, str | int | bool] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The structured form, as it lies in the queue."""
        optional = {"subject": self.subject, "time": self.time}
        attributes = {"specversion": "1.0", "id": self.id, "source": self.source, "type": self.type}
        present = {key: value for key, value in optional.items() if value is not None}
        return _dump({**self.extensions, **attributes, **present, "data": dict(self.data)})


# What stands in headers, queues and the ledger: visible characters, and few enough for an AMQP routing key.
_Visible = Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f-\x9f\u2028\u2029]+$")


class _CloudEvent(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: Annotated[str, _Visible]
    source: Annotated[str, _Visible]
    type: Annotated[str, _Visible]
    subject: str | None = None
    time: AwareDatetime | None = None
    datacontenttype: str | None = Field(None, pattern=r"(?i)^application/([\w.-]+\+)?json\s*(;.*)?$")
    dataschema: str | None = None
    data: dict[str, Any]

    @model_validator(mode="after")
    def _extensions_are_plain(self) -> "_CloudEvent":
        for name, value in (self.__pydantic_extra__ or {}).items():
            if not re.fullmatch(r"[a-z0-9]{1,40}", name) or not isinstance(value, str | int | bool):
                raise ValueError(f"{name!r} is no extension attribute: name in a-z0-9, value text, number or boolean")
        return self


def from_http(content_type: str, headers: Mapping[str, str], body: bytes) -> list[Event]:
    """The events of one request. Raises InvalidEvent, UnsupportedContent."""
    media = content_type.partition(";")[0].strip().lower()
    if media == STRUCTURED:
        return [from_json(body)]
    if media == BATCH:
        return _batch(body)
    if "ce-specversion" in headers and (media == "application/json" or media.endswith("+json")):
        return [_binary(content_type, headers, body)]
    raise UnsupportedContent(
        f"Content-Type {media or '(none)'!r}: send {STRUCTURED}, or application/json with ce-* headers",
        field="Content-Type",
    )


def from_json(body: bytes) -> Event:
    """One event in its structured form. Raises InvalidEvent."""
    return from_attributes(_load(body, "(body)"))


def _batch(body: bytes) -> list[Event]:
    items = _load(body, "(body)")
    if not isinstance(items, list):
        raise InvalidEvent("a batch is a JSON array of events", field="(body)")
    return [from_attributes(item, f"[{index}]") for index, item in enumerate(items)]


def _binary(content_type: str, headers: Mapping[str, str], body: bytes) -> Event:
    # The binding percent-encodes whatever a header cannot carry.
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    return from_attributes({**attributes, "datacontenttype": content_type, "data": _load(body, "data")})


def from_attributes(attributes: Any, prefix: str = "") -> Event:
    """Check attributes that were read by somebody else. Raises InvalidEvent."""
    if not isinstance(attributes, dict):
        raise InvalidEvent("an event is a JSON object", field=prefix or "(body)")
    _check_plain(attributes, prefix or "(body)")
    try:
        event = _CloudEvent.model_validate(attributes)
    except ValidationError as error:
        faults = faults_of(error, _CloudEvent, prefix)
        raise InvalidEvent("\n".join(faults), field=faults[0].partition(": ")[0]) from error
    time = None if event.time is None else event.time.isoformat()
    return Event(event.id, event.source, event.type, event.data, event.subject, time, event.__pydantic_extra__ or {})


def _load(body: bytes, field: str) -> Any:
    """Strict JSON: UTF-8, no NaN, no number or depth that Python will not read."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"not valid JSON: {error}", field=field) from error


def _check_plain(value: Any, field: str) -> None:
    """What was read leniently by somebody else may still be no JSON that we could write."""
    try:
        _dump(value)
    except UnicodeEncodeError as error:
        raise InvalidEvent(f"holds a lone surrogate: {error.reason}", field=field) from error
    except (ValueError, RecursionError, TypeError) as error:
        raise InvalidEvent(f"not valid JSON: {error}", field=field) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
