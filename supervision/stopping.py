"""Stopping children of a supervisor: ask, wait, break, abandon. The supervisor's thread, which serves nobody meanwhile.

OTP kills after the deadline. A thread cannot be killed, so: a stop request first; past the deadline the fence is closed
(nothing it does takes effect any more) and the breaker is called to wake it out of a blocking call; if it still lives,
it is abandoned: counted as a zombie, its path is free, its late notices are stale.
"""

import heapq
import sys
import time
import traceback
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from threading import Thread

from supervision.child import Child
from supervision.events import ChildAbandoned, ChildStopped
from supervision.mailbox import Mailbox
from supervision.messages import Down
from supervision.reasons import KILLED, SHUTDOWN, Hung, Killed, Reason, Shutdown
from supervision.spec import ChildSpec
from supervision.system import System
from supervision.tree import State, Zombie

#: Seconds a thread has to end after its breaker was called.
BREAK_GRACE_SECONDS = 0.5


def orderly(spec: ChildSpec, reason: Reason) -> bool:
    """Whether an end on request is one OTP would not report (OTP `supervisor`, shutdown errors)."""
    if spec.shutdown == "brutal_kill":
        return isinstance(reason, Killed) or (spec.restart != "permanent" and reason.expected)
    return reason == SHUTDOWN or (spec.restart != "permanent" and reason.expected)


def orderly_dynamic(spec: ChildSpec, reason: Reason) -> bool:
    """The same as Elixir's `DynamicSupervisor` sees it: a shutdown of any detail is fine, brutal_kill only kills."""
    if spec.shutdown == "brutal_kill":
        return isinstance(reason, Killed)
    return isinstance(reason, Shutdown) or (spec.restart != "permanent" and reason.expected)


#: Whether an end on request is as it should be.
Judge = Callable[[ChildSpec, Reason], bool]


def stop_together(system: System, inbox: Mailbox, children: Sequence[Child], judge: Judge = orderly) -> None:
    """Stop live children at once, each by its own deadline; returns when all have ended or were abandoned.

    A static supervisor calls this with one child at a time, in reverse start order.
    """
    live = [child for child in children if child.alive]
    for child in children:
        child.cancel_retry()
        if child.waiting:
            child.state = State.STOPPED
            child.write(system)
    asked_at = time.monotonic()
    _await_ends(system, inbox, [_ask(system, child, asked_at) for child in live], judge)


@dataclass(order=True, slots=True)
class Deadline:
    """When (monotonic seconds) a child that was asked to stop is out of time; `killed` once its breaker was called."""

    due: float
    incarnation: int
    asked_at: float = field(compare=False)
    child: Child = field(compare=False)
    killed: Killed | None = field(default=None, compare=False)


def _ask(system: System, child: Child, asked_at: float) -> Deadline:
    child.state = State.STOPPING
    child.write(system)
    actor, seconds = child.actor, child.spec.shutdown_seconds
    assert actor is not None
    deadline = Deadline(float("inf") if seconds is None else asked_at + seconds, child.incarnation, asked_at, child)
    # One that has ended by itself a moment ago keeps its true reason; its notice is on the way.
    if child.spec.shutdown == "brutal_kill" and not actor.actor_stopped.is_set():
        return _overdue(deadline)
    actor.request_stop(SHUTDOWN)
    return deadline


def _overdue(deadline: Deadline) -> Deadline:
    """Time is up: break it out of whatever it does, and give it a last moment."""
    actor = deadline.child.actor
    assert actor is not None
    seconds = deadline.child.spec.shutdown_seconds
    killed = Killed(f"did not stop within {seconds:g} s" if seconds else "", actor.held_by_fault)
    _break(deadline.child)
    return replace(deadline, due=time.monotonic() + BREAK_GRACE_SECONDS, killed=killed)


def _await_ends(system: System, inbox: Mailbox, deadlines: list[Deadline], judge: Judge) -> None:
    """Whoever ends is noted at once; whoever is out of time is broken out, then abandoned. All clocks run together."""
    pending = {(deadline.child.path, deadline.incarnation): deadline for deadline in deadlines}
    heapq.heapify(deadlines)
    while pending:
        first = deadlines[0]
        key = first.child.path, first.incarnation
        if key not in pending:
            heapq.heappop(deadlines)
            continue
        down = _receive_down(inbox, pending, first.due - time.monotonic())
        if down is None and first.killed is None:
            pending[key] = _overdue(first)
            heapq.heapreplace(deadlines, pending[key])
            continue
        if down is None:
            _abandon(system, first.child, time.monotonic() - first.asked_at)
        ended = pending.pop(key if down is None else (down.path, down.incarnation))
        reason = ended.killed or (SHUTDOWN if down is None else down.reason)
        _ended(system, ended.child, reason, judge(ended.child.spec, reason))


def replace_hung(system: System, inbox: Mailbox, child: Child) -> Hung:
    """Get a child that hangs in a message out of the way; its path is free then."""
    assert child.actor is not None
    reason = Hung(child.actor.busy_seconds(), child.actor.held_by_fault)
    force_out(system, inbox, child, reason.seconds)
    child.went_down(reason, system.clock.time())
    return reason


def force_out(system: System, inbox: Mailbox, child: Child, waited_seconds: float) -> None:
    """Fence, breaker, a short grace, then abandon: for a child that was waited for long enough."""
    _break(child)
    if _receive_down(inbox, [(child.path, child.incarnation)], BREAK_GRACE_SECONDS) is None:
        _abandon(system, child, waited_seconds)


def _break(child: Child) -> None:
    assert child.actor is not None
    child.actor.context.fence.closed = True
    child.actor.break_blocking()
    child.actor.request_stop(KILLED)


def _receive_down(inbox: Mailbox, awaited: Container[tuple[str, int]], seconds: float) -> Down | None:
    """The next notice of one of those, given by path and incarnation; None after `seconds`."""
    return inbox.receive(
        lambda message: isinstance(message, Down) and (message.path, message.incarnation) in awaited,
        None if seconds == float("inf") else max(0.0, seconds),
    )


def _ended(system: System, child: Child, reason: Reason, orderly: bool) -> None:
    child.went_down(reason, system.clock.time())
    child.write(system)
    system.events.emit(ChildStopped(path=child.path, incarnation=child.incarnation, reason=reason, orderly=orderly))


def _abandon(system: System, child: Child, waited_seconds: float) -> None:
    actor = child.actor
    assert actor is not None
    thread = actor.thread
    assert thread is not None
    system.tree.abandon(Zombie(child.path, child.incarnation, system.clock.time(), thread))
    for watcher in system.registry.unregister(actor):
        watcher(Down(child.path, child.incarnation, KILLED))
    _sever(system, child.path)
    system.events.emit(
        ChildAbandoned(
            path=child.path, incarnation=child.incarnation, waited_seconds=waited_seconds, stack=stack_of(thread)
        )
    )


def _sever(system: System, path: str) -> None:
    """What an abandoned supervisor leaves behind: nobody would stop it in order, so it is fenced and told to end."""
    for actor in system.registry.all():
        if actor.context.path.startswith(f"{path}/"):
            actor.context.fence.closed = True
            actor.break_blocking()
            actor.request_stop(KILLED)


def stack_of(thread: Thread) -> str:
    """Where a thread is now, as text; empty when it has ended. Any thread."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "" if frame is None else "".join(traceback.format_stack(frame))
