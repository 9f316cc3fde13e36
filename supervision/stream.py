"""A function over many items, some tasks at once, the outcomes one by one: the way a stream of tasks is kept.

Runs in the thread that iterates; while nobody asks for the next outcome nothing is started, killed or counted, but what
was started goes on.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from supervision.errors import SpecError
from supervision.reasons import Killed, Reason
from supervision.task import Task, TaskFailed, TaskTimeout

OnTimeout = Literal["exit", "kill_task"]


@dataclass(frozen=True, slots=True)
class Ok:
    """`function(item)` returned `value`."""

    item: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Exit:
    """The task for `item` ended without a value."""

    item: Any
    reason: Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """See `Tasks.async_stream`. Raises SpecError when a value makes no sense."""

    max_concurrency: int
    ordered: bool
    timeout_seconds: float
    on_timeout: OnTimeout

    def __post_init__(self) -> None:
        if type(self.max_concurrency) is not int or self.max_concurrency < 1:
            message = "must be a whole number >= 1"
            raise SpecError("invalid_max_concurrency", self.max_concurrency, message, field="max_concurrency")
        if not 0 < self.timeout_seconds <= threading.TIMEOUT_MAX:
            raise SpecError("invalid_timeout", self.timeout_seconds, "must be seconds > 0", field="timeout")
        if self.on_timeout not in ("exit", "kill_task"):
            raise SpecError("invalid_on_timeout", self.on_timeout, "must be exit or kill_task", field="on_timeout")


@dataclass(slots=True, eq=False)
class _Slot:
    item: Any
    task: Task
    deadline: float
    outcome: Ok | Exit | None = None


def stream(
    items: Iterable[Any], begin: Callable[[Any], Task], kill: Callable[[Iterable[Task]], object], limits: Limits
) -> Iterator[Ok | Exit]:
    """The outcomes of `begin(item)` for each item; `kill` is told of tasks that nobody waits for any more."""
    window = _Window(iter(items), begin, kill, limits)
    try:
        while window.fill():
            slot = window.ready()
            if slot is None:
                window.wait()
            else:
                yield window.take(slot)
    finally:
        kill(slot.task for slot in window.slots if slot.outcome is None)


class _Window:
    """The tasks whose outcome was not handed out yet, in the order of their items."""

    def __init__(
        self,
        items: Iterator[Any],
        begin: Callable[[Any], Task],
        kill: Callable[[Iterable[Task]], object],
        limits: Limits,
    ) -> None:
        self.slots: deque[_Slot] = deque()
        self._items, self._begin, self._kill, self._limits = items, begin, kill, limits
        self._more = True
        self._ended: queue.SimpleQueue[_Slot] = queue.SimpleQueue()

    def fill(self) -> bool:
        """Start what may be started; whether there is anything to wait for or to hand out."""
        while self._more and len(self.slots) < self._limits.max_concurrency:
            try:
                item = next(self._items)
            except StopIteration:
                self._more = False
            else:
                self._start(item)
        return bool(self.slots)

    def ready(self) -> _Slot | None:
        """The next to hand out, if its outcome is known."""
        candidates = [self.slots[0]] if self._limits.ordered else self.slots
        return next((slot for slot in candidates if slot.outcome is not None), None)

    def take(self, slot: _Slot) -> Ok | Exit:
        assert slot.outcome is not None
        self.slots.remove(slot)
        return slot.outcome

    def wait(self) -> None:
        """Until one more has ended, or is overdue."""
        deadline = min(slot.deadline for slot in self.slots if slot.outcome is None)
        try:
            slot = self._ended.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self._give_up([slot for slot in self.slots if slot.outcome is None and slot.deadline <= deadline])
        else:
            slot.outcome = slot.outcome or _outcome(slot)

    def _start(self, item: Any) -> None:
        slot = _Slot(item, self._begin(item), time.monotonic() + self._limits.timeout_seconds)
        self.slots.append(slot)
        slot.task.when_done(lambda _: self._ended.put(slot))

    def _give_up(self, overdue: list[_Slot]) -> None:
        seconds = self._limits.timeout_seconds
        if self._limits.on_timeout == "exit":
            raise TaskTimeout(f"{overdue[0].task.path} has not ended within {seconds:g} s")
        self._kill(slot.task for slot in overdue)
        for slot in overdue:
            slot.outcome = Exit(slot.item, Killed(f"timeout after {seconds:g} s"))


def _outcome(slot: _Slot) -> Ok | Exit:
    try:
        return Ok(slot.item, slot.task.result())
    except TaskFailed as failed:
        return Exit(slot.item, failed.reason)
