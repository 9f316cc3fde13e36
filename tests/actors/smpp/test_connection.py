import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from actors.smpp import commands
from actors.smpp.connection import Connection
from actors.smpp.errors import ConnectFailed, LinkEnded, WrongPdu
from tests.actors.smpp.wire import config, frame

ENQUIRY = frame(commands.ENQUIRE_LINK, 1)
PATIENCE_SECONDS = 10.0


@contextmanager
def connected() -> Iterator[tuple[Connection, socket.socket]]:
    connection = Connection()
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            connection.open(f"127.0.0.1:{server.getsockname()[1]}", config())
            peer, _ = server.accept()
            with peer:
                peer.settimeout(PATIENCE_SECONDS)
                yield connection, peer
    finally:
        connection.release()


def test_octets_out_and_frames_in() -> None:
    with connected() as (connection, peer):
        connection.write(ENQUIRY)
        assert peer.recv(100) == ENQUIRY
        peer.sendall(ENQUIRY[:7])
        assert connection.turn(PATIENCE_SECONDS) == []
        peer.sendall(ENQUIRY[7:] + ENQUIRY)
        assert connection.turn(PATIENCE_SECONDS) == [ENQUIRY, ENQUIRY]
        assert connection.turn(0.0) == []
        assert (connection.queued, connection.sent) == (16, 16)


def test_it_knows_what_has_left_it() -> None:
    with connected() as (connection, peer):
        connection.write(b"x" * 20_000_000)
        assert 0 < connection.sent < connection.queued == 20_000_000
        read = 0
        while read < 20_000_000:
            connection.turn(0.0)
            read += len(peer.recv(1_000_000))
        assert connection.sent == 20_000_000


def test_what_came_before_the_end_is_handed_out_first() -> None:
    with connected() as (connection, peer):
        peer.sendall(ENQUIRY)
        peer.close()
        assert connection.turn(PATIENCE_SECONDS) == [ENQUIRY]
        with pytest.raises(LinkEnded, match="closed the connection"):
            connection.turn(PATIENCE_SECONDS)


def test_what_came_before_octets_that_are_no_smpp_too() -> None:
    with connected() as (connection, peer):
        peer.sendall(ENQUIRY + b"\0" * 16)
        assert connection.turn(PATIENCE_SECONDS) == [ENQUIRY]
        with pytest.raises(WrongPdu, match="length of 0"):
            connection.turn(PATIENCE_SECONDS)


def test_a_turn_ends_when_somebody_wakes_it() -> None:
    with connected() as (connection, _):
        connection.wake()
        assert connection.turn(PATIENCE_SECONDS) == []
        thread = threading.Thread(target=connection.wake)
        thread.start()
        assert connection.turn(PATIENCE_SECONDS) == []
        thread.join(PATIENCE_SECONDS)


def test_an_interrupt_is_final() -> None:
    with connected() as (connection, _):
        connection.interrupt()
        for _ in range(2):
            with pytest.raises(LinkEnded, match="interrupted"):
                connection.turn(PATIENCE_SECONDS)


def test_an_interrupt_ends_an_attempt_to_connect() -> None:
    """Nobody takes connections from a full backlog."""
    connection = Connection()
    connection.interrupt()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        place = server.getsockname()
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(place)
        with pytest.raises(ConnectFailed, match="interrupted"):
            connection.open(f"127.0.0.1:{place[1]}", config())
        for one in queued:
            one.close()
    connection.release()


def test_after_its_release_a_wake_does_nothing() -> None:
    connection = Connection()
    connection.release()
    connection.release()
    connection.wake()
    with pytest.raises(LinkEnded, match="closed"):
        connection.turn(0.0)


def test_nobody_is_there() -> None:
    connection = Connection()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectFailed, match="nobody takes connections"):
            connection.open(f"127.0.0.1:{taken.getsockname()[1]}", config())
    with pytest.raises(ConnectFailed, match="cannot be looked up"):
        connection.open("no-such-host.invalid:2775", config())
    connection.release()
