"""The window of unanswered requests, and the numbers they go by. Pure; belongs to one session.

A request whose answer did not come in time keeps its place: the SMSC may still be at work on it, and a link that gave
the place away could have more in doubt than its window. So at most `size` pieces of one connection are ever in doubt.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from actors.smpp.pdu import MAX_SEQUENCE


@dataclass(frozen=True, slots=True)
class Request:
    """One that was sent: `ticket` is the owner's name for it, times are monotonic seconds."""

    ticket: object
    sent_at: float
    due_at: float
    expired: bool = False


class Window:
    """Requests by their sequence number, oldest first."""

    def __init__(self, size: int, sequence: int = 0) -> None:
        self.size = size
        self._sequence = sequence
        self._requests: dict[int, Request] = {}
        self._expired = 0

    @property
    def room(self) -> int:
        return self.size - len(self._requests)

    @property
    def used(self) -> int:
        return len(self._requests)

    @property
    def waiting(self) -> int:
        """Those whose answer may still come in time."""
        return len(self._requests) - self._expired

    @property
    def lost(self) -> bool:
        """Half of the window waits in vain: this SMSC does not work any more, whatever it says to enquire_link."""
        return 2 * self._expired >= self.size

    def next_sequence(self) -> int:
        """1 to 0x7FFFFFFF and from there to 1 again; never that of a request which is open."""
        while True:
            self._sequence = self._sequence % MAX_SEQUENCE + 1
            if self._sequence not in self._requests:
                return self._sequence

    def add(self, ticket: object, now: float, patience_seconds: float) -> int:
        """The sequence number for a request that is sent now."""
        sequence = self.next_sequence()
        self._requests[sequence] = Request(ticket, now, now + patience_seconds)
        return sequence

    def take(self, sequence: int) -> Request | None:
        """It is answered. None: nobody asked."""
        request = self._requests.pop(sequence, None)
        if request is not None and request.expired:
            self._expired -= 1
        return request

    def expire(self, now: float) -> Iterator[Request]:
        """Those whose time is over, each once."""
        for sequence, request in self._requests.items():
            if not request.expired:
                if request.due_at > now:
                    return  # in the order of their times
                self._requests[sequence] = replace(request, expired=True)
                self._expired += 1
                yield request

    def due(self) -> float | None:
        """When the next one expires."""
        return next((one.due_at for one in self._requests.values() if not one.expired), None)

    def unanswered(self) -> Iterator[Request]:
        """Those that are neither answered nor expired."""
        return (request for request in self._requests.values() if not request.expired)
