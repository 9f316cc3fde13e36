"""Consents as lines of JSON: how they leave and come back. Pure; any thread."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from apps.people import address
from apps.people.consent import Channel, Consent, Said, checked
from apps.people.errors import Refused

NAMES = tuple(field.name for field in fields(Consent))
_Word = TypeVar("_Word", bound=StrEnum)


def line(consent: Consent) -> dict[str, Any]:
    """Every field, times in ISO 8601."""
    return {**asdict(consent), "at": consent.at.isoformat()}


def read(said: Mapping[str, Any]) -> Consent:
    """A line that came from outside, checked. Raises Refused.

    Without an id its content names it, so that the same line again adds nothing.
    """
    for unknown in said.keys() - set(NAMES):
        raise Refused(unknown, f"is not a field; there are {', '.join(NAMES)}", said[unknown])
    channel = _word("channel", said, Channel)
    key = _text("key", said)
    evidence = said.get("evidence", {})
    if not isinstance(evidence, dict):
        raise Refused("evidence", "is not a JSON object", evidence)
    consent = Consent(
        channel,
        address.parse(key).key if channel is Channel.EMAIL else key,
        _text("scope", said),
        _word("state", said, Said),
        _text("source", said, "import"),
        _time(_text("at", said)),
        evidence,
        _text("id", said, "-"),
    )
    checked(consent)
    return consent if "id" in said else replace(consent, id=_id(consent))


def _id(consent: Consent) -> str:
    content = json.dumps(line(consent), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _text(field: str, said: Mapping[str, Any], default: str = "") -> str:
    value = said.get(field, default)
    if not isinstance(value, str) or not value:
        raise Refused(field, "is missing or no text", value)
    return value


def _word(field: str, said: Mapping[str, Any], words: type[_Word]) -> _Word:
    value = _text(field, said)
    if value not in [word.value for word in words]:
        raise Refused(field, f"is none of {', '.join(words)}", value)
    return words(value)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("at", "is no time of ISO 8601", text) from error
