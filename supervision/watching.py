"""The progress watchdog: has a child got past the message it had in hand when last looked at? The supervisor's thread.

It looks at progress, not at a sign of life: a child with a ticking timer and a stuck hand is hung, a busy one is not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from supervision.child import Child
from supervision.tree import State


@dataclass(frozen=True, slots=True)
class Check:
    """A note to self: has `incarnation` of `id` got past the message that was its `handled`-th when last looked at?"""

    id: str
    incarnation: int
    handled: int


def watch(child: Child, send_after: Callable[[float, Check], object]) -> None:
    """Look again later, if the child's spec asks for it."""
    if child.spec.watchdog is not None and child.actor is not None:
        # Twice per allowance, so a hang is seen after at most one and a half.
        send_after(child.spec.watchdog / 2, Check(child.spec.id, child.incarnation, child.actor.handled))


def hangs(child: Child, note: Check) -> bool:
    """Whether the message in hand is the one of the last look, and too old."""
    if child.actor is None or child.state is not State.RUNNING or child.actor.handled != note.handled:
        return False
    return child.actor.busy_seconds() >= (child.spec.watchdog or float("inf"))
