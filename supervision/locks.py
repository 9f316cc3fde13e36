"""A mutex per key, first come first served. Any thread; nobody waits without a deadline.

A thread that leaves the `with` gives the mutex back, whatever happened inside. An actor that is abandoned never leaves
it: named as the holder, it loses the mutex at that moment, and one that is abandoned while it waits is passed over.
"""

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supervision.errors import Fenced, RookeryError
from supervision.messages import Down

if TYPE_CHECKING:
    from supervision.actor import Actor


class LockTimeout(RookeryError):
    """Somebody else held the key all the time."""

    title = "The key stayed locked"
    status = 504


def ended(actor: "Actor") -> bool:
    """Whether this incarnation is gone, or given up by its supervisor. Any thread."""
    return actor.actor_stopped.is_set() or actor.context.fence.closed


@dataclass(slots=True, eq=False)
class _Turn:
    actor: "Actor | None"
    come: threading.Event = field(default_factory=threading.Event)


class KeyLocks:
    """The queue of each key: whoever is in front holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Hashable, deque[_Turn]] = {}

    @contextmanager
    def held(self, key: Hashable, actor: "Actor | None" = None, timeout: float = 5.0) -> Iterator[None]:
        """Wait for the turn at most `timeout` seconds and hold it for the `with`. Raises LockTimeout, Fenced."""
        turn = _Turn(actor)

        def leave(down: Down | None = None) -> None:
            self._leave(key, turn)

        if actor is not None and not actor.context.system.registry.watch(actor, leave):
            raise Fenced(f"{actor.context.path} has ended or was abandoned; it can hold no lock")
        try:
            self._queue_up(key, turn)
            if not turn.come.wait(timeout):
                raise LockTimeout(f"{key!r} was locked for {timeout:g} s", field="key")
            yield
        finally:
            leave()
            if actor is not None:
                actor.context.system.registry.unwatch(actor, leave)

    def _queue_up(self, key: Hashable, turn: _Turn) -> None:
        with self._lock:
            self._queues.setdefault(key, deque()).append(turn)
            self._call_next(key)

    def _leave(self, key: Hashable, turn: _Turn) -> None:
        """Twice is once: an abandoned holder that wakes up finds somebody else in front, or nobody."""
        with self._lock:
            queue = self._queues.get(key, deque())
            if turn in queue:
                queue.remove(turn)
                self._call_next(key)

    def _call_next(self, key: Hashable) -> None:
        queue = self._queues[key]
        while queue and queue[0].actor is not None and ended(queue[0].actor):
            queue.popleft()
        if queue:
            queue[0].come.set()
        else:
            del self._queues[key]
