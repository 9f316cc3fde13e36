"""One TCP connection to an SMSC, served in turns by the thread that owns it: octets out, frames in.

`wake` and `interrupt` alone may be called from other threads. Nothing waits longer than it was asked to. Speaks no SMPP
beyond cutting the input into frames.
"""

import os
import select
import socket
import ssl
import threading
import time
from contextlib import suppress

from actors.smpp.config import BindConfig
from actors.smpp.dialing import dial
from actors.smpp.errors import ConnectFailed, LinkEnded, WrongPdu
from actors.smpp.pdu import Frames

RECEIVE_OCTETS = 256 * 1024
#: One TLS record: the kernel has all of it or the peer can use none of it, which keeps `sent` exact.
CHUNK_OCTETS = 16_384


class Connection:
    """Opened once, used until it ends. `release` it in the end, opened or not."""

    def __init__(self) -> None:
        self.queued = 0
        """Octets ever given to `write`."""
        self.sent = 0
        """Octets that may have reached the SMSC; those after them surely have not."""
        self._socket: socket.socket | None = None
        self._frames = Frames()
        self._outgoing = bytearray()
        self._interrupted = False
        self._wrong: WrongPdu | None = None
        self._lock = threading.Lock()
        self._waker, self._bell = os.pipe()
        os.set_blocking(self._waker, False)
        os.set_blocking(self._bell, False)

    def open(self, place: str, config: BindConfig) -> None:
        """`place` is host:port. Raises ConnectFailed, TlsFailed."""
        self._socket = dial(place, config, self._wait_for)

    # --- talking ------------------------------------------------------------------------------------------------------

    def write(self, octets: bytes) -> None:
        """Queue octets and send what the kernel takes; the rest leaves in `turn`. Raises LinkEnded."""
        self._outgoing += octets
        self.queued += len(octets)
        self._flush()

    def turn(self, timeout_seconds: float) -> list[bytes]:
        """Wait until there is something to do, at most so long; the frames that came. Raises LinkEnded, WrongPdu.

        What came before an end is handed out first; the end is raised by the next turn.
        """
        if self._wrong is not None:
            raise self._wrong
        current = self._open_socket()
        if not (isinstance(current, ssl.SSLSocket) and current.pending()):
            self._poll(current, select.POLLIN | (select.POLLOUT if self._outgoing else 0), timeout_seconds)
        if self._interrupted:
            raise LinkEnded("interrupted from outside")
        if self._outgoing:
            self._flush()
        return self._frames_of(self._receive())

    def wake(self) -> None:
        """End a `turn` that waits, or the next one. Any thread; does not raise."""
        with self._lock, suppress(OSError):
            if self._bell >= 0:
                os.write(self._bell, b"\0")

    def interrupt(self) -> None:
        """Make whatever waits here fail. Any thread; final."""
        self._interrupted = True
        current = self._socket
        if current is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown, which drops the encryption first.
                socket.socket.shutdown(current, socket.SHUT_RDWR)
        self.wake()

    def release(self) -> None:
        """Close, and let go of everything. May be repeated."""
        current, self._socket = self._socket, None
        if current is not None:
            with suppress(OSError):
                current.close()
        with self._lock:
            descriptors, self._waker, self._bell = (self._waker, self._bell), -1, -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    # --- octets -------------------------------------------------------------------------------------------------------

    def _wait_for(self, one: socket.socket, events: int, deadline: float) -> None:
        """While connecting. Raises TimeoutError, ConnectFailed."""
        while not self._poll(one, events, left := deadline - time.monotonic()):
            if self._interrupted:
                raise ConnectFailed("interrupted from outside")
            if left <= 0:
                raise TimeoutError("timed out")

    def _poll(self, one: socket.socket, events: int, seconds: float) -> bool:
        """Whether the socket is ready; False also when somebody rang."""
        poll = select.poll()
        poll.register(one, events)
        poll.register(self._waker, select.POLLIN)
        ready = dict(poll.poll(max(0.0, seconds) * 1000))
        if self._waker in ready:
            with suppress(BlockingIOError):
                os.read(self._waker, 4096)
        return one.fileno() in ready

    def _frames_of(self, octets: bytes) -> list[bytes]:
        frames: list[bytes] = []
        try:
            frames.extend(self._frames.feed(octets))
        except WrongPdu as wrong:
            self._wrong = wrong
        return frames

    def _receive(self) -> bytes:
        try:
            octets = self._open_socket().recv(RECEIVE_OCTETS)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError as error:
            raise LinkEnded(f"the connection broke: {error}") from error
        if not octets:
            raise LinkEnded("the SMSC closed the connection")
        return octets

    def _flush(self) -> None:
        while self._outgoing:
            try:
                taken = self._open_socket().send(bytes(self._outgoing[:CHUNK_OCTETS]))
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                # What the SMSC said before it went may still wait to be read; reading finds the end, and says it.
                self._outgoing.clear()
                return
            self.sent += taken
            del self._outgoing[:taken]

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise LinkEnded("the connection is closed")
        return self._socket
