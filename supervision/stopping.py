"""Stopping children of a supervisor: ask, wait, break, abandon. The supervisor's thread, which serves nobody meanwhile.

OTP kills after the deadline. A thread cannot be killed, so: a stop request first; past the deadline the fence is closed
(nothing it does takes effect any more) and the breaker is called to wake it out of a blocking call; if it still lives,
it is abandoned: counted as a zombie, its path is free, its late notices are stale.
"""

import sys
import time
import traceback
from collections.abc import Callable, Sequence
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
    for child in live:
        _ask(system, child)
    asked_at = time.monotonic()
    for child in sorted(live, key=_patience):
        reason = _await_end(system, inbox, child, asked_at)
        _ended(system, child, reason, judge(child.spec, reason))


def replace_hung(system: System, inbox: Mailbox, child: Child) -> Hung:
    """Get a child that hangs out of the way: fence, breaker, a short grace, then abandon. Its path is free then."""
    assert child.actor is not None
    reason = Hung(child.actor.busy_seconds(), child.actor.held_by_fault)
    _break(child)
    if _receive_down(inbox, child, BREAK_GRACE_SECONDS) is None:
        _abandon(system, child, reason.seconds)
    child.went_down(reason, system.clock.time())
    return reason


def _break(child: Child) -> None:
    assert child.actor is not None
    child.actor.context.fence.closed = True
    child.actor.break_blocking()
    child.actor.request_stop(KILLED)


def _patience(child: Child) -> float:
    seconds = child.spec.shutdown_seconds
    return float("inf") if seconds is None else seconds


def _ask(system: System, child: Child) -> None:
    child.state = State.STOPPING
    child.write(system)
    assert child.actor is not None
    if child.spec.shutdown == "brutal_kill":
        _break(child)
    else:
        child.actor.request_stop(SHUTDOWN)


def _await_end(system: System, inbox: Mailbox, child: Child, asked_at: float) -> Reason:
    deadline = child.spec.shutdown_seconds
    down = _receive_down(inbox, child, None if deadline is None else asked_at + deadline - time.monotonic())
    if down is not None:
        return down.reason
    injected = child.actor is not None and child.actor.held_by_fault
    _break(child)
    waited = time.monotonic() - asked_at
    down = _receive_down(inbox, child, BREAK_GRACE_SECONDS)
    if down is None:
        _abandon(system, child, waited)
    return Killed(f"did not stop within {deadline:g} s", injected)


def _receive_down(inbox: Mailbox, child: Child, timeout: float | None) -> Down | None:
    return inbox.receive(
        lambda message: isinstance(message, Down) and child.is_from(message.path, message.incarnation),
        None if timeout is None else max(0.0, timeout),
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
