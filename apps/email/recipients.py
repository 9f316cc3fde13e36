"""The people that an event names: an address, `{address, name, locale, id}`, or a list of these. Pure; any thread."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.email import address, locale
from apps.email.cloudevents import Event
from apps.email.errors import EmailError, InvalidEvent


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person as an event names them. `person` is what identifies them: their id, else their address."""

    person: str
    address: str
    name: str
    locale: str | None


def recipients(event: Event, field_name: str, most: int) -> list[Recipient]:
    """The people named in that field of the data, each once. Raises InvalidEvent that names the field."""
    field = f"data.{field_name}"
    given = event.data.get(field_name)
    named = given if isinstance(given, list) else [given]
    if given is None or not named:
        raise InvalidEvent(f"{field} is required: an address, or {{address, name, locale, id}}, or a list", field=field)
    if len(named) > most:
        raise InvalidEvent(f"{field} names {len(named)} people, an event may name {most}", field=field)
    shared = _shared(event.data)
    found: dict[str, Recipient] = {}
    for item, where in _numbered(given, named, field):
        recipient = _recipient(item, shared, where)
        found.setdefault(recipient.person, recipient)
    return list(found.values())


def _numbered(given: Any, named: list[Any], field: str) -> Iterator[tuple[Any, str]]:
    for index, item in enumerate(named):
        yield item, f"{field}[{index}]" if isinstance(given, list) else field


def _shared(data: Mapping[str, Any]) -> dict[str, Any]:
    """Name and locale given once for everybody: `{"to": "ada@example.org", "locale": "ja"}`."""
    return {key: data[key] for key in ("name", "locale") if data.get(key) is not None}


def _recipient(item: Any, shared: Mapping[str, Any], field: str) -> Recipient:
    own = {"address": item} if isinstance(item, str) else item
    if not isinstance(own, Mapping) or not isinstance(own.get("address"), str):
        raise InvalidEvent(f"{field} must be an address or an object with an address", field=field)
    said = {**shared, **{key: value for key, value in own.items() if value is not None}}
    tag = _text(said, "locale", field, own)
    name, person = (_line(said, key, field, own) for key in ("name", "id"))
    mailbox = _mailbox(field, own["address"], name or "")
    return Recipient(person or mailbox.address, mailbox.address, mailbox.name, tag and _locale(tag, field, own))


def _text(said: Mapping[str, Any], key: str, field: str, own: Mapping[str, Any]) -> str | None:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        where = _where(key, field, own)
        raise InvalidEvent(f"{where} must be text", field=where)
    return value


def _line(said: Mapping[str, Any], key: str, field: str, own: Mapping[str, Any]) -> str | None:
    """Text that a header, a column and a terminal can carry."""
    text = _text(said, key, field, own)
    where = _where(key, field, own)
    try:
        return text and address.one_line(where, text)
    except EmailError as error:
        raise InvalidEvent(str(error), field=where) from error


def _where(key: str, field: str, own: Mapping[str, Any]) -> str:
    """What is not said about this person alone was said once for everybody."""
    return f"data.{key}" if own.get(key) is None else f"{field}.{key}"


def _mailbox(field: str, text: str, name: str) -> address.Mailbox:
    try:
        return address.mailbox(field, text, name)
    except EmailError as error:
        raise InvalidEvent(str(error), field=field) from error


def _locale(tag: str, field: str, own: Mapping[str, Any]) -> str:
    try:
        return locale.parse(tag)
    except EmailError as error:
        raise type(error)(str(error), field=_where("locale", field, own)) from error
