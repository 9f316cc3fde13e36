"""Who runs at which path of this process, and who wants to hear of its end.

Registering, ending and monitoring meet in one short critical section without I/O, so a monitor either finds the actor
alive and hears its one `Down`, or learns at once that nobody is there. Any thread.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from supervision.messages import Down
from supervision.reasons import NOPROC

if TYPE_CHECKING:
    from supervision.actor import Actor

Watcher = Callable[[Down], object]


class Registry:
    """The running actors of one `System`, by path."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Actor] = {}
        #: Who runs at a path, None when nobody does. The dict's own method: it is on the way of every message.
        self.running: Callable[[str], Actor | None] = self._running.get
        self._watchers: dict[Actor, list[Watcher]] = {}

    def register(self, actor: "Actor") -> None:
        """The newest incarnation holds the path: one that was abandoned while it started cannot take it back."""
        with self._lock:
            holder = self._running.get(actor.context.path)
            if holder is None or holder.context.incarnation < actor.context.incarnation:
                self._running[actor.context.path] = actor

    def unregister(self, actor: "Actor") -> list[Watcher]:
        """The actor has ended: its path is free (unless a newer incarnation holds it). Returns who must be told."""
        with self._lock:
            if self._running.get(actor.context.path) is actor:
                del self._running[actor.context.path]
            return self._watchers.pop(actor, [])

    def all(self) -> "list[Actor]":
        return list(self._running.values())

    def monitor(self, path: str, watcher: Watcher) -> None:
        """Call `watcher` once with the `Down` of whoever runs at `path`; at once, with `noproc`, when nobody does."""
        with self._lock:
            actor = self._running.get(path)
            if actor is not None:
                self._watchers.setdefault(actor, []).append(watcher)
                return
        watcher(Down(path, 0, NOPROC))
