"""Frames built by hand are the ones that pika builds."""

import pika
from hypothesis import given
from hypothesis import strategies as st
from pika import spec

from actors.broker.rabbitmq import frames

tags = st.integers(1, 2**63)
names = st.text(max_size=60)


@given(st.integers(1, 2047), tags, st.booleans())
def test_settlements(channel: int, tag: int, multiple: bool) -> None:
    assert frames.ack(channel, tag, multiple) == pika.frame.Method(channel, spec.Basic.Ack(tag, multiple)).marshal()
    nack = spec.Basic.Nack(tag, multiple, requeue=True)
    assert frames.nack(channel, tag, multiple) == pika.frame.Method(channel, nack).marshal()


@given(st.integers(1, 2047), names, names)
def test_publish(channel: int, exchange: str, key: str) -> None:
    theirs = pika.frame.Method(channel, spec.Basic.Publish(exchange=exchange, routing_key=key, mandatory=True))
    assert frames.publish(channel, exchange.encode(), key.encode()) == theirs.marshal()


@given(st.binary(max_size=500), st.integers(20, 200))
def test_content_in_frames_no_larger_than_agreed(body: bytes, frame_max: int) -> None:
    properties = pika.BasicProperties(content_type="text/plain", message_id="7")
    encoded = b"".join(properties.encode())
    stream = b"".join(frames.content(3, encoded, body, frame_max))
    header = pika.frame.Header(3, len(body), properties).marshal()
    assert stream.startswith(header)
    rest, parts = stream[len(header) :], []
    while rest:
        size, part = pika.frame.decode_frame(rest)
        assert size <= frame_max
        parts.append(part.fragment)
        rest = rest[size:]
    assert b"".join(parts) == body
