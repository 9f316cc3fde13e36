"""What tests of actors need: a clock one turns by hand, a probe, a running system that cleans up after itself.

Tests never sleep: they wait for an event with a timeout, or advance the clock.
"""

import queue
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from supervision.actor import Actor
from supervision.clock import Timer
from supervision.events import Event
from supervision.launch import Launched, launch
from supervision.reasons import SHUTDOWN
from supervision.spec import ChildSpec
from supervision.supervisor import Supervisor
from supervision.system import System

T = TypeVar("T")

#: Seconds any wait in a test may take before it is a failure.
PATIENCE_SECONDS = 10.0


class FakeClock:
    """Time stands still until `advance`; due timers fire in the thread that advances, in order."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start
        self._timers: list[Timer] = []
        self._changed = threading.Condition()

    def monotonic(self) -> float:
        return self._now

    def time(self) -> float:
        return self._now

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self._now + seconds, callback)
        with self._changed:
            self._timers.append(timer)
            self._changed.notify_all()
        return timer

    def close(self) -> None:
        with self._changed:
            self._timers.clear()

    def wait_for_timers(self, count: int = 1, timeout: float = PATIENCE_SECONDS) -> None:
        """Block until at least `count` timers are pending."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._pending()) >= count, timeout):
                raise AssertionError(f"{len(self._pending())} timers pending, expected {count}")

    def next_due(self) -> float | None:
        """Seconds until the next pending timer."""
        with self._changed:
            pending = self._pending()
            return min(timer.due for timer in pending) - self._now if pending else None

    def advance(self, seconds: float) -> None:
        """Move on, firing what falls due on the way, each at its own time."""
        end = self._now + seconds
        while (timer := self._pop_due(end)) is not None:
            self._now = max(self._now, timer.due)
            timer.fire()
        self._now = end

    def _pending(self) -> list[Timer]:
        return [timer for timer in self._timers if timer.callback is not None]

    def _pop_due(self, end: float) -> Timer | None:
        with self._changed:
            due = sorted((timer for timer in self._pending() if timer.due <= end), key=lambda timer: timer.due)
            if not due:
                return None
            self._timers.remove(due[0])
            return due[0]


class Inbox:
    """Collects things from any thread and lets a test wait for the one it expects."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()
        self.seen: list[Any] = []

    def put(self, thing: Any) -> None:
        self._queue.put(thing)

    def expect(
        self, kind: type[T], where: Callable[[T], bool] = lambda _: True, timeout: float = PATIENCE_SECONDS
    ) -> T:
        """The next thing of `kind` for which `where` holds; others are passed over (and kept in `seen`)."""
        while True:
            try:
                thing = self._queue.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"no {kind.__name__} within {timeout} s; seen: {self.seen}") from None
            self.seen.append(thing)
            if isinstance(thing, kind) and where(thing):
                return thing

    def nothing_more(self) -> bool:
        return self._queue.empty()


class Probe(Actor):
    """An actor that puts whatever it receives into an `Inbox` of the test's."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.inbox = inbox

    def on_receive(self, message: Any) -> Any:
        self.inbox.put(message)


class Running:
    """A system with a root supervisor over the given children, as long as the `with` lasts."""

    def __init__(self, system: System, root: Launched, events: Inbox) -> None:
        self.system = system
        self.root = root
        self.events = events

    def wait_state(self, path: str, state: str, restarts: int | None = None, timeout: float = PATIENCE_SECONDS) -> None:
        """Block until the child at `path` is in `state` (after so many `restarts`), by short looks at the snapshot."""
        pause = threading.Event()
        for _ in range(int(timeout / 0.005)):
            row = self.system.tree.get(path)
            if row is not None and row.state == state and restarts in (None, row.restarts):
                return
            pause.wait(0.005)
        raise AssertionError(f"{path} is {self.system.whereis(path)}, expected {state}")


@contextmanager
def running(*children: ChildSpec, clock: Any = None, **flags: Any) -> Iterator[Running]:
    """Start `children` under a root supervisor; stop it afterwards and fail if it does not stop or a thread is left."""
    system = System(clock=clock, rng=random.Random(0))
    events = Inbox()
    unsubscribe: Callable[[], None] = system.events.subscribe(lambda event: _collect(events, event))
    root = launch(system, Supervisor.spec("root", children, **flags))
    try:
        root.wait_started(PATIENCE_SECONDS)
        yield Running(system, root, events)
    finally:
        root.stop(SHUTDOWN)
        reason = root.wait(PATIENCE_SECONDS)
        unsubscribe()
        system.close()
        assert reason is not None, "the root supervisor did not stop"
        assert not system.tree.zombies(), f"left behind: {system.tree.zombies()}"


def _collect(events: Inbox, event: Event) -> None:
    events.put(event)
