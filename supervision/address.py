"""Reaching an actor by its path, resolved anew at each message, so it survives restarts of whoever runs there.

Three outcomes of a call stay apart: `NoProc` (never handled), `CallTimeout` (perhaps handled), the peer's own error.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pykka
from pykka._envelope import Envelope

from supervision.errors import CallCycle, CallTimeout, NoProc

if TYPE_CHECKING:
    from supervision.system import System


class Request(Envelope[Any]):
    """A message that awaits an answer, with the paths of those who already wait for it."""

    __slots__ = ("chain",)

    def __init__(self, message: Any, reply_to: pykka.Future[Any], chain: tuple[str, ...]) -> None:
        super().__init__(message, reply_to)
        self.chain = chain


def cast(system: "System", path: str, message: Any) -> None:
    """Put a message into the mailbox of whoever runs at `path`. Raises NoProc, MailboxFull. Any thread."""
    actor = system.registry.running(path)
    if actor is None:
        raise system.noproc(path)
    try:
        actor.actor_inbox.put(message)
    except pykka.ActorDeadError:
        raise system.noproc(path) from None


def call(system: "System", path: str, message: Any, timeout: float, chain: tuple[str, ...] = ()) -> Any:
    """Ask whoever runs at `path`, wait at most `timeout` seconds. `chain` are the paths that wait already. Any thread.

    Raises:
        NoProc: never handled. CallTimeout: perhaps handled. CallCycle: would deadlock, not sent.
        MailboxFull: not taken. Anything else is the peer's own error.
    """
    if path in chain:
        raise CallCycle(f"{' -> '.join((*chain, path))}: the callee waits for the caller; use cast with reply_to")
    actor = system.registry.running(path)
    if actor is None:
        raise system.noproc(path)
    future: pykka.ThreadingFuture[Any] = pykka.ThreadingFuture()
    try:
        actor.actor_inbox.put(Request(message, future, chain))
        return future.get(timeout=timeout)
    except pykka.ActorDeadError:
        raise NoProc(f"{path} ended before it handled the message") from None
    except pykka.Timeout:
        raise CallTimeout(f"{path} did not answer within {timeout} s; the message may have been handled") from None


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
