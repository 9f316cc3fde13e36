"""An actor whose thread waits in an event loop: for the owner of a connection that must be served while nobody writes.

The mailbox of such an actor does not sleep in its queue. As long as nothing waits there, its thread runs `pump`, which
serves the connection; whoever puts a message wakes it. So one thread owns the connection and the mailbox (the Reactor
pattern; in Erlang, an active socket), and no second thread ever touches the connection.

Not guaranteed: that I/O is served while one message is handled. Between messages it is, at least every `TURN_SECONDS`.
"""

import time
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from supervision.actor import Actor
from supervision.mailbox import Mailbox

#: A busy mailbox lets the loop have a turn this often: far below any heartbeat.
TURN_SECONDS = 0.05
#: The longest sleep in one turn, so that a lost wake-up costs a moment and not for ever.
LONGEST_PAUSE_SECONDS = 1.0


class Loop(Protocol):
    """What is served while the mailbox is empty."""

    def pump(self, timeout_seconds: float) -> None:
        """Serve I/O until some was served, `wake` was called, or the time is over; 0 only serves what is ready.

        Runs in the actor's thread. What it raises is a crash of the actor.
        """

    def wake(self) -> None:
        """Make a `pump` that sleeps, or is just about to sleep, return soon. Any thread; does not raise."""


class Reactor(Actor):
    """Call `attach` once the connection is open, usually at the end of `on_start`."""

    actor_inbox: "PumpedMailbox"

    def attach(self, loop: Loop) -> None:
        """From now on this actor waits in `loop`."""
        self.actor_inbox.queue.loop = loop

    def detach(self) -> None:
        """Wait in the mailbox again: the connection is gone."""
        self.actor_inbox.queue.loop = None

    @classmethod
    def _create_actor_inbox(cls) -> "PumpedMailbox":
        return PumpedMailbox(cls.mailbox_bound)


class PumpedMailbox(Mailbox):
    """A mailbox whose owner sleeps in a loop."""

    __slots__ = ("queue",)

    def __init__(self, bound: int) -> None:
        self.queue = PumpedQueue()
        super().__init__(bound, self.queue)


class PumpedQueue:
    """In the place of the mailbox's `SimpleQueue`: its owner sleeps in a loop instead of in `get`."""

    def __init__(self) -> None:
        self._items: SimpleQueue[Any] = SimpleQueue()
        self.loop: Loop | None = None
        self._asleep = False
        self._turn_at = 0.0
        self.qsize = self._items.qsize
        self.empty = self._items.empty
        self.get_nowait = self._items.get_nowait

    def put(self, item: Any) -> None:
        """Append, and wake the owner if it sleeps in its loop. Any thread."""
        self._items.put(item)
        loop = self.loop
        if self._asleep and loop is not None:
            loop.wake()

    def get(self, timeout: float | None = None) -> Any:
        """The next item. Raises `queue.Empty` after `timeout` seconds. The owner's thread."""
        if self.loop is None:
            return self._items.get(timeout=timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            self._take_turn()
            try:
                return self._items.get_nowait()
            except Empty:
                self._sleep(end)

    def _take_turn(self) -> None:
        """However full the mailbox is, heartbeats are answered."""
        now = time.monotonic()
        if now >= self._turn_at:
            self._turn_at = now + TURN_SECONDS
            self._pump(0.0)

    def _sleep(self, end: float | None) -> None:
        now = time.monotonic()
        if end is not None and now >= end:
            raise Empty
        pause = LONGEST_PAUSE_SECONDS if end is None else min(LONGEST_PAUSE_SECONDS, end - now)
        # The order matters: whoever puts after we looked sees `_asleep` and wakes us; whoever put before is seen here.
        self._asleep = True
        try:
            if self._items.empty():
                self._pump(pause)
        finally:
            self._asleep = False
        self._turn_at = time.monotonic() + TURN_SECONDS

    def _pump(self, timeout_seconds: float) -> None:
        if self.loop is not None:
            self.loop.pump(timeout_seconds)
