"""Frames of AMQP 0-9-1 that we send by the thousand, built by hand: contents and their settlements. Pure; any thread.

Pika builds an object for each frame and hands each to the socket on its own. The frames here are bytes, to be joined.
"""

import struct

_HEAD = struct.Struct(">BHI")
_SETTLE = struct.Struct(">BHIIQBB")
_CONTENT_HEAD = struct.Struct(">BHIHHQ")
_PUBLISH = struct.Struct(">BHIIH")
_METHOD, _HEADER, _BODY, _END = 1, 2, 3, 0xCE
_END_BYTE = b"\xce"
_BASIC = 60
#: In the frame of a content header, which cannot be split, so many bytes are not properties.
AROUND_PROPERTIES = _CONTENT_HEAD.size + 1
_ACK, _NACK, _PUBLISH_CODE = _BASIC << 16 | 80, _BASIC << 16 | 120, _BASIC << 16 | 40
_MULTIPLE, _REQUEUE, _MANDATORY = 1, 2, 1


def ack(channel: int, tag: int, multiple: bool) -> bytes:
    """Done; `multiple` takes all open deliveries up to the tag."""
    return _SETTLE.pack(_METHOD, channel, 13, _ACK, tag, multiple * _MULTIPLE, _END)


def nack(channel: int, tag: int, multiple: bool) -> bytes:
    """Back to the queue."""
    return _SETTLE.pack(_METHOD, channel, 13, _NACK, tag, multiple * _MULTIPLE | _REQUEUE, _END)


def publish(channel: int, exchange: bytes, routing_key: bytes) -> bytes:
    """The frame before a content: mandatory, so that it comes back when it reaches no queue."""
    names = bytes((len(exchange),)) + exchange + bytes((len(routing_key),)) + routing_key
    head = _PUBLISH.pack(_METHOD, channel, 4 + 2 + len(names) + 1, _PUBLISH_CODE, 0)
    return head + names + bytes((_MANDATORY, _END))


def content(channel: int, properties: bytes, body: bytes, frame_max: int) -> list[bytes]:
    """The frames of properties and body, none larger than `frame_max`."""
    pieces = [_CONTENT_HEAD.pack(_HEADER, channel, 12 + len(properties), _BASIC, 0, len(body)), properties, _END_BYTE]
    room = frame_max - 8
    for start in range(0, len(body), room):
        part = body[start : start + room]
        pieces += (_HEAD.pack(_BODY, channel, len(part)), part, _END_BYTE)
    return pieces
