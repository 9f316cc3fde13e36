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


def name(value: object) -> str:
    """A person's name in NFC, spaces at the ends removed. Raises Refused."""
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
    _check_json(value, 1)
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
    found = one_line(field, unicodedata.normalize("NFC", value.strip()))
    if len(found) > most:
        raise Refused(field, f"has {len(found)} characters, {most} are allowed", value)
    return found


def _check_json(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refused("attributes", f"is nested deeper than {MAX_DEPTH} levels", value)
    match value:
        case dict():
            for key, inner in value.items():
                _check_json(key, depth)
                _check_json(inner, depth + 1)
        case list():
            for inner in value:
                _check_json(inner, depth + 1)
        case str():
            if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
                raise Refused("attributes", "holds U+0000 or text that is not UTF-8", value)
        case float():
            if not math.isfinite(value):
                raise Refused("attributes", "holds a number that JSON does not know", value)
