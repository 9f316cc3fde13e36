"""Who lives outside the tree: threads of actors that no row of the tree knows. Any thread; asks no actor.

An actor's thread is named `path#incarnation`. It is an orphan when the tree has no such path, or another incarnation
there: an actor that was started by hand, or one whose supervisor gave it up or went away. A child is between thread
and row for a moment of its start and its end, so only who is seen twice counts.
"""

import re
import threading
from dataclasses import dataclass

from supervision.stopping import stack_of
from supervision.system import System
from supervision.tree import State

#: Seconds between the two looks.
APART_SECONDS = 0.1
_ALIVE = (State.STARTING, State.RUNNING, State.STOPPING)
_NAME = re.compile(r"(/[^#]*)#(\d+)")


@dataclass(frozen=True, slots=True)
class Orphan:
    """`why`: `outside the tree`, `abandoned`, or `of an ended incarnation`."""

    path: str
    incarnation: int
    why: str
    stack: str


def orphans(system: System) -> list[Orphan]:
    """All orphans of this process, by path. Takes `APART_SECONDS`."""
    first = {thread for thread, _, _ in _strangers(system)}
    threading.Event().wait(APART_SECONDS)
    abandoned = {(zombie.path, zombie.incarnation) for zombie in system.tree.zombies()}
    found = []
    for thread, path, incarnation in _strangers(system):
        if thread in first:
            why = "of an ended incarnation" if system.tree.get(path) else "outside the tree"
            why = "abandoned" if (path, incarnation) in abandoned else why
            found.append(Orphan(path, incarnation, why, stack_of(thread)))
    return sorted(found, key=lambda orphan: (orphan.path, orphan.incarnation))


def _strangers(system: System) -> list[tuple[threading.Thread, str, int]]:
    strangers = []
    for thread in threading.enumerate():
        named = _NAME.fullmatch(thread.name)
        if named is not None:
            path, incarnation = named[1], int(named[2])
            row = system.tree.get(path)
            if row is None or row.incarnation != incarnation or row.state not in _ALIVE:
                strangers.append((thread, path, incarnation))
    return strangers
