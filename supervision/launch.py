"""Starting a tree from outside any tree: the root process and tests stand where a supervisor would stand.

`Launched` may be used from any thread; it hears `Started` and `Down` of the topmost actor in that actor's thread.
"""

import os
import threading

from supervision.actor import spawn
from supervision.calls import AlreadyStarted
from supervision.context import Context
from supervision.errors import StartFailed
from supervision.messages import Down, Started
from supervision.reasons import IGNORED, SHUTDOWN, Crashed, Reason
from supervision.spec import ChildSpec, check_childspec
from supervision.system import System
from supervision.tree import Row, State


class Launched:
    """The topmost actor of a system. `path` is `/` for a root supervisor."""

    def __init__(self, system: System, spec: ChildSpec, path: str, parent: str | None = None) -> None:
        self.system = system
        self.spec = spec
        self.path = path
        self.reason: Reason | None = None
        self._started = threading.Event()
        self._ended = threading.Event()
        self._changed = threading.Event()
        self._spawning = threading.Lock()
        self._started_at: float | None = None
        self.incarnation = system.next_incarnation()
        self._write(State.STARTING)
        context = Context(path, self.incarnation, system, self._hear, spec.type, name=spec.name)
        with self._spawning:
            self.actor = spawn(spec.actor, spec.args, dict(spec.kwargs), context)
        if parent is not None:
            system.registry.monitor(parent, lambda down: self.stop(down.reason))

    def wait_started(self, timeout: float | None = None) -> bool:
        """Block until `on_start` returned: True when it serves, False when it ignored.

        Raises StartFailed when it failed, TimeoutError after `timeout` seconds.
        """
        if not self._changed.wait(timeout):
            raise TimeoutError(f"{self.path} was not ready within {timeout} s")
        if not self._started.is_set():
            assert self.reason is not None
            if self.reason == IGNORED:
                return False
            cause = self.reason.error if isinstance(self.reason, Crashed) else None
            raise StartFailed(self.path, self.reason) from cause
        return True

    def stop(self, reason: Reason = SHUTDOWN) -> None:
        """Ask it to stop; returns at once, see `wait`."""
        self.actor.request_stop(reason)

    def wait(self, timeout: float | None = None) -> Reason | None:
        """Block until it ended; its reason, or None after `timeout` seconds."""
        self._ended.wait(timeout)
        return self.reason

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def _hear(self, notice: Started | Down) -> None:
        with self._spawning:
            pass  # the notice may overtake the constructor, which has yet to note the actor
        if isinstance(notice, Started):
            self._started_at = self.system.clock.time()
            self._started.set()
            self._write(State.RUNNING)
        else:
            self.reason = notice.reason
            self._started_at = None
            self._write(State.STOPPED)
            self._ended.set()
        self._changed.set()

    def _write(self, state: State) -> None:
        self.system.tree.put(
            Row(
                path=self.path,
                id=self.spec.id,
                type=self.spec.type,
                state=state,
                incarnation=self.incarnation,
                started_at=self._started_at,
                last_reason=None if self.reason is None else str(self.reason),
                pid=os.getpid(),
                live=getattr(self, "actor", None),
            )
        )


def launch(system: System, spec: ChildSpec, path: str = "/", parent: str | None = None) -> Launched:
    """Start the topmost actor of `system` at `path`; it ends when the actor at `parent` does, with the same reason.

    Raises SpecError, AlreadyStarted; see `Launched.wait_started` for the rest.
    """
    check_childspec(spec)
    if system.registry.running(path) is not None:
        raise AlreadyStarted(f"somebody runs at {path} already")
    return Launched(system, spec, path, parent)
