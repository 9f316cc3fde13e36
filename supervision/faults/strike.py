"""Carrying strikes out, in the thread of the actor they strike. One `Strikes` per incarnation that has faults.

A strike that lasts (a hang, a full mailbox, a leak, a refused stop) is undone by the end of its rule, from any thread.
A hang also ends when the supervisor gives the incarnation up, unless it is stubborn; that actor then goes no further.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from supervision.context import Context
from supervision.errors import Refusal
from supervision.events import FaultInjected
from supervision.faults.armed import Armed
from supervision.faults.body import Body
from supervision.faults.errors import Dropped, InjectedFault
from supervision.faults.exceptions import exception_class
from supervision.faults.rule import Moment
from supervision.mailbox import Mailbox
from supervision.messages import Down, Started
from supervision.reasons import Reason

#: Seconds between two looks at the fence while hanging; what ends a hang wakes it at once.
PULSE_SECONDS = 1.0


class Victim(Protocol):
    """What a strike needs of an actor."""

    context: Context
    actor_inbox: Mailbox

    def request_stop(self, reason: Reason) -> None: ...


class Strikes:
    """What faults do to one incarnation. The actor's own thread, but for `wake` and `holding`."""

    def __init__(self, victim: Victim) -> None:
        self.armed: tuple[Armed, ...] = ()
        #: A fault holds the actor up now: it hangs, is slow, or has refused to stop.
        self.holding = False
        #: The message that a fault ended the actor at, if there is one: its `on_receive` has not seen it.
        self.unseen: tuple[Any, ...] = ()
        self._victim = victim
        self._raised: BaseException | None = None
        self._ballast: dict[int, list[bytearray]] = {}
        self._wake: Callable[[], object] | None = None

    # --- the moments -------------------------------------------------------------------------------

    def at_start(self) -> None:
        """Before `on_start`. Raises what the fault asks for."""
        for armed in self._striking(self.armed, "start"):
            self._raise(armed)

    def at_once(self, number: int | None) -> None:
        """A rule was added. Raises what the fault asks for."""
        added = [armed for armed in self.armed if armed.id == number and armed.rule.at_once]
        for armed in self._striking(added, "message"):
            self._carry_out(armed)
        if isinstance(self._victim, Body):
            for armed in self._striking(added, "node"):
                undo = self._victim.inject(armed.rule.kind, armed.rule)
                if undo is not None:
                    self._hold(armed, undo)

    def at_message(self, message: Any) -> None:
        """Before a message is handled. Raises what the fault asks for, Dropped included."""
        if not isinstance(message, Down | Started):  # their loss would break supervision, not what it supervises
            self.unseen = (message,)
            for armed in self._striking(self.armed, "message"):
                self._carry_out(armed)
            self.unseen = ()

    def refuse(self, reason: Reason) -> bool:
        """Whether to stay although a stop was requested; it is requested again when the rule ends."""
        fenced = self._victim.context.fence.closed
        candidates = [armed for armed in self.armed if armed.rule.stubborn or not fenced]
        for armed in self._striking(candidates, "stop"):
            self.holding = True
            self._hold(armed, partial(self._victim.request_stop, reason))
            return True
        return False

    # --- what the actor asks -----------------------------------------------------------------------

    def caused(self, error: BaseException) -> bool:
        """Whether this very exception is ours."""
        return error is self._raised or isinstance(error, InjectedFault)

    def wake(self) -> None:
        """The breaker of a hang. Any thread."""
        wake = self._wake
        if wake is not None:
            wake()

    def end(self) -> None:
        """The incarnation has ended: let go of what leaked."""
        for held in self._ballast.values():
            held.clear()

    # --- striking ----------------------------------------------------------------------------------

    def _striking(self, candidates: Iterable[Armed], moment: Moment) -> Iterator[Armed]:
        """Those that strike now, each told to everybody before it does; leashed ones are only told."""
        context = self._victim.context
        for armed in candidates:
            rule = armed.rule
            if rule.form.moment == moment and armed.strikes(context.system.clock.monotonic()):
                context.system.events.emit(
                    FaultInjected(
                        path=context.path,
                        incarnation=context.incarnation,
                        fault=armed.id,
                        kind=rule.kind,
                        leashed=rule.leashed,
                    )
                )
                if not rule.leashed:
                    yield armed

    def _carry_out(self, armed: Armed) -> None:
        match armed.rule.kind:
            case "crash":
                self._raise(armed)
            case "hang" | "slow":
                self._wait(armed)
            case "drop":
                self.unseen = ()
                raise Dropped(_text(armed))
            case "fill-mailbox":
                inbox = self._victim.actor_inbox
                inbox.fill()
                self._hold(armed, inbox.unfill)
            case "leak":
                self._leak(armed)

    def _raise(self, armed: Armed) -> None:
        text = _text(armed)
        self._raised = InjectedFault(text)
        if armed.rule.exception is not None:
            try:
                self._raised = exception_class(armed.rule.exception)(text)
            except Refusal as refusal:  # the rule was checked in another process
                self._raised = InjectedFault(f"{text}: {refusal}")
        raise self._raised

    def _leak(self, armed: Armed) -> None:
        held = self._ballast.get(armed.id)
        if held is None:
            held = self._ballast[armed.id] = []
            self._hold(armed, held.clear)
        held.append(bytearray(armed.rule.bytes or 0))

    def _wait(self, armed: Armed) -> None:
        """Until its time has passed, the rule has ended, or the supervisor gave us up."""
        over = threading.Event()
        seconds = _seconds(armed)
        clock = self._victim.context.system.clock
        timer = None if seconds is None else clock.after(seconds, over.set)
        self._wake = None if armed.rule.stubborn else over.set
        self.holding = True
        self._time(armed)
        with armed.held(over.set):
            while not (over.is_set() or self._given_up(armed)):
                over.wait(PULSE_SECONDS)
        self.holding, self._wake = False, None
        if timer is not None:
            timer.cancel()
        if self._given_up(armed):
            self._raised = InjectedFault(f"{_text(armed)}: given up")
            raise self._raised

    def _given_up(self, armed: Armed) -> bool:
        return self._victim.context.fence.closed and not (armed.rule.stubborn and not armed.released)

    def _hold(self, armed: Armed, undo: Callable[[], object]) -> None:
        armed.hold(undo)
        self._time(armed)

    def _time(self, armed: Armed) -> None:
        """Release it when its duration is over."""
        if armed.ends_at is not None and not armed.timed:
            armed.timed = True
            clock = self._victim.context.system.clock
            clock.after(max(0.0, armed.ends_at - clock.monotonic()), armed.release)


def _text(armed: Armed) -> str:
    return f"fault {armed.id}: {armed.rule.kind} {armed.rule.pattern}"


def _seconds(armed: Armed) -> float | None:
    seconds = armed.rule.seconds
    if seconds is None or not armed.rule.jitter_seconds:
        return seconds
    return seconds + armed.rng.uniform(0.0, armed.rule.jitter_seconds)
