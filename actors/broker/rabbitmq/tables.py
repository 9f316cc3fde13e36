"""AMQP 0-9-1 field tables, which carry headers, to bytes and back. Pure; any thread.

Pika's own codec refuses floats, which JSON has, and cuts off their fractions.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from actors.errors import MessageRefused

_LENGTH = struct.Struct(">I")
_INTEGER = struct.Struct(">q")
_TIME = struct.Struct(">Q")
_DOUBLE = struct.Struct(">d")
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
MAX_KEY_BYTES = 255
#: In the place of headers that cannot be read; their bytes.
UNREADABLE = "x-unreadable-headers"


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


# --- reading ----------------------------------------------------------------------------------------------------------


def decode_table(encoded: bytes) -> dict[str, Any]:
    """The same few tables come again and again; long ones are rarely equal, and not worth keeping.

    One that cannot be read is shown as it is: failing here would close the connection, over and over, as the broker
    sends the message again.
    """
    try:
        return dict(_cached_table(encoded)) if len(encoded) <= 200 else _fields(encoded)
    except (ValueError, IndexError, OSError, OverflowError, RecursionError, struct.error):
        return {UNREADABLE: encoded}


@lru_cache(maxsize=512)
def _cached_table(encoded: bytes) -> dict[str, Any]:
    return _fields(encoded)


def _fields(encoded: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    at = 0
    while at < len(encoded):
        length = encoded[at]
        name = encoded[at + 1 : at + 1 + length].decode()
        fields[name], at = _value(encoded, at + 1 + length)
    return fields


def _value(encoded: bytes, at: int) -> tuple[Any, int]:
    kind = encoded[at : at + 1]
    at += 1
    if (number := _NUMBERS.get(kind)) is not None:
        return number.unpack_from(encoded, at)[0], at + number.size
    if kind in b"SxAF":
        length = _LENGTH.unpack_from(encoded, at)[0]
        return _of_length(kind, encoded[at + 4 : at + 4 + length]), at + 4 + length
    if kind == b"T":
        return datetime.fromtimestamp(_TIME.unpack_from(encoded, at)[0], UTC), at + 8
    if kind == b"V":
        return None, at
    if kind == b"D":
        return int.from_bytes(encoded[at + 1 : at + 5], "big", signed=True) / 10 ** encoded[at], at + 5
    raise ValueError(f"no AMQP field type is called {kind!r}")


def _of_length(kind: bytes, octets: bytes) -> Any:
    if kind == b"F":
        return _fields(octets)
    if kind == b"A":
        values, at = [], 0
        while at < len(octets):
            value, at = _value(octets, at)
            values.append(value)
        return values
    if kind == b"x":
        return octets
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


#: RabbitMQ's reading of the letters, which differs from the specification's.
_NUMBERS = {
    b"t": struct.Struct(">?"),
    b"b": struct.Struct(">b"),
    b"B": struct.Struct(">B"),
    b"U": struct.Struct(">h"),
    b"s": struct.Struct(">h"),
    b"u": struct.Struct(">H"),
    b"I": struct.Struct(">i"),
    b"i": struct.Struct(">I"),
    b"l": struct.Struct(">q"),
    b"L": struct.Struct(">q"),
    b"f": struct.Struct(">f"),
    b"d": struct.Struct(">d"),
}
