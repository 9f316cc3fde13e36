"""The two-lane, closable mailbox of one actor.

Many threads put, one thread (the actor's) takes. System messages overtake user messages; the user lane is bounded; once
closed nothing is taken in and nothing already in is forgotten: `close` hands back what was waiting, each item once.

An item of the user lane is a message, or an `Envelope` around one whose sender awaits an answer. It travels through a
`queue.SimpleQueue`, whose put and get are single C calls; a system message goes to a deque and sends a wake token.

Not guaranteed: the bound is a limit at the moment of the put; racing senders may overshoot it by their own number.
"""

import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

from pykka import ActorDeadError
from pykka._envelope import Envelope

from supervision.errors import MailboxFull

_WAKE: Final = object()


def message_of(item: Any) -> Any:
    """The message itself, without the envelope it may have come in."""
    return item.message if isinstance(item, Envelope) else item


class ItemQueue(Protocol):
    """What the user lane travels through: `queue.SimpleQueue`, or what a `Reactor` sleeps in."""

    def put(self, item: Any) -> None: ...
    def get(self, *, timeout: float | None = None) -> Any: ...
    def get_nowait(self) -> Any: ...
    def qsize(self) -> int: ...
    def empty(self) -> bool: ...


class Mailbox:
    """Pykka's inbox protocol (`put`, `get`, `empty`) plus the system lane, the bound, selective receive and `close`."""

    # The bound methods are kept because looking them up again costs a tenth of a put.
    __slots__ = ("_closed", "_filled", "_held", "_put", "_queue", "_size", "_system", "bound")

    def __init__(self, bound: int, queue: ItemQueue | None = None) -> None:
        self.bound = bound
        self._filled = 0
        self._queue: ItemQueue = SimpleQueue() if queue is None else queue
        self._put = self._queue.put
        self._size = self._queue.qsize
        self._system: deque[Any] = deque()
        self._held: deque[Any] = deque()
        self._closed = False

    # --- any thread ---------------------------------------------------------------------------------

    def put(self, item: Any) -> None:
        """Append to the user lane.

        Raises:
            MailboxFull: the lane is at its bound.
            pykka.ActorDeadError: the mailbox is closed.
        """
        if self._size() >= self.bound:
            bound = self._filled or self.bound
            raise MailboxFull(f"the mailbox holds {bound} messages already; slow down or ask again later")
        if self._closed:
            raise ActorDeadError("the actor has ended")
        self._put(item)
        # Between the check and the put the owner may have closed and drained. Then nobody would ever look at this
        # item, and its asker would hang. So whoever sees `_closed` after its put drains too; SimpleQueue gives each
        # item to exactly one of the drains.
        if self._closed:
            self._fail_late()

    def put_unbounded(self, item: Any) -> None:
        """Append to the user lane past the bound: for an actor's own timers, which nobody could retry."""
        if self._closed:
            raise ActorDeadError("the actor has ended")
        self._put(item)
        if self._closed:
            self._fail_late()

    def put_system(self, message: Any) -> bool:
        """Append to the system lane, which has no bound; False when the mailbox is closed."""
        if self._closed:
            return False
        self._system.append(message)
        self._put(_WAKE)
        return True

    def depth(self) -> tuple[int, int]:
        """Messages waiting now, as (system, user). Wake tokens count as user messages for the moment they live."""
        system = len(self._system)
        return system, max(self._filled, self._size() - system) + len(self._held)

    def fill(self) -> None:
        """Count as full, whatever is in it, until `unfill`: a fault on purpose. What waits is still served."""
        if not self._filled:
            self._filled, self.bound = self.bound, 0

    def unfill(self) -> None:
        if self._filled:
            self.bound, self._filled = self._filled, 0

    @property
    def closed(self) -> bool:
        return self._closed

    # --- the owner's thread -------------------------------------------------------------------------

    def get(self, timeout: float | None = None) -> Any:
        """Take the next item, system lane first. Raises `queue.Empty` after `timeout` seconds."""
        while True:
            if self._system:
                return self._system.popleft()
            if self._held:
                return self._held.popleft()
            item = self._queue.get(timeout=timeout)
            if item is _WAKE:
                continue
            if self._system:
                self._held.append(item)
                continue
            return item

    def receive(self, match: Callable[[Any], bool], timeout: float | None) -> Any | None:
        """Selective receive on the system lane: take the first matching message, leave the rest in order.

        Returns None after `timeout` seconds (None waits for ever). User messages stay queued meanwhile.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        seen = 0
        while True:
            # Only this thread removes, others append on the right: indexes below len() stay valid.
            for index in range(seen, len(self._system)):
                message = self._system[index]
                if match(message):
                    del self._system[index]
                    return message
                seen = index + 1
            try:
                item = self._queue.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
            except Empty:
                return None
            if item is not _WAKE:
                self._held.append(item)

    def take(self, match: Callable[[Any], bool], limit: int) -> list[Any]:
        """Take up to `limit` further user items at once, without waiting, as long as their messages match."""
        taken: list[Any] = []
        while len(taken) < limit:
            if not self._held:
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
                if item is _WAKE:
                    continue
                self._held.append(item)
            if not match(message_of(self._held[0])):
                break
            taken.append(self._held.popleft())
        return taken

    def close(self) -> list[Any]:
        """Refuse further messages and hand back the items that were waiting, system lane first."""
        self._closed = True
        waiting = list(self._system) + list(self._held)
        self._system.clear()
        self._held.clear()
        return waiting + self._drain()

    def empty(self) -> bool:
        return not (self._system or self._held or not self._queue.empty())

    # --- either -------------------------------------------------------------------------------------

    def _drain(self) -> list[Any]:
        drained: list[Any] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return drained
            if item is not _WAKE:
                drained.append(item)

    def _fail_late(self) -> None:
        for item in self._drain():
            answer_dead(item)


def answer_dead(item: Any) -> None:
    """Tell the asker, if there is one, that its message was never handled."""
    if isinstance(item, Envelope) and item.reply_to is not None:
        error = ActorDeadError("the actor ended before it handled the message")
        item.reply_to.set_exception((ActorDeadError, error, None))
