"""The link between a root and one of its nodes: pickled messages in frames over a socket pair.

Each end is read by one thread; any thread may send. Nothing here waits longer than it is told to: what the other end
does not take stays in a buffer with a bound. Both ends are ours and on one machine, so pickle is safe here.
"""

import pickle
import select
import socket
import struct
import threading
from typing import Any

from supervision.node.errors import LinkFull, LinkLost

_LENGTH = struct.Struct(">I")
#: What may wait for an end that does not read, for instance because it is stopped.
MAX_UNSENT_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024


def pack(message: Any) -> bytes:
    """One frame. Raises what pickle raises when the message cannot travel."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Frames out of a stream cut anywhere. One thread."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete by now, in order."""
        self._buffer += data
        bodies = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            bodies.append(bytes(self._buffer[start + _LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        return bodies


class Link:
    """One end. `receive` belongs to one thread; `send` and `close` to any."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._unpacker = Unpacker()
        self._lock = threading.Lock()
        self._unsent = bytearray()
        self._poll = select.poll()

    @property
    def idle(self) -> bool:
        """Whether everything sent was taken by the other side."""
        return not self._unsent

    def send(self, message: Any) -> None:
        """Raises LinkLost, LinkFull, or what pickle raises."""
        frame = pack(message)
        with self._lock:
            if len(self._unsent) + len(frame) > MAX_UNSENT_BYTES:
                raise LinkFull(f"{len(self._unsent)} bytes wait already and nobody reads them")
            self._unsent += frame
            self._flush()

    def receive(self, timeout_seconds: float) -> list[Any]:
        """The messages there are, after waiting for the first at most so long. Raises LinkLost."""
        self._await(timeout_seconds)
        bodies: list[bytes] = []
        try:
            while data := self._end.recv(_CHUNK_BYTES):
                bodies += self._unpacker.feed(data)
        except BlockingIOError:
            return [pickle.loads(body) for body in bodies]
        except OSError as error:
            if not bodies:
                raise LinkLost(f"the link broke: {error}") from error
        if not bodies:
            raise LinkLost("the other end was closed")
        return [pickle.loads(body) for body in bodies]

    def close(self) -> None:
        with self._lock:
            self._end.close()

    def _await(self, timeout_seconds: float) -> None:
        with self._lock:
            number = self._end.fileno()
            if number < 0:
                raise LinkLost("this end was closed")
            self._flush(quiet=True)
            events = select.POLLIN if not self._unsent else select.POLLIN | select.POLLOUT
        self._poll.register(number, events)
        self._poll.poll(timeout_seconds * 1000)

    def _flush(self, quiet: bool = False) -> None:
        """Send as much as is taken now. The lock is held."""
        try:
            while self._unsent:
                del self._unsent[: self._end.send(self._unsent[:_CHUNK_BYTES])]
        except BlockingIOError:
            return
        except OSError as error:
            if not quiet:  # the reader will come to the end by itself, after what the other side said last
                raise LinkLost(f"the link broke: {error}") from error
