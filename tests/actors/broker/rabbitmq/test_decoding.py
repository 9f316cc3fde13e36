"""What pika writes, read back: whatever the frames hold, however they are cut, alone or with others in between."""

import struct
from datetime import UTC, datetime
from typing import Any

import pika.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import spec

from actors.broker.rabbitmq.decoding import Content, Properties, scan
from actors.broker.rabbitmq.tables import UNREADABLE

names = st.text(max_size=40).filter(lambda text: len(text.encode()) <= 120)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
properties = st.builds(
    Properties,
    content_type=names,
    content_encoding=names,
    headers=st.dictionaries(names, values, max_size=4),
    delivery_mode=st.sampled_from([1, 2]),
    priority=st.integers(0, 255),
    correlation_id=names,
    reply_to=names,
    expiration=names,
    message_id=names,
    timestamp=st.integers(0, 2**40),
    type=names,
    user_id=names,
    app_id=names,
    cluster_id=names,
)
contents = st.builds(
    Content,
    channel=st.integers(1, 2000),
    delivery_tag=st.integers(0, 2**64 - 1),
    redelivered=st.booleans(),
    exchange=names,
    routing_key=names,
    properties=properties,
    body=st.binary(max_size=400),
)
some = Content(1, 7, False, "events", "queue", Properties(), b"some body")


def method(channel: int, what: Any) -> bytes:
    frame: bytes = pika.frame.Method(channel, what).marshal()
    return frame


def wire(content: Content, frame_bytes: int = 150) -> bytes:
    """As RabbitMQ sends it, its body cut into frames of so many bytes."""
    deliver = spec.Basic.Deliver(
        "consumer", content.delivery_tag, content.redelivered, content.exchange, content.routing_key
    )
    given = {name: value or None for name, value in content.properties._asdict().items()}
    frames: bytes = method(content.channel, deliver)
    frames += pika.frame.Header(content.channel, len(content.body), spec.BasicProperties(**given)).marshal()
    for start in range(0, len(content.body), frame_bytes):
        frames += pika.frame.Body(content.channel, content.body[start : start + frame_bytes]).marshal()
    return frames


@given(st.lists(contents, max_size=4))
def test_what_was_sent_is_read(sent: list[Content]) -> None:
    octets = b"".join(map(wire, sent))
    assert scan(octets) == (sent, len(octets), 0)


@given(contents, contents, st.data())
def test_a_buffer_that_ends_anywhere_loses_nothing(first: Content, second: Content, data: Any) -> None:
    octets = wire(first) + wire(second)
    cut = data.draw(st.integers(0, len(octets) - 1))
    before = scan(octets[:cut])
    assert cut + before.missing <= len(octets)
    after = scan(octets[before.consumed :])
    assert before.contents + after.contents == [first, second]


@pytest.mark.parametrize("cut", [1, 6, 7, 10, 11])
def test_a_frame_of_which_too_little_is_known_is_waited_for(cut: int) -> None:
    assert scan(wire(some)[:cut]) == ([], 0, 0)


def test_other_frames_are_left_to_pika() -> None:
    ack = method(1, spec.Basic.Ack(3))
    heartbeat = pika.frame.Heartbeat().marshal()
    octets = wire(some) + heartbeat + wire(some)
    assert scan(octets) == ([some], len(wire(some)), 0)
    assert scan(heartbeat + wire(some)) == ([], 0, 0)
    assert scan(ack + wire(some)) == ([], 0, 0)


def test_a_delivery_with_another_channels_frame_inside_is_left_to_pika() -> None:
    octets = wire(some)
    deliver_ends = 8 + struct.unpack_from(">I", octets, 3)[0]
    header_ends = deliver_ends + 8 + struct.unpack_from(">I", octets, deliver_ends + 3)[0]
    for between in (deliver_ends, header_ends):
        mixed = octets[:between] + method(2, spec.Basic.Ack(3)) + octets[between:]
        assert scan(mixed) == ([], 0, 0)


def test_a_long_body_says_how_much_of_it_is_missing() -> None:
    """So that the owner of the buffer does not look again at each few bytes of twenty megabytes."""
    long = some._replace(body=b"x" * 1_000_000)
    octets = wire(long, frame_bytes=131_064)
    assert 800_000 < scan(octets[:100_000]).missing <= len(octets) - 100_000


def test_a_broken_frame_is_said_to_be_broken() -> None:
    octets = bytearray(wire(some))
    octets[-1] = 0
    with pytest.raises(ValueError, match="ends with 0x0"):
        scan(bytes(octets))


def test_numbers_keep_their_fraction_and_times_their_zone() -> None:
    """pika cuts off what is behind the point of a double."""
    table = (
        b"\x01dd" + struct.pack(">d", 0.25) + b"\x01ff" + struct.pack(">f", 0.5) + b"\x01tT" + struct.pack(">Q", 86400)
    )
    table += b"\x01DD\x02" + struct.pack(">i", -150)
    payload = struct.pack(">HHQHI", 60, 0, 0, 1 << 13, len(table)) + table
    header = struct.pack(">BHI", 2, 1, len(payload)) + payload + b"\xce"
    octets = method(1, spec.Basic.Deliver("consumer", 1, False, "", "")) + header
    (content,) = scan(octets).contents
    assert content.properties.headers == {"d": 0.25, "f": 0.5, "t": datetime(1970, 1, 2, tzinfo=UTC), "D": -1.5}


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(b"\x01?Q", id="a type that nobody knows"),
        pytest.param(b"\x01tT" + b"\x7f" * 8, id="a time beyond the calendar"),
        pytest.param(b"\x01\xffV", id="a name that is no text"),
        pytest.param(b"\x01l", id="a number that is cut off"),
        pytest.param(b"\x01a", id="no value"),
    ],
)
def test_headers_that_cannot_be_read_are_shown_as_they_are(table: bytes) -> None:
    """The connection lives: the broker would send the message again, and it would die again."""
    payload = struct.pack(">HHQHI", 60, 0, 0, 1 << 13, len(table)) + table
    header = struct.pack(">BHI", 2, 1, len(payload)) + payload + b"\xce"
    (content,) = scan(method(1, spec.Basic.Deliver("consumer", 1, False, "", "")) + header).contents
    assert content.properties.headers == {UNREADABLE: table}


def test_names_that_are_no_text_lose_what_is_none() -> None:
    octets = wire(some._replace(routing_key="queue!")).replace(b"queue!", b"queue\xff")
    (content,) = scan(octets).contents
    assert content.routing_key == "queue"
