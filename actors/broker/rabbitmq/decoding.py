"""Reads whole deliveries out of what the socket gave, many in one pass. Pure; any thread.

A delivery is at least three AMQP frames: `basic.deliver`, the content header, the body. pika makes an object of each
and cuts its buffer after each; that is most of what consuming costs. Here the three are read where they stand. Every
other frame, and whatever looks unusual, is left to pika, which also finds the errors.

Follows AMQP 0-9-1, sections 2.3.5 and 4.2, with RabbitMQ's field types.
"""

from struct import Struct
from typing import Any, NamedTuple

from actors.broker.rabbitmq.tables import decode_table

_FRAME = Struct(">BHI").unpack_from
_DELIVER_START = Struct(">IB").unpack_from
_TAG = Struct(">QBB").unpack_from
_HEADER = Struct(">HHQH").unpack_from
_LONG = Struct(">I").unpack_from
_LONGLONG = Struct(">Q").unpack_from

_METHOD, _CONTENT_HEADER, _BODY = 1, 2, 3
#: class 60 (basic), method 60 (deliver)
_DELIVER = 60 << 16 | 60
_FRAME_END = 0xCE
#: type, channel and size before a frame's payload, and the mark behind it
_BEFORE, _AROUND = 7, 8
#: The content header up to and with the property flags.
_HEADER_BYTES = 14


class Properties(NamedTuple):
    """A content header's properties; an absent one is empty."""

    content_type: str = ""
    content_encoding: str = ""
    headers: dict[str, Any] = {}  # noqa: RUF012 - nobody writes into it
    delivery_mode: int = 1
    priority: int = 0
    correlation_id: str = ""
    reply_to: str = ""
    expiration: str = ""
    message_id: str = ""
    timestamp: int = 0
    type: str = ""
    user_id: str = ""
    app_id: str = ""
    cluster_id: str = ""


class Content(NamedTuple):
    """One `basic.deliver` with all that belongs to it."""

    channel: int
    delivery_tag: int
    redelivered: bool
    exchange: str
    routing_key: str
    properties: Properties
    body: bytes


class Scan(NamedTuple):
    """What a pass over the buffer found.

    Attributes:
        consumed: how many bytes the contents took.
        missing: how many bytes a delivery that has begun behind them lacks at least; 0 means that the next frame, if
            there is one, is pika's.
    """

    contents: list[Content]
    consumed: int
    missing: int


def scan(buffer: bytes) -> Scan:
    """All complete deliveries at the start of the buffer.

    Raises:
        ValueError, IndexError, struct.error: the broker sent what is not AMQP.
    """
    contents: list[Content] = []
    at, end = 0, len(buffer)
    while at + _BEFORE + 5 <= end:
        kind, channel, size = _FRAME(buffer, at)
        method, tag_length = _DELIVER_START(buffer, at + _BEFORE) if kind == _METHOD and size > 4 else (0, 0)
        if method != _DELIVER:
            break
        header = at + size + _AROUND
        if header + _BEFORE + _HEADER_BYTES > end:
            return Scan(contents, at, header + _BEFORE + _HEADER_BYTES - end)
        kind, header_channel, header_size = _FRAME(buffer, header)
        if kind != _CONTENT_HEADER or header_channel != channel:
            break
        _, _, body_size, flags = _HEADER(buffer, header + _BEFORE)
        body_at = header + header_size + _AROUND
        body = _body(buffer, body_at, channel, body_size)
        if isinstance(body, int):
            if body == 0:
                break
            return Scan(contents, at, body)
        _check_end(buffer, header, body_at, body.end)
        tag_at = at + _BEFORE + 5 + tag_length
        delivery_tag, redelivered, length = _TAG(buffer, tag_at)
        key_at = tag_at + 10 + length
        contents.append(
            Content(
                channel,
                delivery_tag,
                redelivered == 1,
                buffer[tag_at + 10 : key_at].decode(errors="ignore"),
                buffer[key_at + 1 : header - 1].decode(errors="ignore"),
                _properties(buffer, header + _BEFORE + _HEADER_BYTES, flags),
                body.octets,
            )
        )
        at = body.end
    return Scan(contents, at, 0)


class _Body(NamedTuple):
    octets: bytes
    end: int


def _body(buffer: bytes, at: int, channel: int, size: int) -> _Body | int:
    """The body frames from `at` on. An int: so many bytes are missing; 0, other frames stand in between."""
    parts: list[bytes] = []
    found = 0
    while found < size:
        if at + _BEFORE > len(buffer):
            return at - len(buffer) + size - found + _AROUND
        kind, body_channel, length = _FRAME(buffer, at)
        if kind != _BODY or body_channel != channel:
            return 0
        if at + length + _AROUND > len(buffer):
            return at - len(buffer) + size - found + _AROUND
        parts.append(buffer[at + _BEFORE : at + _BEFORE + length])
        found += length
        at += length + _AROUND
    if at > len(buffer):
        return at - len(buffer)
    return _Body(parts[0] if len(parts) == 1 else b"".join(parts), at)


def _check_end(buffer: bytes, *ends: int) -> None:
    for end in ends:
        if buffer[end - 1] != _FRAME_END:
            raise ValueError(f"a frame ends with {buffer[end - 1]:#x} instead of {_FRAME_END:#x}")


def _properties(buffer: bytes, at: int, flags: int) -> Properties:
    if not flags:
        return _NONE
    if flags & 1:
        raise ValueError("RabbitMQ knows no more than fourteen properties")
    found: dict[str, Any] = {}
    for bit, name in _FLAGS:
        if not flags & bit:
            continue
        if bit == _HEADERS:
            length = _LONG(buffer, at)[0]
            found[name] = decode_table(buffer[at + 4 : at + 4 + length])
            at += 4 + length
        elif bit in _OCTETS:
            found[name] = buffer[at]
            at += 1
        elif bit == _TIMESTAMP:
            found[name] = _LONGLONG(buffer, at)[0]
            at += 8
        else:
            length = buffer[at]
            found[name] = buffer[at + 1 : at + 1 + length].decode(errors="ignore")
            at += 1 + length
    return Properties(**found)


_NONE = Properties()
_FLAGS = tuple((1 << (15 - place), name) for place, name in enumerate(Properties._fields))
_HEADERS, _TIMESTAMP = 1 << 13, 1 << 6
_OCTETS = frozenset({1 << 12, 1 << 11})
