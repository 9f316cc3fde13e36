"""Transactional steps go first in a process: who works on bulk waits a moment while one of them is under way.

Threads of a process share one interpreter, and a database query or a confirm of the broker is answered long before its
thread gets to hear of it when others compute. Bulk that waits for a few milliseconds takes none of its own work back;
it never waits longer than `MOMENT_SECONDS` at a time, so a steady stream of resets slows it down but never stops it.
Any thread.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from supervision import System

MOMENT_SECONDS = 0.02


class Precedence:
    """One per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps = 0
        self._clear = threading.Event()
        self._clear.set()

    @contextmanager
    def turn(self, *, bulk: bool) -> Iterator[None]:
        """Work of either kind is done inside."""
        if bulk:
            self.give_way()
            yield
        else:
            with self.step():
                yield

    @contextmanager
    def step(self) -> Iterator[None]:
        """Something transactional is under way inside."""
        with self._lock:
            self._steps += 1
            self._clear.clear()
        try:
            yield
        finally:
            with self._lock:
                self._steps -= 1
                if not self._steps:
                    self._clear.set()

    def give_way(self) -> bool:
        """Before a piece of bulk work; whether the way was clear in the end."""
        return self._clear.wait(MOMENT_SECONDS)


_known: WeakKeyDictionary[System, Precedence] = WeakKeyDictionary()
_lock = threading.Lock()


def precedence_of(system: System) -> Precedence:
    """That of this process."""
    with _lock:
        return _known.setdefault(system, Precedence())
