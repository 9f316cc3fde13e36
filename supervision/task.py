"""One function, run once, and the receipt that tells how it went.

The function runs in the thread of its own actor, which it reaches by `current()`: one that waits or loops should look
at `stopping` there or register a breaker, for a thread cannot be killed; one that does neither is abandoned in the end.

Not guaranteed: an abandoned function runs on. What it returns later is lost, but its effects are only held back where
it asks `current().check_fence()` before them.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from supervision.actor import Actor, Ignore, Stop
from supervision.errors import CallTimeout, Refusal, RookeryError
from supervision.messages import Down
from supervision.reasons import NORMAL, Crashed, Reason

_thread = threading.local()


class TaskFailed(RookeryError):
    """The task at `path` ended without a value; `reason` is its true ending, an exception of its own is the cause."""

    title = "A task failed"

    def __init__(self, path: str, reason: Reason) -> None:
        super().__init__(f"{path} failed: {reason}")
        self.path = path
        self.reason = reason


class TaskTimeout(CallTimeout):
    """The task did not end in time; it may still run."""


class Task:
    """A task that was started. Any thread reads it; one that belongs to an actor is awaited by that actor only.

    Attributes:
        owner: the actor that started it, if one did; it gets the task's `Down`, unless it awaits the task.
        withdrawn: whoever started it gave up before it ran; then it does not run.
        callers: the paths of the owner and of those on whose behalf the owner, a task itself, was started.
    """

    def __init__(self, owner: Actor | None = None, *, linked: bool = False, quiet: bool = False) -> None:
        self.owner = owner
        self.withdrawn = False
        self.path = ""
        self.callers: tuple[str, ...] = ()
        if owner is not None:
            inherited = owner.task.callers if isinstance(owner, TaskRun) and owner.task is not None else ()
            self.callers = (owner.context.path, *inherited)
        self.value: Any = None
        self.down: Down | None = None
        self._linked = linked
        self._quiet = quiet
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._listeners: list[Callable[[Task], object]] = []

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._ended.is_set()

    def await_(self, timeout: float = 5.0) -> Any:
        """The function's value, waiting at most `timeout` seconds. No message about the task arrives after this.

        Raises TaskFailed when it ended otherwise; TaskTimeout, and then the task runs on; RookeryError when another
        than the owner asks.
        """
        self._refuse_foreign()
        self._ended.wait(timeout)
        self.silence()
        if not self._ended.is_set():
            raise TaskTimeout(f"{self.path} has not ended within {timeout:g} s")
        return self.result()

    def result(self) -> Any:
        """The value of a task that is `done`. Raises TaskFailed, TaskTimeout when it is not."""
        if self.down is None:
            raise TaskTimeout(f"{self.path} has not ended yet")
        if self.down.reason != NORMAL:
            reason = self.down.reason
            raise TaskFailed(self.path, reason) from (reason.error if isinstance(reason, Crashed) else None)
        return self.value

    def when_done(self, listener: Callable[["Task"], object]) -> None:
        """Call `listener` once when it has ended, in the thread that learns it; at once when it has."""
        with self._lock:
            if self.down is None:
                self._listeners.append(listener)
                return
        listener(self)

    def ended(self, down: Down) -> None:
        """Called once by the registry of paths, when the actor of the task ended or was abandoned."""
        with self._lock:
            self.down = down
            if self.owner is not None and not self._quiet:
                self.owner.actor_inbox.put_system(down)
        self._ended.set()
        if self._linked and self.owner is not None and not down.reason.expected:
            self.owner.request_stop(down.reason)
        for listener in self._listeners:
            listener(self)

    def unlink(self) -> None:
        """From here on the end of the task is not the owner's."""
        self._linked = False

    def silence(self) -> None:
        """From here on the owner hears nothing of the task, and what it has not looked at yet is taken back."""
        with self._lock:
            self._quiet, down = True, self.down
        if self.owner is not None and down is not None:
            self.owner.actor_inbox.receive(lambda message: message is down, timeout=0.0)

    def _refuse_foreign(self) -> None:
        if self.owner is not None and self.owner.thread is not threading.current_thread():
            raise RookeryError(f"only {self.callers[0]} may await {self.path}, which it started")


class TaskRun(Actor):
    """The actor that a task is: runs its function as its one message and ends."""

    def __init__(self, task: Task | None, function: Callable[[], Any]) -> None:
        super().__init__()
        self.task = task
        self.function = function
        #: Set when the task is asked to end; a function that waits may wait for this.
        self.stopping = threading.Event()

    def on_start(self) -> None:
        if self.task is not None:
            self.task.path = self.context.path
            if self.task.withdrawn:
                raise Ignore
            self.context.system.registry.watch(self, self.task.ended)
        self.actor_inbox.put_unbounded(_Run())

    def on_receive(self, message: Any) -> Any:
        if not isinstance(message, _Run):
            return super().on_receive(message)
        _thread.run = self
        try:
            value = self.function()
        except Refusal as refusal:
            raise Stop(Crashed.of(refusal)) from refusal  # nobody asked, so it is no answer
        if self.task is not None:
            self.task.value = value
        raise Stop(NORMAL)

    def inspect(self) -> Any:
        """Its arguments are left out: they may hold secrets or megabytes."""
        callers = self.task.callers if self.task is not None else ()
        return {"function": _name(self.function), "callers": callers, "stopping": self.stopping.is_set()}

    def request_stop(self, reason: Reason) -> None:
        """As for any actor; beforehand `stopping` is set. Any thread."""
        self.stopping.set()
        super().request_stop(reason)


class _Run:
    """To a task: now."""


def _name(function: Callable[..., Any]) -> str:
    inner = function.func if isinstance(function, partial) else function
    return getattr(inner, "__qualname__", type(inner).__name__)


def current() -> TaskRun | None:
    """The task in whose thread this is called."""
    return getattr(_thread, "run", None)
