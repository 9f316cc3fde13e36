"""From the fields of a row, whoever sent them, to a draft of a profile. Pure, any thread.

A field that is absent, null or empty says nothing; it does not erase what is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.people import address, place, text
from apps.people.errors import Refused
from apps.people.profile import Draft

FIELDS = ("id", "address", "name", "locale", "time_zone", "attributes")


@dataclass(frozen=True, slots=True)
class Row:
    """What one row of a file says; `line` is where it begins, the first line is 1."""

    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: which field, why, and what stood there, shortened."""

    line: int
    field: str
    reason: str
    value: str

    @classmethod
    def of(cls, line: int, error: Refused) -> "RefusedRow":
        return cls(line, error.field or "", error.reason, text.shown(error.value))


def draft(fields: Mapping[str, Any], max_attributes_bytes: int) -> Draft:
    """Check every field. Raises Refused for the first that cannot be kept."""
    for unknown in fields.keys() - set(FIELDS):
        raise Refused(unknown, f"is not a field; there are {', '.join(FIELDS)}", fields[unknown])
    said = {name: value for name, value in fields.items() if value is not None and value != ""}
    return Draft(
        address=address.parse(said.get("address")),
        id=text.person_id(said["id"]) if "id" in said else None,
        name=text.name(said["name"]) if "name" in said else None,
        locale=place.locale(_word("locale", said["locale"])) if "locale" in said else None,
        time_zone=place.time_zone(_word("time_zone", said["time_zone"])) if "time_zone" in said else None,
        attributes=text.attributes(said.get("attributes", {}), max_attributes_bytes),
    )


def _word(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise Refused(field, "is not text", value)
    return value
