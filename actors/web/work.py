"""Blocking work behind asynchronous routes: a bounded number of short-lived daemon threads, each with a deadline.

Made in the server actor's thread, used on the event loop. A thread cannot be stopped: when its caller's time is up the
caller gets WorkTimeout, and the thread keeps its place among the bound until it ends by itself.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from actors.web.errors import Busy, WorkTimeout

T = TypeVar("T")


class Work:
    """At most `limit` calls at a time; the next one is refused with Busy, never queued."""

    def __init__(self, limit: int, timeout_seconds: float) -> None:
        self.limit = limit
        self.timeout_seconds = timeout_seconds
        self.overdue = 0
        self._places = threading.BoundedSemaphore(limit)
        self._threads: set[threading.Thread] = set()

    async def run(self, call: Callable[[], T], *, name: str = "work", timeout_seconds: float | None = None) -> T:
        """Run `call` in a thread of its own and return or raise what it does.

        Raises Busy when all places are taken, WorkTimeout after `timeout_seconds` (default: the pool's).
        """
        if not self._places.acquire(blocking=False):
            raise Busy(f"{self.limit} calls are running already; try {name} again in a moment")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        thread = threading.Thread(target=self._work, args=(call, answer), name=f"web:{name}", daemon=True)
        self._threads.add(thread)
        thread.start()
        wait_seconds = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            async with asyncio.timeout(wait_seconds):
                return await answer
        except TimeoutError as error:
            if answer.done() and not answer.cancelled():
                raise
            self.overdue += 1
            raise WorkTimeout(f"{name} did not end within {wait_seconds:g} s; it may still take effect") from error

    def _work(self, call: Callable[[], T], answer: "asyncio.Future[T]") -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = call()
        except BaseException as caught:
            error = caught
        finally:
            self._threads.discard(threading.current_thread())
            self._places.release()
        _deliver(answer, result, error)

    def join(self, timeout_seconds: float) -> list[str]:
        """Wait for what still runs; returns the names of the threads that did not end in time."""
        deadline = time.monotonic() + timeout_seconds
        for thread in list(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name for thread in list(self._threads)]


def _deliver(answer: "asyncio.Future[T]", result: T | None, error: BaseException | None) -> None:
    def settle() -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        else:
            answer.set_result(result)  # type: ignore[arg-type]

    # The loop is closed when the server has stopped meanwhile; then nobody waits for this any more.
    with contextlib.suppress(RuntimeError):
        answer.get_loop().call_soon_threadsafe(settle)
