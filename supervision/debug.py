"""Looking into any actor and steering it, supervisors included: OTP's `sys` for threads.

Each order travels on the system lane and is served between two messages, also while the actor is suspended. Whoever
asks waits at most `timeout_seconds`; an actor that hangs is told as such, with where its thread is. Any thread, except
that an actor must not ask itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from supervision.address import Address, inquire
from supervision.errors import CallTimeout
from supervision.instruments import (
    DEFAULT_EVENTS,
    NO_STATISTICS,
    DebugFunction,
    Inquiry,
    Instruments,
    Passed,
    Statistics,
    guarded,
    replace_state,
)
from supervision.messages import Resume, Suspend
from supervision.reasons import NORMAL, Reason
from supervision.stopping import stack_of
from supervision.viewing import view

if TYPE_CHECKING:
    from supervision.actor import Actor
    from supervision.system import System


class Unresponsive(CallTimeout):
    """The actor did not come back from its message in time; the text ends with the stack of its thread."""

    title = "The actor hangs"


@dataclass(frozen=True, slots=True)
class Debug:
    """Orders for whoever runs at `path`. Each raises NoProc when nobody does, Unresponsive after the timeout."""

    system: "System"
    path: str
    timeout_seconds: float = 5.0

    def get_state(self) -> Any:
        """What the actor's `inspect` says, as plain, bounded values without secrets. Raises CallbackFailed."""
        return self._ask(_state)

    def replace_state(self, function: Callable[[dict[str, Any]], Any]) -> Any:
        """Apply `function` to a dict of the actor's public attributes, in its thread; answers the new state.

        The function should return new values rather than change those it is given. When it raises, the actor keeps
        its old ones. Raises CallbackFailed.
        """

        def replace(actor: "Actor", instruments: Instruments) -> Any:
            replace_state(actor, function)
            return _state(actor, instruments)

        return self._ask(replace)

    def get_status(self) -> dict[str, Any]:
        """Class, module, parent, running or suspended, instruments and state."""
        return cast(dict[str, Any], self._ask(_status))

    def suspend(self) -> None:
        """Let the actor serve system messages only; returns when it does. Twice is once."""
        self._order(Suspend())

    def resume(self) -> None:
        """Let it serve its mailbox again."""
        self._order(Resume())

    def terminate(self, reason: Reason = NORMAL) -> None:
        """Let the actor end with `reason` and wait until it has. Its supervisor may start it again."""
        Address(self.system, self.path).stop(reason, self.timeout_seconds)

    def instruments(self) -> dict[str, Any] | None:
        """What is on and what it shows, None when nothing is; read from outside, also while the actor hangs."""
        return self._actor().instruments()

    # --- instruments -------------------------------------------------------------------------------

    def statistics(self, switch: Literal["on", "off", "get"] = "get") -> Any:
        """Counts since they were switched on; NO_STATISTICS when they are off."""

        def serve(actor: "Actor", instruments: Instruments) -> dict[str, Any] | str:
            if switch == "on":
                instruments.statistics = Statistics(actor.context.system.clock.time())
            elif switch == "off":
                instruments.statistics = None
            return NO_STATISTICS if instruments.statistics is None else instruments.statistics.as_dict()

        return self._ask(serve)

    def trace(self, on: bool) -> None:
        """Emit a `MessageTraced` event, which is logged, for each message and each answer."""

        def serve(actor: "Actor", instruments: Instruments) -> None:
            instruments.trace = on

        self._ask(serve)

    def log(self, on: bool, last: int = DEFAULT_EVENTS, seconds: float | None = None) -> None:
        """Keep the last events for `get_log`; by itself no longer than `seconds`."""
        self._ask(logging_order(on, last, seconds))

    def get_log(self) -> list[Passed]:
        """The kept events, oldest first; each keeps its message alive as long as it is kept."""
        return cast(list[Passed], self._ask(lambda actor, instruments: list(instruments.log or ())))

    def install(self, function: DebugFunction, state: Any = None) -> None:
        """Call `function(state, passed, path)` at each message; its result is its next state. Twice is once.

        It is removed when it returns DONE or raises.
        """
        self._ask(lambda actor, instruments: instruments.install(function, state))

    def remove(self, function: DebugFunction) -> None:
        """Take an installed function out again."""
        self._ask(lambda actor, instruments: instruments.remove(function))

    def no_debug(self) -> None:
        """Switch all instruments off."""
        self._ask(lambda actor, instruments: instruments.no_debug())

    # --- asking ------------------------------------------------------------------------------------

    def _order(self, message: Suspend | Resume) -> None:
        self._actor().actor_inbox.put_system(message)
        self._ask(lambda actor, instruments: None)

    def _ask(self, answer: "Callable[[Actor, Instruments], Any]") -> Any:
        actor = self._actor()
        try:
            return inquire(actor, Inquiry(answer), self.timeout_seconds)
        except CallTimeout:
            raise Unresponsive(_where(actor, self.timeout_seconds)) from None

    def _actor(self) -> "Actor":
        actor = self.system.registry.running(self.path)
        if actor is None:
            raise self.system.noproc(self.path)
        return actor


def logging_order(on: bool, last: int, seconds: float | None) -> "Callable[[Actor, Instruments], None]":
    """Switch the log on or off; the answer to an `Inquiry`."""

    def serve(actor: "Actor", instruments: Instruments) -> None:
        if on:
            instruments.start_log(last, seconds)
        else:
            instruments.log = None

    return serve


def statistics_order(on: bool) -> "Callable[[Actor, Instruments], None]":
    """Switch statistics on, if they are not, or off; the answer to an `Inquiry`."""

    def serve(actor: "Actor", instruments: Instruments) -> None:
        known = instruments.statistics or Statistics(actor.context.system.clock.time())
        instruments.statistics = known if on else None

    return serve


def _state(actor: "Actor", instruments: Instruments) -> Any:
    return view(guarded(actor.inspect))


def _status(actor: "Actor", instruments: Instruments) -> dict[str, Any]:
    path = actor.context.path
    return {
        "path": path,
        "incarnation": actor.context.incarnation,
        "class": type(actor).__qualname__,
        "module": type(actor).__module__,
        "parent": None if path == "/" else path.rpartition("/")[0] or "/",
        "status": "suspended" if actor.suspended else "running",
        "instruments": instruments.snapshot(),
        "state": _state(actor, instruments),
    }


def _where(actor: "Actor", timeout_seconds: float) -> str:
    stack = "" if actor.thread is None else stack_of(actor.thread)
    told = f"{actor.context.path} did not answer within {timeout_seconds:g} s"
    busy = actor.busy_seconds()
    told += f"; it has had one message in hand for {busy:.1f} s" if busy else ""
    return f"{told}\n{stack}".rstrip()
