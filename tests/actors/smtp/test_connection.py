import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from actors.smtp.connection import Connection
from actors.smtp.errors import ConnectFailed, ConnectionLost, TimedOut, TlsFailed
from tests.actors.smtp.conftest import Certificates
from tests.actors.smtp.scripted import PATIENCE_SECONDS, Peer, Script, scripted

MUCH = 8 * 1024 * 1024


def soon(seconds: float = PATIENCE_SECONDS) -> float:
    return time.monotonic() + seconds


@contextmanager
def connected(script: Script) -> Iterator[Connection]:
    with scripted(script) as server:
        connection = Connection()
        connection.connect("localhost", server.port, soon())
        try:
            yield connection
        finally:
            connection.close()


def test_two_full_buffers_do_not_block_each_other() -> None:
    """The peer reads nothing until we have read more than all buffers between us hold."""
    replies = MUCH // 16

    def script(peer: Peer) -> None:
        peer.say(*["250 and so on"] * replies)
        assert len(peer.hear_the_end()) == MUCH

    with connected(script) as connection:
        connection.write(b"x" * MUCH)
        for _ in range(replies):
            assert connection.read_reply(10, 10).code == 250
        assert connection.sent == connection.queued == MUCH


def test_a_peer_that_reads_nothing_is_given_up_and_what_it_surely_lacks_is_known() -> None:
    over = threading.Event()
    with connected(lambda peer: over.wait(PATIENCE_SECONDS)) as connection:
        connection.write(b"x" * MUCH)
        with pytest.raises(TimedOut, match="taken nothing"):
            connection.read_reply(timeout_seconds=10, block_seconds=0.1)
        assert 0 < connection.sent < MUCH
        over.set()


def test_a_peer_that_drips_gets_no_more_time_for_it() -> None:
    over = threading.Event()

    def script(peer: Peer) -> None:
        peer.socket.sendall(b"250-")
        while not over.wait(0.02):
            peer.socket.sendall(b"x")

    with connected(script) as connection:
        with pytest.raises(TimedOut, match="no answer"):
            connection.read_reply(timeout_seconds=0.2, block_seconds=1)
        over.set()


def test_answers_given_before_the_end_are_heard_first() -> None:
    def script(peer: Peer) -> None:
        peer.say("250 one", "421 two")

    with connected(script) as connection:
        assert connection.read_reply(10, 10).code == 250
        assert connection.read_reply(10, 10).code == 421
        with pytest.raises(ConnectionLost, match="closed"):
            connection.read_reply(10, 10)


def test_answers_are_heard_though_sending_breaks() -> None:
    def script(peer: Peer) -> None:
        peer.say("552 too much")
        peer.socket.shutdown(socket.SHUT_RDWR)

    with connected(script) as connection:
        connection.write(b"x" * MUCH)
        assert connection.read_reply(10, 10).code == 552
        with pytest.raises(ConnectionLost):
            connection.read_reply(10, 10)
        assert connection.sent < MUCH


def test_interrupt_wakes_a_thread_that_waits() -> None:
    over = threading.Event()
    with connected(lambda peer: over.wait(PATIENCE_SECONDS)) as connection:
        timer = threading.Timer(0.05, connection.interrupt)
        timer.start()
        with pytest.raises(ConnectionLost, match="interrupted"):
            connection.read_reply(PATIENCE_SECONDS, PATIENCE_SECONDS)
        timer.join()
        over.set()


def test_interrupt_wakes_a_thread_that_connects() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        callers = [socket.socket() for _ in range(3)]
        for caller in callers:  # fill its queue: from now on nobody gets an answer
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        connection = Connection()
        timer = threading.Timer(0.1, connection.interrupt)
        timer.start()
        began = time.monotonic()
        with pytest.raises(ConnectFailed):
            connection.connect("127.0.0.1", port, soon(8))
        assert time.monotonic() - began < 5
        timer.join()
        with pytest.raises(ConnectFailed, match="timed out"):
            Connection().connect("127.0.0.1", port, soon(0.1))
        for caller in callers:
            caller.close()


def test_an_interrupted_connection_opens_nothing_any_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection()
        connection.interrupt()
        with pytest.raises(ConnectFailed, match="interrupted"):
            connection.connect("127.0.0.1", server.getsockname()[1], soon())


def test_nobody_at_the_address_is_said_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectFailed, match=f"127.0.0.1:{port}"):
        Connection().connect("127.0.0.1", port, soon())
    with pytest.raises(ConnectFailed, match="looked up"):
        Connection().connect("no-such-host.invalid", 25, soon())


def test_quiet_means_that_nothing_came_unasked() -> None:
    said, heard = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        heard.wait(PATIENCE_SECONDS)
        peer.say("421 bye")
        said.set()
        peer.hear_the_end()

    with connected(script) as connection:
        assert connection.quiet()
        heard.set()
        assert said.wait(PATIENCE_SECONDS)
        assert not connection.quiet()


def test_quiet_sees_that_the_peer_has_hung_up() -> None:
    ended = threading.Event()

    def script(peer: Peer) -> None:
        peer.hang_up()
        ended.set()

    with connected(script) as connection:
        assert ended.wait(PATIENCE_SECONDS)
        assert not connection.quiet()


def test_a_closed_connection_says_so() -> None:
    with pytest.raises(ConnectionLost, match="closed"):
        Connection().read_reply(1, 1)


# --- TLS ---


def test_much_is_sent_and_read_at_once_under_tls(certificates: Certificates) -> None:
    replies = MUCH // 64

    def script(peer: Peer) -> None:
        peer.start_tls(certificates.context)
        peer.say(*["250 and so on"] * replies)
        assert len(peer.hear_the_end()) == MUCH

    with scripted(script) as server:
        connection = Connection()
        connection.connect("localhost", server.port, soon())
        url = server.url(f"cafile={certificates.authority}", scheme="smtps")
        connection.start_tls(url.ssl_context(), "localhost", soon())
        connection.write(b"x" * MUCH)
        for _ in range(replies):
            assert connection.read_reply(10, 10).code == 250
        assert connection.sent == MUCH
        connection.close()


def test_a_handshake_that_never_comes_is_given_up(certificates: Certificates) -> None:
    over = threading.Event()
    with connected(lambda peer: over.wait(PATIENCE_SECONDS)) as connection:
        with pytest.raises(TlsFailed, match="timed out"):
            connection.start_tls(certificates.context_for_client(), "localhost", soon(0.1))
        over.set()


def test_interrupt_under_tls_keeps_the_encryption(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """The method of that name forgets the encryption before it shuts down; a send in between would go in clear."""
    forgotten: list[int] = []
    monkeypatch.setattr(ssl.SSLSocket, "shutdown", lambda self, how: forgotten.append(how))

    def script(peer: Peer) -> None:
        peer.start_tls(certificates.context)
        peer.hear_the_end()

    with connected(script) as connection:
        connection.start_tls(certificates.context_for_client(), "localhost", soon())
        connection.interrupt()
        with pytest.raises(ConnectionLost, match="interrupted"):
            connection.read_reply(PATIENCE_SECONDS, PATIENCE_SECONDS)
    assert forgotten == []
