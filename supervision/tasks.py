"""Tasks under supervision: a supervisor of one-shot functions, and the way for any thread to start them.

Elixir's `Task.Supervisor`, a dynamic supervisor whose children are temporary and have 5 seconds to stop. There a task
and its linked caller die with each other; here the caller is an actor, the `owner` of the `Tasks`, and code outside of
actors links to nothing.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from supervision.actor import Actor
from supervision.address import call
from supervision.calls import NotFound, StartChild, TerminateChild, WhichChildren
from supervision.dynamic import DynamicSupervisor
from supervision.errors import CallTimeout, RookeryError
from supervision.messages import Down
from supervision.spec import WORKER_SHUTDOWN_SECONDS, ChildSpec, Restart, Shutdown, check_childspec
from supervision.stream import Exit, Limits, Ok, OnTimeout, stream
from supervision.task import Task, TaskRun
from supervision.tree import State

if TYPE_CHECKING:
    from supervision.system import System

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class DropTasks:
    """To a `TaskSupervisor`: nobody wants these any more. Those it does not know have ended, and that is fine.

    They have the time to stop in that their specs say, or none when they are to be killed.
    """

    paths: frozenset[str]
    kill: bool = False


class TaskSupervisor(DynamicSupervisor):
    """Children are functions; start them through `Tasks`."""

    def on_receive(self, message: Any) -> Any:
        return self.drop(message) if isinstance(message, DropTasks) else super().on_receive(message)

    def drop(self, unwanted: DropTasks) -> None:
        children = [child for child in self.children.values() if child.path in unwanted.paths]
        for child in children if unwanted.kill else ():
            child.spec = replace(child.spec, shutdown="brutal_kill")
        self._stop_all(children)
        for child in children:
            self._forget(child)


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks under the `TaskSupervisor` at `path`. Any thread without an `owner`; with one, that actor's only.

    Whatever starts a task raises MaxChildren when there are too many, SpecError, and what `call` raises.
    """

    system: "System"
    path: str
    owner: Actor | None = None

    def start_child(
        self,
        function: Callable[..., Any],
        *args: Any,
        restart: Restart = "temporary",
        shutdown: Shutdown = WORKER_SHUTDOWN_SECONDS,
    ) -> str:
        """Run `function(*args)` for its effects; answers the path. Nobody hears of its value or its end."""
        path: str = self._call(StartChild(_spec(None, partial(function, *args), shutdown, restart)))
        return path

    def async_(self, function: Callable[..., Any], *args: Any, shutdown: Shutdown = WORKER_SHUTDOWN_SECONDS) -> Task:
        """Run `function(*args)`. Linked: the task is stopped when the owner ends, and its crash ends the owner."""
        task = self._begin(Task(self.owner, linked=True), partial(function, *args), shutdown)
        self._follow(task)
        return task

    def async_nolink(
        self, function: Callable[..., Any], *args: Any, shutdown: Shutdown = WORKER_SHUTDOWN_SECONDS
    ) -> Task:
        """Run `function(*args)`, whatever becomes of the owner; the owner hears of its end and lives on."""
        return self._begin(Task(self.owner), partial(function, *args), shutdown)

    def async_stream(
        self,
        items: Iterable[Any],
        function: Callable[[Any], Any],
        *,
        max_concurrency: int | None = None,
        ordered: bool = True,
        timeout: float = 5.0,
        on_timeout: OnTimeout = "exit",
        shutdown: Shutdown = WORKER_SHUTDOWN_SECONDS,
    ) -> Iterator[Ok | Exit]:
        """Run `function(item)` for each item, at most `max_concurrency` (one per core) at once and not yet handed out.

        Yields in the order of the items, or as they end. A task that fails is an `Exit` and ends nothing else; one that
        takes longer than `timeout` seconds raises TaskTimeout here, or is killed and an `Exit`. Leaving the iterator
        (`close`, an error, the end of the owner) kills those that still run.
        """
        check_childspec(_spec(None, partial(function, None), shutdown))
        limits = Limits(max_concurrency or os.cpu_count() or 1, ordered, timeout, on_timeout)

        def begin(item: Any) -> Task:
            task = self._begin(Task(self.owner, quiet=True), partial(function, item), shutdown)
            self._follow(task)
            return task

        return stream(items, begin, self.kill, limits)

    def shutdown(self, task: Task, timeout: float = 10.0) -> None:
        """Stop the task by its own rule, waiting for that at most `timeout` seconds; nothing is heard of it afterwards.

        Fine when it has ended already: then it has a result. Raises what `call` raises.
        """
        task.unlink()
        with suppress(NotFound):
            self._call(TerminateChild(task.path), timeout)
        task.silence()

    def kill(self, tasks: Iterable[Task]) -> None:
        """Nobody wants these any more. Returns at once; one that has ended is fine."""
        self._drop(tasks, kill=True)

    def children(self) -> list[str]:
        """The paths of the tasks that run, newest first."""
        return [row.path for row in self._call(WhichChildren()) if row.state is State.RUNNING]

    def _begin(self, task: Task, function: Callable[[], Any], shutdown: Shutdown) -> Task:
        spec = _spec(task, function, shutdown)
        try:
            self._call(StartChild(spec))
        except CallTimeout:
            task.withdrawn = True
            task.unlink()
            self._drop([task])
            raise
        return task

    def _follow(self, task: Task) -> None:
        """The task is stopped when the owner ends."""
        owner, paths = self.owner, self.system.registry
        if owner is None:
            return

        def drop(down: Down | None = None) -> None:
            self._drop([task])

        if not paths.watch(owner, drop):
            drop()
        task.when_done(lambda _: paths.unwatch(owner, drop))

    def _drop(self, tasks: Iterable[Task], kill: bool = False) -> None:
        """Past all waiting messages, since whoever says this may be about to end."""
        paths = frozenset(task.path for task in tasks if not task.done)
        supervisor = self.system.registry.running(self.path)
        if paths and supervisor is not None:
            supervisor.actor_inbox.put_system(DropTasks(paths, kill))

    def _call(self, message: Any, timeout: float = 5.0) -> Any:
        if self.owner is not None and self.owner.thread is not threading.current_thread():
            raise RookeryError(f"these are the tasks of {self.owner.context.path}; use Tasks without an owner here")
        return call(self.system, self.path, message, timeout, self.owner)


def _spec(
    task: Task | None, function: Callable[[], Any], shutdown: Shutdown, restart: Restart = "temporary"
) -> ChildSpec:
    return ChildSpec(
        id=f"task-{next(_numbers)}", actor=TaskRun, args=(task, function), restart=restart, shutdown=shutdown
    )
