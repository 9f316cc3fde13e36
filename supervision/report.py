"""What is said when not everything ended: which actors and threads are left, why they were restarted, where they hang.

Reads the snapshot and the interpreter's frames; asks nobody. Any thread.
"""

import sys
import threading
import traceback
from collections.abc import Iterator

from supervision.stopping import stack_of
from supervision.system import System


def left_behind(system: System) -> list[str]:
    """One text per actor whose thread still runs, and per thread that would keep the process from exiting."""
    return [*_actors(system), *_zombies(system), *_foreign_threads()]


def _actors(system: System) -> Iterator[str]:
    for actor in system.registry.all():
        if actor.thread is not None and actor.thread.is_alive():
            yield _describe(system, actor.context.path, actor.context.incarnation, actor.thread)


def _zombies(system: System) -> Iterator[str]:
    for zombie in system.tree.zombies():
        yield _describe(system, zombie.path, zombie.incarnation, zombie.thread)


def _describe(system: System, path: str, incarnation: int, thread: threading.Thread) -> str:
    row = system.tree.get(path)
    reason = row.last_reason if row is not None and row.last_reason else "none"
    return f"{path}#{incarnation} did not stop; last reason: {reason}\n{stack_of(thread)}".rstrip()


def _foreign_threads() -> Iterator[str]:
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            yield f"thread {thread.name} still runs\n{stack_of(thread)}".rstrip()


def all_stacks() -> str:
    """Where every thread of the process is, by name."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    frames = sys._current_frames()
    parts = [f"{names.get(ident, ident)}\n{''.join(traceback.format_stack(frame))}" for ident, frame in frames.items()]
    return "\n".join(sorted(parts))
