"""AMQP 0-9-1 field tables, which carry headers, as bytes. Pure; any thread.

Pika's own codec refuses floats, which JSON has; `decoding` reads what is written here.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from actors.errors import MessageRefused

_LENGTH = struct.Struct(">I")
_INTEGER = struct.Struct(">q")
_DOUBLE = struct.Struct(">d")
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
MAX_KEY_BYTES = 255


def encode_table(table: Mapping[str, Any]) -> bytes:
    """Length and fields. Raises MessageRefused for what JSON or AMQP cannot carry."""
    fields = b"".join(_field(name, value) for name, value in table.items())
    return _LENGTH.pack(len(fields)) + fields


def _field(name: str, value: Any) -> bytes:
    if not isinstance(name, str):
        raise MessageRefused(f"the name of a header is text, not {name!r}")
    key = _text(name)
    if len(key) > MAX_KEY_BYTES:
        raise MessageRefused(f"the name of a header is longer than {MAX_KEY_BYTES} bytes: {name[:40]}...")
    return bytes((len(key),)) + key + encode_value(value)


def encode_value(value: Any) -> bytes:
    """One value with the letter of its type in front."""
    match value:
        case None:
            return b"V"
        case bool():
            return b"t\x01" if value else b"t\x00"
        case str():
            text = _text(value)
            return b"S" + _LENGTH.pack(len(text)) + text
        case bytes():
            return b"x" + _LENGTH.pack(len(value)) + value
        case int() if MIN_INTEGER <= value <= MAX_INTEGER:
            return b"l" + _INTEGER.pack(value)
        case float():
            return b"d" + _DOUBLE.pack(value)
        case Mapping():
            return b"F" + encode_table(value)
        case list() | tuple():
            items = b"".join(map(encode_value, value))
            return b"A" + _LENGTH.pack(len(items)) + items
        case datetime():
            return b"T" + _INTEGER.pack(int(value.timestamp()))
    raise MessageRefused(f"a header cannot carry {value!r}")


def _text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise MessageRefused(f"a text in a message is not valid Unicode: {error.reason}") from error


def time_of(seconds: float) -> datetime:
    """For a field that is to be an AMQP time."""
    return datetime.fromtimestamp(seconds, UTC)
