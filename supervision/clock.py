"""Time, injected: what tells the time also wakes people up, so a test drives both with one hand.

`SystemClock` runs one daemon thread for all timers of a process; callbacks run in that thread and must be short (they
put a message into a mailbox). `supervision.testing.FakeClock` runs them in the thread that calls `advance`.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)


class Timer:
    """One callback in the future. `cancel` from any thread; a callback already running is not interrupted."""

    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def fire(self) -> None:
        """Run the callback once, if it was not cancelled; its errors are logged, the thread lives on."""
        callback, self.callback = self.callback, None
        if callback is not None:
            try:
                callback()
            except Exception:
                logger.exception("a timer's callback failed")


class Clock(Protocol):
    """What actors and supervisors know of time."""

    def monotonic(self) -> float:
        """Seconds that never go back: for windows, delays, deadlines."""

    def time(self) -> float:
        """Seconds since the epoch: for people."""

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back once, `seconds` from now."""

    def close(self) -> None:
        """Drop all timers; none fires afterwards."""


class SystemClock:
    """The real clock. Its thread starts with the first timer."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(time.monotonic() + seconds, callback)
        with self._condition:
            if self._closed:
                timer.cancel()
                return timer
            heapq.heappush(self._heap, (timer.due, next(self._order), timer))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
                self._thread.start()
            elif self._heap[0][2] is timer:
                self._condition.notify()
        return timer

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._heap.clear()
            self._condition.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)

    def _run(self) -> None:
        while (timer := self._next_due()) is not None:
            timer.fire()

    def _next_due(self) -> Timer | None:
        with self._condition:
            while not self._closed:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._condition.wait(wait)
        return None
