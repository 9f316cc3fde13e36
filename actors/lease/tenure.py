"""One grant as its holder counts it: on clocks of its own, from before it asked. Any thread.

`Lost` is told once, by whoever notices first: a timer at the deadline, the lease's actor, or its end.
"""

import threading
from collections.abc import Callable

from actors.lease.messages import Held, Lost
from supervision.clock import Clock, Timer


class Tenure:
    """`tell` must be short: at the deadline it runs in the clock's thread."""

    def __init__(self, held: Held, clock: Clock, tell: Callable[[Lost], object]) -> None:
        self.held = held
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._over = False
        self._timer = self._set()

    def renewed(self, held: Held) -> bool:
        """A later deadline. False when the former one has passed: then it is over, whatever the database says."""
        with self._lock:
            if self._over or not self.held.is_good(self._clock):
                return False
            self._timer.cancel()
            self.held = held
            self._timer = self._set()
            return True

    def end(self, reason: str) -> Lost | None:
        """It is over: what the subscriber has to be told, or None when it was told already."""
        with self._lock:
            if self._over:
                return None
            self._over = True
            self._timer.cancel()
        return Lost(self.held.name, self.held.epoch, reason)

    def _set(self) -> Timer:
        return self._clock.after(max(0.0, self.held.deadline - self._clock.monotonic()), self._expire)

    def _expire(self) -> None:
        with self._lock:
            if self._over or self._clock.monotonic() < self.held.deadline:
                return
        lost = self.end("it was not renewed in time")
        if lost is not None:
            self._tell(lost)
