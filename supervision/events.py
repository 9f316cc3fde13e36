"""What happened in the tree: a closed set of events and the one hook through which everybody hears of them.

Logging, metrics, the console and tests all subscribe to the same `EventHub`. Events are emitted in the thread in which
the thing happened (mostly a supervisor's); a subscriber must be quick and may not raise: if it does, the error is
logged and counted, and the emitter goes on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from supervision.reasons import Reason

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened at `path`, at `at` (seconds since the epoch)."""

    #: False for what happens all the time: it is not logged and does not leave its process.
    notable: ClassVar[bool] = True

    path: str
    at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStarted(Event):
    """`on_start` returned: the child serves messages. `restarts` counts all restarts of this child so far."""

    incarnation: int
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildExited(Event):
    """An incarnation ended. `restart_in` is None when it stays down; `budget_left` is the supervisor's, afterwards."""

    incarnation: int
    reason: Reason
    restart_in: float | None
    budget_left: int
    started: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStopped(Event):
    """The child was stopped: by order, in a group restart, with its supervisor. OTP reports it unless `orderly`."""

    incarnation: int
    reason: Reason
    orderly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildAbandoned(Event):
    """The child did not stop in time: fenced, counted as a zombie, left behind. `stack` shows where it hangs."""

    incarnation: int
    waited_seconds: float
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildParked(Event):
    """The limit was reached and the supervisor keeps the child down (state FAILED) instead of giving up itself."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached(Event):
    """Supervisor `path` gives up: `child` asked for one restart too many within `period_seconds`."""

    child: str
    intensity: int
    period_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLost(Event):
    """The process `pid` of node `path` ended without being told to, or had to be killed."""

    incarnation: int
    pid: int
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter(Event):
    """A message had no taker: refused by its receiver with nobody to tell, or for a path where nobody runs."""

    message: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultInjected(Event):
    """Somebody broke this on purpose: fault number `fault` of `kind` struck, or would have if it were not `leashed`."""

    incarnation: int
    fault: int
    kind: str
    leashed: bool = False


class EventHub:
    """Fans each event out to all subscribers. Subscribing and emitting are safe from any thread."""

    def __init__(self) -> None:
        self._subscribers: tuple[Callable[[Event], None], ...] = ()
        self.failures = 0

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Call `subscriber` with every further event; the returned function ends that."""
        self._subscribers += (subscriber,)

        def unsubscribe() -> None:
            self._subscribers = tuple(known for known in self._subscribers if known is not subscriber)

        return unsubscribe

    def emit(self, event: Event) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception:
                self.failures += 1
                logger.exception("a subscriber failed on %s", type(event).__name__)
