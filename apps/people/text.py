"""Text that may be kept: it fits into a header, a database and a JSON document. Pure, any thread."""

import json
import math
import unicodedata
from typing import Any

from apps.people.errors import Refused

MAX_NAME_CHARACTERS = 200
MAX_ID_CHARACTERS = 64
MAX_DEPTH = 16

#: Controls (CR and LF among them), lone surrogates (bytes that were no UTF-8), line and paragraph separators.
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})


def one_line(field: str, value: str) -> str:
    """The value itself if a header can carry it. Raises Refused."""
    if value.isascii() and value.isprintable():
        return value
    for position, character in enumerate(value):
        if unicodedata.category(character) in _UNFIT:
            what = "is not UTF-8" if "\ud800" <= character <= "\udfff" else f"holds U+{ord(character):04X}"
            raise Refused(field, f"{what} at position {position}", value)
    return value


def trimmed(value: str) -> str:
    """Without the blanks that typing and spreadsheets leave at the ends; a line break there is not taken for one."""
    return value.strip(" \t\u00a0")


def name(value: object) -> str:
    """A person's name as it was given, blanks at the ends removed. Raises Refused."""
    return _bounded("name", value, MAX_NAME_CHARACTERS)


def person_id(value: object) -> str:
    """An id that came from elsewhere; whole numbers are taken too. Raises Refused."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = _bounded("id", value, MAX_ID_CHARACTERS)
    if not found:
        raise Refused("id", "is empty", value)
    if "@" in found:
        raise Refused("id", "looks like an address", value)
    return found


def attributes(value: object, max_bytes: int) -> dict[str, Any]:
    """A JSON object that both databases can keep. Raises Refused."""
    if not isinstance(value, dict):
        raise Refused("attributes", "is not a JSON object", value)
    check_json("attributes", value)
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > max_bytes:
        raise Refused("attributes", f"takes {size} bytes, {max_bytes} are allowed", value)
    return value


def shown(value: object, most: int = 80) -> str:
    """A value for a report: in one line, of bounded length, printable."""
    text = value if isinstance(value, str) else repr(value)[: most * 2]
    cut = text[:most]
    safe = "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in cut)
    return safe if len(text) <= most else safe + "…"


def _bounded(field: str, value: object, most: int) -> str:
    if not isinstance(value, str):
        raise Refused(field, "is not text", value)
    found = one_line(field, trimmed(value))
    if len(found) > most:
        raise Refused(field, f"has {len(found)} characters, {most} are allowed", value)
    return found


def check_json(field: str, value: object, depth: int = 1) -> None:
    """Whether JSON, both databases and the control socket can carry this value. Raises Refused."""
    if depth > MAX_DEPTH:
        raise Refused(field, f"is nested deeper than {MAX_DEPTH} levels", value)
    match value:
        case dict():
            for key, inner in value.items():
                check_json(field, key, depth)
                check_json(field, inner, depth + 1)
        case list():
            for inner in value:
                check_json(field, inner, depth + 1)
        case str():
            if not value.isascii() or "\0" in value:
                _check_characters(field, value)
        case float():
            if not math.isfinite(value):
                raise Refused(field, "holds a number that JSON does not know", value)


def _check_characters(field: str, value: str) -> None:
    for position, character in enumerate(value):
        if "\ud800" <= character <= "\udfff":
            raise Refused(field, f"is not UTF-8 at position {position}", value)
        if character == "\0":
            raise Refused(field, f"holds U+0000 at position {position}", value)
