"""Who runs at which path of this process, and who wants to hear of its end.

Inside a node an actor answers to two names: its path in the whole tree (`/nodes/node-1/database/pool`) and the one it
would have without the node (`/database/pool`), so that apps are the same wherever they run.

Registering, ending and monitoring meet in one short critical section without I/O, so a monitor either finds the actor
alive and hears its one `Down`, or learns at once that nobody is there. Any thread.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from supervision.calls import AlreadyStarted
from supervision.messages import Down
from supervision.reasons import NOPROC

if TYPE_CHECKING:
    from supervision.actor import Actor

Watcher = Callable[[Down], object]


class Paths:
    """The running actors of one `System`, by path. `base` is the path of the node they are in, empty in the root."""

    def __init__(self, base: str = "") -> None:
        self._base = base
        self._lock = threading.Lock()
        self._running: dict[str, Actor] = {}
        #: Who runs at a path, None when nobody does. The dict's own method: it is on the way of every message.
        self.running: Callable[[str], Actor | None] = self._running.get
        self._watchers: dict[Actor, list[Watcher]] = {}

    def local(self, path: str) -> str:
        """The name of a path without the node it is in."""
        inside = self._base and (path == self._base or path.startswith(f"{self._base}/"))
        return (path[len(self._base) :] or "/") if inside else path

    def register(self, actor: "Actor") -> None:
        """From now on the actor is found at its path. One that was abandoned while it started is not.

        Raises AlreadyStarted when a stranger lives there.
        """
        path = actor.context.path
        with self._lock:
            holder = self._running.get(path)
            if actor.context.fence.closed:
                return
            if holder is not None and not holder.context.fence.closed:
                raise AlreadyStarted(f"somebody else runs at {path}", field="id")
            self._running[path] = self._running[self.local(path)] = actor

    def unregister(self, actor: "Actor") -> list[Watcher]:
        """The actor has ended: its path is free (unless a newer incarnation holds it). Returns who must be told."""
        with self._lock:
            for path in {actor.context.path, self.local(actor.context.path)}:
                if self._running.get(path) is actor:
                    del self._running[path]
            return self._watchers.pop(actor, [])

    def all(self) -> "list[Actor]":
        running = list(self._running.items())
        return [actor for path, actor in running if not self._base or path == actor.context.path]

    def monitor(self, path: str, watcher: Watcher) -> None:
        """Call `watcher` once with the `Down` of whoever runs at `path`; at once, with `noproc`, when nobody does.

        The `Down` names the actor as the caller did.
        """
        with self._lock:
            actor = self._running.get(path)
            if actor is not None:
                if path != actor.context.path:
                    watcher = _renaming(watcher, path)
                self._watchers.setdefault(actor, []).append(watcher)
                return
        watcher(Down(path, 0, NOPROC))

    def watch(self, actor: "Actor", watcher: Watcher) -> bool:
        """Call `watcher` once with the `Down` of this very actor, which need not serve yet.

        False, and nothing is called, when it has ended or was abandoned.
        """
        with self._lock:
            if actor.actor_stopped.is_set() or actor.context.fence.closed:
                return False
            self._watchers.setdefault(actor, []).append(watcher)
            return True

    def unwatch(self, actor: "Actor", watcher: Watcher) -> None:
        """Take back a `watch`; its call may be on its way already."""
        with self._lock:
            watchers = self._watchers.get(actor, [])
            if watcher in watchers:
                watchers.remove(watcher)


def _renaming(watcher: Watcher, path: str) -> Watcher:
    return lambda down: watcher(replace(down, path=path))
