"""One TCP connection that is written and read at the same time, so that two full buffers cannot block each other.

Used by one thread; `interrupt` alone may be called from another. Every wait has a deadline. Speaks no SMTP beyond
cutting the input into replies.
"""

import errno
import os
import select
import socket
import ssl
import time
from collections import deque
from contextlib import suppress
from typing import Any

from actors.smtp.errors import ConnectFailed, ConnectionLost, TimedOut, TlsFailed
from actors.smtp.replies import Reply, ReplyParser

CHUNK_OCTETS = 16384
"""One TLS record: the kernel has all of it or the peer can use none of it, which keeps `sent` exact."""


class Connection:
    """Octets out, replies in."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._encrypted = False
        self._poll = select.poll()
        self._interrupted = False
        self._outgoing: deque[memoryview] = deque()
        self._parser = ReplyParser()
        self._ended: ConnectionLost | None = None
        self._to_send = select.POLLOUT
        self._to_receive = select.POLLIN
        self.queued = 0
        """Octets ever given to `write`."""
        self.sent = 0
        """Octets that may have reached the peer; those after them surely have not."""

    # --- opening ------------------------------------------------------------------------------------------------------

    def connect(self, host: str, port: int, deadline: float) -> None:
        """Try each address of `host` until `deadline` (of `time.monotonic`). Raises ConnectFailed.

        Looking up the name is the system resolver's affair: neither the deadline nor `interrupt` ends it.
        """
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ConnectFailed(f"{host}: the name cannot be looked up: {error}") from error
        failure: OSError | None = None
        for family, kind, protocol, _, address in addresses:
            try:
                self._connect_to(socket.socket(family, kind, protocol), address, deadline)
                return
            except OSError as error:
                self.close()
                failure = error
        raise ConnectFailed(f"nobody takes connections at {host}:{port}: {failure}") from failure

    def _connect_to(self, raw: socket.socket, address: Any, deadline: float) -> None:
        raw.setblocking(False)
        self._adopt(raw)
        code = raw.connect_ex(address)
        if code == errno.EINPROGRESS:
            if not self._wait(select.POLLOUT, deadline):
                raise TimeoutError("timed out")
            code = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        # Commands leave in groups already; waiting for an ACK of the previous group would only cost time.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start_tls(self, context: ssl.SSLContext, host: str, deadline: float) -> None:
        """Encrypt from here on. Raises TlsFailed, also when words came in clear that would count as encrypted ones."""
        if not self._parser.empty:
            raise TlsFailed(f"{host} sent more in clear after the agreement to encrypt; somebody may be in between")
        try:
            secure = context.wrap_socket(self._open_socket(), server_hostname=host, do_handshake_on_connect=False)
            self._adopt(secure)
            self._shake_hands(secure, deadline)
        except (OSError, ValueError) as error:
            raise TlsFailed(f"no encryption with {host}: {error}") from error

    def _shake_hands(self, secure: ssl.SSLSocket, deadline: float) -> None:
        while True:
            try:
                secure.do_handshake()
                return
            except ssl.SSLWantReadError:
                ready = self._wait(select.POLLIN, deadline)
            except ssl.SSLWantWriteError:
                ready = self._wait(select.POLLOUT, deadline)
            if not ready:
                raise TimeoutError("timed out")

    # --- talking ------------------------------------------------------------------------------------------------------

    def write(self, octets: bytes) -> int:
        """Queue octets; they leave in the next `read_reply`. Returns the value of `sent` that means "all of these"."""
        self._outgoing.append(memoryview(octets))
        self.queued += len(octets)
        return self.queued

    def read_reply(self, timeout_seconds: float, block_seconds: float) -> Reply:
        """Send what is queued, then wait for one whole reply.

        Args:
            timeout_seconds: for the reply, from the moment everything queued was sent.
            block_seconds: the longest the peer may not take anything while we send.

        Raises: TimedOut, BadReply, ConnectionLost; replies that arrived before the end are given out first.
        """
        if self._outgoing:
            self._flush(block_seconds)
        if (reply := self._parser.next()) is not None:
            return reply  # it came along with an earlier one
        deadline = time.monotonic() + timeout_seconds
        while (reply := self._parser.next()) is None:
            if self._ended is not None:
                raise self._ended
            # What TLS has decrypted already, no poll tells about. Else it is too soon to look: nobody answers at once.
            if self._encrypted and self._receive():
                continue
            if not self._wait(self._to_receive, deadline):
                raise TimedOut(f"no answer within {timeout_seconds:g} s")
            self._receive()
        return reply

    def quiet(self) -> bool:
        """Nothing came unasked and the peer has not hung up: fit for another use."""
        return self._ended is None and self._parser.empty and not self._receive() and self._ended is None

    def interrupt(self) -> None:
        """Wake the thread that waits here; it sees the connection as lost. Any thread; final."""
        self._interrupted = True
        current = self._socket
        if current is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown: that one drops the encryption first, and what is sent next would go in clear.
                socket.socket.shutdown(current, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket. May be repeated."""
        current, self._socket = self._socket, None
        if current is not None:
            with suppress(OSError):
                current.close()

    def local_address(self) -> str:
        """Our address on this connection."""
        return str(self._open_socket().getsockname()[0])

    # --- octets -------------------------------------------------------------------------------------------------------

    def _flush(self, block_seconds: float) -> None:
        deadline = time.monotonic() + block_seconds
        while self._outgoing and self._ended is None:
            if self._send():
                deadline = time.monotonic() + block_seconds
            elif not self._receive() and not self._wait(self._to_send | self._to_receive, deadline):
                raise TimedOut(f"the server has taken nothing for {block_seconds:g} s")

    def _send(self) -> bool:
        chunk = self._outgoing[0][:CHUNK_OCTETS]
        try:
            taken = self._open_socket().send(chunk)
        except (BlockingIOError, ssl.SSLWantWriteError):
            self._to_send = select.POLLOUT
            return False
        except ssl.SSLWantReadError:
            self._to_send = select.POLLIN
            return False
        except OSError as error:
            # An answer given before the end may still wait to be read, so this is not the end of reading.
            self._outgoing.clear()
            return self._drain(error)
        self._advance(taken)
        return True

    def _advance(self, taken: int) -> None:
        self.sent += taken
        rest = self._outgoing[0][taken:]
        if rest:
            self._outgoing[0] = rest
        else:
            self._outgoing.popleft()

    def _drain(self, failure: OSError) -> bool:
        while self._receive():
            pass
        self._end(f"the connection broke while sending: {failure}")
        return True

    def _receive(self) -> bool:
        """True when something was read or the end was seen."""
        if self._ended is not None:
            return False
        try:
            octets = self._open_socket().recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._to_receive = select.POLLIN
            return False
        except ssl.SSLWantWriteError:
            self._to_receive = select.POLLOUT
            return False
        except OSError as error:
            self._end(f"the connection broke: {error}")
            return True
        if octets:
            self._parser.feed(octets)
        else:
            self._end("the server closed the connection")
        return True

    def _end(self, reason: str) -> None:
        if self._ended is None:
            self._ended = ConnectionLost("interrupted from outside" if self._interrupted else reason)

    def _wait(self, events: int, deadline: float) -> bool:
        """Until the socket is ready; False when `deadline` came first."""
        left = deadline - time.monotonic()
        self._poll.register(self._open_socket(), events)
        return bool(self._poll.poll(max(0.0, left) * 1000))

    def _adopt(self, new: socket.socket) -> None:
        self._socket = new
        self._poll = select.poll()
        self._encrypted = isinstance(new, ssl.SSLSocket)
        if self._interrupted:
            raise OSError("interrupted from outside")

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost("the connection is closed")
        return self._socket
