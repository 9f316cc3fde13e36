"""Reaching an actor by its path, resolved anew at each message, so it survives restarts of whoever runs there.

Three outcomes of a call stay apart: `NoProc` (never handled), `CallTimeout` (perhaps handled), the peer's own error.
"""

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pykka
from pykka._envelope import Envelope

from supervision.errors import CallCycle, CallTimeout, Exited, NoProc
from supervision.messages import Down
from supervision.reasons import NOPROC, NORMAL, Reason

if TYPE_CHECKING:
    from supervision.actor import Actor
    from supervision.system import System


def cast(system: "System", path: str, message: Any) -> None:
    """Put a message into the mailbox of whoever runs at `path`. Raises NoProc, MailboxFull. Any thread."""
    actor = system.registry.running(path)
    if actor is None:
        raise system.noproc(path)
    try:
        actor.actor_inbox.put(message)
    except pykka.ActorDeadError:
        raise system.noproc(path) from None


def call(system: "System", path: str, message: Any, timeout: float, caller: "Actor | None" = None) -> Any:
    """Ask whoever runs at `path`, wait at most `timeout` seconds. `caller` is the actor that waits, if any. Any thread.

    Raises:
        NoProc: never handled. CallTimeout: perhaps handled. CallCycle: would deadlock, not sent.
        MailboxFull: not taken. Anything else is the peer's own error.
    """
    if caller is None:
        return _ask(system, path, message, timeout)
    # Written before the graph is read: of two actors that call each other at once, at least one sees the other.
    caller.waits_for = path
    try:
        _refuse_cycle(system, caller, path)
        return _ask(system, path, message, timeout)
    finally:
        caller.waits_for = None


def _ask(system: "System", path: str, message: Any, timeout: float) -> Any:
    actor = system.registry.running(path)
    if actor is None:
        raise system.noproc(path)
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()
    try:
        actor.actor_inbox.put(Envelope(message, reply_to=future))
    except pykka.ActorDeadError:
        raise NoProc(f"{path} ended before it handled the message") from None
    return _answer(future, path, timeout)


def inquire(actor: "Actor", message: Any, timeout: float) -> Any:
    """Ask on the system lane, which is served before all work and also by a suspended actor. Any other thread.

    Raises NoProc, CallTimeout, CallCycle when an actor asks itself, or what the answer raised.
    """
    path = actor.context.path
    if threading.current_thread() is actor.thread:
        raise CallCycle(f"{path} -> {path}: an actor cannot wait for its own answer")
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()
    if not actor.actor_inbox.put_system(Envelope(message, reply_to=future)):
        raise NoProc(f"{path} has ended")
    return _answer(future, path, timeout)


def _answer(future: "pykka.ThreadingFuture[Any]", path: str, timeout: float) -> Any:
    try:
        return future.get(timeout=timeout)
    except pykka.ActorDeadError:
        raise NoProc(f"{path} ended before it handled the message") from None
    except pykka.Timeout:
        raise CallTimeout(f"{path} did not answer within {timeout} s; the message may have been handled") from None


class StartOf(str):
    """The path of a child, for `Actor.waits_for`: its supervisor waits until it is registered, and no longer."""

    __slots__ = ()


def _refuse_cycle(system: "System", caller: "Actor", path: str) -> None:
    """Follow who waits for whom from `path` on. A supervisor that waits for a child's start counts as well."""
    chain = [caller.context.path]
    waiting: str | None = path
    while waiting is not None:
        actor = system.registry.running(waiting)
        waiting = waiting if actor is None else actor.context.path  # one name per actor: see `Paths`
        if waiting in chain:
            break
        chain.append(waiting)
        waiting = None if actor is None else actor.waits_for
        if isinstance(waiting, StartOf) and system.registry.running(waiting) is not None:
            waiting = None  # the child serves, and may call its supervisor, which is about to notice
    if waiting == caller.context.path:
        raise CallCycle(f"{' -> '.join((*chain, waiting))}: each waits for the next; use cast with reply_to")


@dataclass(frozen=True, slots=True)
class Address:
    """A path to talk to, for code outside actors. Any thread; inside an actor use `self.cast` and `self.call`."""

    system: "System"
    path: str

    def cast(self, message: Any) -> None:
        """Send without waiting. Raises NoProc, MailboxFull."""
        cast(self.system, self.path, message)

    def call(self, message: Any, timeout: float = 5.0) -> Any:
        """Ask and wait at most `timeout` seconds; raises as `call` does."""
        return call(self.system, self.path, message, timeout)

    def stop(self, reason: Reason = NORMAL, timeout: float = 5.0) -> None:
        """Ask whoever runs there to end with `reason`, and wait until it has. Its supervisor may start it again.

        Raises NoProc; CallTimeout when it has not ended after `timeout` seconds; Exited when it ended otherwise.
        """
        actor = self.system.registry.running(self.path)
        ended: queue.SimpleQueue[Down] = queue.SimpleQueue()
        self.system.registry.monitor(self.path, ended.put)
        if actor is not None:
            actor.request_stop(reason)
        try:
            down = ended.get(timeout=timeout)
        except queue.Empty:
            raise CallTimeout(f"{self.path} has not ended within {timeout} s") from None
        if down.reason == NOPROC:
            raise self.system.noproc(self.path)
        if down.reason != reason:
            raise Exited(f"{self.path} ended otherwise than asked: {down.reason}")
