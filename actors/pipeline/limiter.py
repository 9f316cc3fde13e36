"""How many messages may leave a pipeline's producers. Any thread: all producers of a pipeline share one limiter.

`Limiter` is the port; `FixedWindow` the simplest one: so many messages per interval, and at its end the whole budget
anew. Nothing is carried over, so twice the budget may pass around a boundary; `rates` has limits that hold for every
window, for all machines, and per key.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from actors.pipeline.errors import WrongOption
from actors.pipeline.message import Message

OPTIONS = ("allowed_messages", "interval_seconds", "reset")


@dataclass(frozen=True, slots=True)
class Admission:
    """What may leave now, and what has to wait, both in order; and when to ask again (seconds from now)."""

    passed: Sequence[Message]
    held: Sequence[Message] = ()
    retry_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RateLimiting:
    """At most `allowed_messages` per `interval_seconds`."""

    allowed_messages: int
    interval_seconds: float


class Limiter(Protocol):
    """Takes part of a list, or all of it, or nothing. What it holds back is offered again, in front of what came since.

    Messages are only looked at; `now` is monotonic seconds. It must not block for long: it runs in the producer.
    """

    def admit(self, messages: Sequence[Message], now: float) -> Admission: ...

    def read(self) -> RateLimiting: ...

    def update(self, now: float, **changes: Any) -> None:
        """Take `allowed_messages` and `interval_seconds` from the next window on; at once with `reset=True`.

        Raises WrongOption.
        """


class FixedWindow:
    """The total over all producers never exceeds the budget of the window."""

    def __init__(self, allowed_messages: int, interval_seconds: float, now: float) -> None:
        self._lock = threading.Lock()
        self._next = self._rate = RateLimiting(allowed_messages, interval_seconds)
        self._left = allowed_messages
        self._began = now

    def admit(self, messages: Sequence[Message], now: float) -> Admission:
        with self._lock:
            self._turn(now)
            granted = min(self._left, len(messages))
            self._left -= granted
            if granted == len(messages):
                return Admission(messages)
            wait = self._began + self._rate.interval_seconds - now
        return Admission(messages[:granted], messages[granted:], max(0.0, wait))

    def read(self) -> RateLimiting:
        with self._lock:
            return self._next

    def update(self, now: float, **changes: Any) -> None:
        check_changes(changes)
        reset = changes.pop("reset", False)
        with self._lock:
            self._turn(now)
            known = self._next
            self._next = RateLimiting(
                changes.get("allowed_messages", known.allowed_messages),
                changes.get("interval_seconds", known.interval_seconds),
            )
            if reset:
                self._open(now)

    def _turn(self, now: float) -> None:
        """Open the window that `now` lies in, unless it is open already."""
        passed = now - self._began
        if passed >= self._rate.interval_seconds:
            self._open(self._began + passed // self._rate.interval_seconds * self._rate.interval_seconds)

    def _open(self, began: float) -> None:
        self._rate, self._began, self._left = self._next, began, self._next.allowed_messages


def check_changes(changes: dict[str, Any]) -> None:
    """Raises WrongOption unless these are options of `update` with sensible values."""
    for name, value in changes.items():
        if name not in OPTIONS:
            raise WrongOption(f"rate_limiting has no option {name!r}; it has {', '.join(OPTIONS)}", field=name)
        if name == "reset":
            wrong = not isinstance(value, bool)
        elif name == "allowed_messages":
            wrong = type(value) is not int or value < 1
        else:
            wrong = isinstance(value, bool) or not isinstance(value, int | float) or value <= 0
        if wrong:
            raise WrongOption(f"rate_limiting.{name}: {value!r} is not a valid value", field=name)
