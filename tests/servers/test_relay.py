"""The relay in front of an echo: what a client sees of each of its moods."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.servers.relay import Relay, relay


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1024):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = False


@pytest.fixture
def front() -> Iterator[Relay]:
    with Server(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        with relay(server.server_address[1]) as one:
            yield one
        server.shutdown()
        thread.join(10.0)


def client(front: Relay) -> "closing[socket.socket]":
    return closing(socket.create_connection(("127.0.0.1", front.port), timeout=5.0))


def test_it_forwards_both_ways(front: Relay) -> None:
    front.delay_seconds = 0.01
    with client(front) as one:
        one.sendall(b"hello")
        assert one.recv(1024) == b"hello"
    assert front.accepted == 1


def test_silence_keeps_the_connection_and_says_nothing(front: Relay) -> None:
    with client(front) as one:
        one.sendall(b"hello")
        assert one.recv(1024) == b"hello"
        front.silence()
        one.sendall(b"is anybody there?")
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.recv(1024)
        one.settimeout(5.0)
        front.resume()
        assert one.recv(1024) == b"is anybody there?"


def test_a_cut_resets_connections_and_new_ones_are_taken(front: Relay) -> None:
    with client(front) as one:
        one.sendall(b"hello")
        assert one.recv(1024) == b"hello"
        assert front.cut() == 1
        with pytest.raises(ConnectionResetError):
            one.recv(1024)
    with client(front) as another:
        another.sendall(b"again")
        assert another.recv(1024) == b"again"
