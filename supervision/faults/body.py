"""Faults of a node: signals to its process. Runs in the thread of the actor whose body the process is.

SIGSTOP freezes the process with all its threads; its root then hears nothing of it, as of a machine that swaps or a
network that is cut, and does what it does about that.
"""

import signal
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from supervision.clock import Clock
from supervision.faults.rule import FaultRule, Kind


@runtime_checkable
class Body(Protocol):
    """An actor whose body is a process."""

    def inject(self, kind: Kind, rule: FaultRule) -> Callable[[], object] | None:
        """Do it to the process; returns what undoes it when the rule ends. The actor's own thread."""


def strike_process(send: Callable[[signal.Signals], None], rule: FaultRule, clock: Clock) -> Callable[[], None] | None:
    """`send` must do nothing once the process has ended: its number may be another's by then."""
    if rule.kind == "kill-node":
        send(signal.SIGKILL)
        return None
    send(signal.SIGSTOP)
    if rule.kind == "pause-node" and rule.seconds is not None:
        clock.after(rule.seconds, lambda: send(signal.SIGCONT))
    return lambda: send(signal.SIGCONT)
