"""The measuring instruments of one actor, as OTP's `sys` has them: statistics, log, trace, debug functions.

They exist only while one of them is on, so an actor without them pays nothing. Everything here runs in the actor's own
thread, except `snapshot`, which any thread may read while the actor hangs. `debug.Debug` is how to order them.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from supervision.context import Context
from supervision.errors import Refusal
from supervision.events import Event
from supervision.viewing import view

if TYPE_CHECKING:
    from supervision.actor import Actor

Direction = Literal["in", "out"]

#: What a debug function returns to be removed.
DONE: Final = object()
NO_STATISTICS: Final = "no_statistics"
DEFAULT_EVENTS: Final = 10


@dataclass(frozen=True, slots=True)
class Passed:
    """A message passed an actor: `in` when it is taken up, `out` when it is answered. `number` counts from 1."""

    number: int
    at: float
    direction: Direction
    message: Any

    def as_dict(self) -> dict[str, Any]:
        """Plain, bounded values."""
        kind = type(self.message).__name__
        return {"number": self.number, "at": self.at, "direction": self.direction, "type": kind,
                "message": view(self.message)}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTraced(Event):
    """A message passed an actor that is being traced; `message` is its bounded view."""

    incarnation: int
    direction: Direction
    kind: str
    message: Any


#: debug function(its state, what passed, path of the actor) -> its new state, or DONE.
DebugFunction = Callable[[Any, Passed, str], Any]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """To an actor, on the system lane: answer this between two messages, suspended or not."""

    answer: "Callable[[Actor, Instruments], Any]"


class CallbackFailed(Refusal):
    """What the caller handed over raised in the actor's thread; the actor lives on as it was."""

    title = "The callback failed"


@dataclass(slots=True)
class Statistics:
    """Since `start_time`, seconds since the epoch. `messages_out` counts answers."""

    start_time: float
    messages_in: int = 0
    messages_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "start_time": self.start_time,
            "current_time": time.time(),
            "messages_in": self.messages_in,
            "messages_out": self.messages_out,
        }


@dataclass(slots=True)
class Instruments:
    """What is switched on at one actor. `log_until` is monotonic seconds; None for no end."""

    context: Context
    statistics: Statistics | None = None
    log: deque[Passed] | None = None
    log_until: float | None = None
    trace: bool = False
    functions: dict[DebugFunction, Any] = field(default_factory=dict)
    passed: int = 0

    @property
    def active(self) -> bool:
        return self.statistics is not None or self.log is not None or self.trace or bool(self.functions)

    def no_debug(self) -> None:
        """Everything off."""
        self.statistics, self.log, self.trace = None, None, False
        self.functions.clear()

    def start_log(self, last: int, seconds: float | None) -> None:
        """Keep the last `last` events; what is already kept stays."""
        self.log = deque(self.log or (), maxlen=last)
        self.log_until = None if seconds is None else time.monotonic() + seconds

    def install(self, function: DebugFunction, state: Any) -> None:
        """Twice is once: the state of a function already installed stays."""
        self.functions.setdefault(function, state)

    def remove(self, function: DebugFunction) -> None:
        """Taking out what is not in changes nothing."""
        self.functions.pop(function, None)

    def note(self, direction: Direction, message: Any) -> None:
        """A message passes. Never raises."""
        self.passed += 1
        event = Passed(self.passed, time.time(), direction, message)
        if self.statistics is not None:
            self.statistics.messages_in += direction == "in"
            self.statistics.messages_out += direction == "out"
        if self.log is not None:
            self._log(event)
        if self.trace:
            self._trace(event)
        for function in list(self.functions):
            self._call(function, event)

    def snapshot(self) -> dict[str, Any]:
        """What is on and what was seen, as plain values. Any thread."""
        statistics, log = self.statistics, self.log
        return {
            "statistics": NO_STATISTICS if statistics is None else statistics.as_dict(),
            "trace": self.trace,
            "functions": len(self.functions),
            "log": None if log is None else log.maxlen,
            "events": [] if log is None else [event.as_dict() for event in log.copy()],
        }

    def _trace(self, event: Passed) -> None:
        self.context.system.events.emit(
            MessageTraced(
                path=self.context.path,
                incarnation=self.context.incarnation,
                direction=event.direction,
                kind=type(event.message).__name__,
                message=view(event.message),
            )
        )

    def _log(self, event: Passed) -> None:
        assert self.log is not None
        if self.log_until is not None and time.monotonic() > self.log_until:
            self.log = None
        else:
            self.log.append(event)

    def _call(self, function: DebugFunction, event: Passed) -> None:
        """A function that raises is removed, as in OTP; the actor must not suffer from being looked at."""
        try:
            self.functions[function] = function(self.functions[function], event, self.context.path)
        except Exception:
            self.functions[function] = DONE
        if self.functions[function] is DONE:
            del self.functions[function]


def state_of(actor: "Actor") -> dict[str, Any]:
    """The actor's public attributes, themselves, without what every actor has. The actor's thread."""
    own = _own_names()
    return {name: value for name, value in vars(actor).items() if not name.startswith("_") and name not in own}


def replace_state(actor: "Actor", function: Callable[[dict[str, Any]], Any]) -> None:
    """Give the actor the public attributes that `function` makes of its present ones. The actor's thread.

    Raises CallbackFailed when it raises or returns no dict; then nothing was replaced.
    """
    before = state_of(actor)
    after = guarded(function, dict(before))
    if not isinstance(after, dict) or not all(isinstance(name, str) for name in after):
        raise CallbackFailed(f"replace_state must return a dict by attribute name, not {type(after).__name__}")
    for name in before.keys() - after.keys():
        delattr(actor, name)
    for name, value in after.items():
        setattr(actor, name, value)


def guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call what does not belong to the actor. Raises CallbackFailed."""
    try:
        return function(*arguments)
    except Exception as error:
        raise CallbackFailed(f"{type(error).__name__}: {error}") from error


@cache
def _own_names() -> frozenset[str]:
    from supervision.actor import Actor

    return frozenset(vars(Actor())) | {"context"}
