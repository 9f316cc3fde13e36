"""One client of the control socket: bytes in, lines out, one request at a time. Root's main thread; never blocks."""

import selectors
import socket
from dataclasses import dataclass, field

from supervision.control.wire import MAX_REQUEST_BYTES, BadRequest

READ_BYTES = 1 << 16


@dataclass(eq=False, slots=True)
class Connection:
    """State of one client.

    Attributes:
        answering: a request was taken and its reply is not there yet.
        outgoing: what the client has yet to take; while there is any, nothing further is read or answered.
        finished: the client has sent all it will ever send.
        quiet_since: monotonic seconds since when neither side has moved a byte.
    """

    socket: socket.socket
    quiet_since: float
    received: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    answering: bool = False
    finished: bool = False

    def read(self, now: float) -> None:
        """Take what has arrived. Raises OSError when the client is gone, BadRequest when a line grows too long."""
        try:
            part = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        self.quiet_since = now
        self.finished = not part
        self.received += part
        if len(self.received) > MAX_REQUEST_BYTES and b"\n" not in self.received:
            raise BadRequest(f"a request may have at most {MAX_REQUEST_BYTES} bytes")

    def write(self, now: float) -> None:
        """Send what the client takes. Raises OSError when it is gone."""
        try:
            sent = self.socket.send(self.outgoing)
        except BlockingIOError:
            return
        self.quiet_since = now
        del self.outgoing[:sent]

    def next_line(self) -> bytes | None:
        """The next request, if one is complete and nothing is owed for the one before. Empty lines are passed over."""
        while not self.answering and not self.outgoing:
            line, newline, rest = self.received.partition(b"\n")
            if not newline:
                return None
            self.received = rest
            if line.strip():
                return bytes(line)
        return None

    def reply(self, line: bytes) -> None:
        self.answering = False
        self.outgoing += line

    @property
    def done(self) -> bool:
        """Nothing more will come and nothing is owed."""
        return self.finished and not self.answering and not self.outgoing

    @property
    def interest(self) -> int:
        """What the selector should wait for; 0 for nothing."""
        reads = not self.answering and not self.outgoing and not self.finished
        return (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if self.outgoing else 0)
