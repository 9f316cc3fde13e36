"""Why an incarnation ended. As in OTP, `normal`, `shutdown` and `(shutdown, detail)` are expected, all else is not.

Values only; any thread. Source: OTP `supervisor`, restart types.
"""

import traceback
from dataclasses import dataclass, field
from typing import Literal

Category = Literal["normal", "shutdown", "ignored", "crash", "injected", "stalled", "killed", "lost", "noproc"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Base of all reasons. `expected` tells whether a transient child stays down after it."""

    @property
    def expected(self) -> bool:
        return False

    @property
    def permanent(self) -> bool:
        """Whether the next start would end the same way until somebody changes something."""
        return False

    @property
    def category(self) -> Category:
        """One word of a closed set, fit for a metric label."""
        raise AssertionError(f"{type(self).__name__} has no category")


@dataclass(frozen=True, slots=True)
class Normal(Reason):
    """The actor ended by its own will."""

    @property
    def expected(self) -> bool:
        return True

    @property
    def category(self) -> Category:
        return "normal"

    def __str__(self) -> str:
        return "normal"


@dataclass(frozen=True, slots=True)
class Shutdown(Reason):
    """The actor was asked to stop, or stopped in an ordered way. With a `detail` it is OTP's `(shutdown, detail)`.

    A `note` is for people only: with and without it the reason is the same.
    """

    detail: str = ""
    note: str = field(default="", compare=False)

    @property
    def expected(self) -> bool:
        return True

    @property
    def category(self) -> Category:
        return "shutdown"

    def __str__(self) -> str:
        more = self.detail or self.note
        return f"shutdown ({more})" if more else "shutdown"


@dataclass(frozen=True, slots=True)
class Ignored(Reason):
    """`on_start` raised `Ignore`: no process, and that is fine."""

    @property
    def expected(self) -> bool:
        return True

    @property
    def category(self) -> Category:
        return "ignored"

    def __str__(self) -> str:
        return "ignored"


class Foreign(Exception):
    """An exception of another process, by its name and text: the object itself may not be able to travel."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Crashed(Reason):
    """An exception that was not a `Refusal`. Holds text, not frames: a kept traceback would keep its locals alive."""

    error: BaseException
    stack: str = ""
    injected: bool = False

    @classmethod
    def of(cls, error: BaseException, injected: bool = False) -> "Crashed":
        stack = "".join(traceback.format_exception(error))
        return cls(error.with_traceback(None), stack, injected)

    @property
    def permanent(self) -> bool:
        return getattr(self.error, "permanent", False) is True

    @property
    def category(self) -> Category:
        return "injected" if self.injected else "crash"

    def __str__(self) -> str:
        text = str(self.error)
        kind = self.error.kind if isinstance(self.error, Foreign) else type(self.error).__name__
        return f"{kind}: {text}" if text else kind


@dataclass(frozen=True, slots=True)
class Killed(Reason):
    """The supervisor stopped waiting. A thread cannot be killed, so the incarnation was fenced and left behind."""

    detail: str = ""
    injected: bool = False

    @property
    def category(self) -> Category:
        return "injected" if self.injected else "killed"

    def __str__(self) -> str:
        return f"killed ({self.detail})" if self.detail else "killed"


@dataclass(frozen=True, slots=True)
class Hung(Reason):
    """The watchdog saw one message take longer than the child's spec allows; its incarnation was replaced."""

    seconds: float
    injected: bool = False

    @property
    def category(self) -> Category:
        return "injected" if self.injected else "stalled"

    def __str__(self) -> str:
        return f"hung for {self.seconds:.1f} s in one message"


@dataclass(frozen=True, slots=True)
class Lost(Reason):
    """The process of a node ended, or had to be ended; `detail` says how: `SIGSEGV`, `exit code 3`, `no heartbeat`."""

    detail: str
    injected: bool = False

    @property
    def category(self) -> Category:
        return "injected" if self.injected else "lost"

    def __str__(self) -> str:
        return f"node lost: {self.detail}"


@dataclass(frozen=True, slots=True)
class NoProcess(Reason):
    """What a monitor hears when the path was not alive to begin with."""

    @property
    def category(self) -> Category:
        return "noproc"

    def __str__(self) -> str:
        return "noproc"


NORMAL = Normal()
SHUTDOWN = Shutdown()
IGNORED = Ignored()
KILLED = Killed()
NOPROC = NoProcess()


def portable(reason: Reason) -> Reason:
    """The same reason for another process, whatever exception it holds."""
    if isinstance(reason, Crashed) and not isinstance(reason.error, Foreign):
        return Crashed(Foreign(type(reason.error).__name__, str(reason.error)), reason.stack, reason.injected)
    return reason
