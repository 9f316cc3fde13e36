"""Framing, and one end of a link against the other."""

import pickle
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.node import link as links
from supervision.node.errors import LinkFull, LinkLost
from supervision.node.link import Link, Unpacker, pack


@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(1, 40)))
def test_frames_come_out_whole_however_the_stream_is_cut(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pack(message) for message in messages)
    unpacker = Unpacker()
    bodies = []
    for size in cuts:
        bodies += unpacker.feed(stream[:size])
        stream = stream[size:]
    bodies += unpacker.feed(stream)
    assert [pickle.loads(body) for body in bodies] == messages


@pytest.fixture
def ends() -> Iterator[tuple[Link, Link]]:
    one, other = (Link(end) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


def test_messages_arrive_in_order(ends: tuple[Link, Link]) -> None:
    one, other = ends
    for number in range(100):
        one.send(number)
    assert other.receive(1.0) == list(range(100))


def test_nothing_there_is_no_end(ends: tuple[Link, Link]) -> None:
    assert ends[0].receive(0.0) == []


def test_what_the_other_end_does_not_read_waits_here_and_then_arrives(ends: tuple[Link, Link]) -> None:
    one, other = ends
    body = b"x" * 3_000_000
    one.send(body)
    assert not one.idle
    received = []
    for _ in range(1000):
        one.receive(0.0)
        received += other.receive(0.0)
        if received:
            break
    assert received == [body]
    assert one.idle


def test_only_so_much_waits(ends: tuple[Link, Link], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_UNSENT_BYTES", 1_000_000)
    with pytest.raises(LinkFull):
        for _ in range(20):
            ends[0].send(b"x" * 100_000)


def test_the_last_words_are_heard_before_the_end(ends: tuple[Link, Link]) -> None:
    one, other = ends
    one.send("goodbye")
    one.close()
    assert other.receive(1.0) == ["goodbye"]
    with pytest.raises(LinkLost):
        other.receive(1.0)


def test_sending_to_a_closed_end_says_so(ends: tuple[Link, Link]) -> None:
    one, other = ends
    other.close()
    with pytest.raises(LinkLost):
        one.send("anybody?")
