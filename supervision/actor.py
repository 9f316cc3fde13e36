"""The supervisable actor: a Pykka `ThreadingActor` whose every ending is known, once, with its true reason.

This file, `mailbox` and `address` are the only ones that know Pykka's private names (pykka >= 4.4, < 5;
`tests/supervision/test_pykka_contract.py` fails loudly when one changes). Stock Pykka survives an exception raised to
an asker, loses one raised in `on_start`, and stops *all* actors of the process on a `SystemExit`; here each of these
ends this actor only.

An actor runs in one daemon thread. Methods marked "any thread" may be called from elsewhere; all others belong to the
actor's own thread. `__init__` runs in the thread that starts the actor: open nothing there.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import pykka
from pykka._envelope import Envelope
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop

from supervision.address import call, cast
from supervision.clock import Timer
from supervision.context import Context
from supervision.errors import Exited, Refusal, SpecError
from supervision.events import DeadLetter
from supervision.faults.errors import Dropped
from supervision.faults.strike import Strikes
from supervision.instruments import Inquiry, Instruments, state_of
from supervision.mailbox import Mailbox, answer_dead, message_of
from supervision.messages import Down, FaultsChanged, Resume, Started, StopRequest, Suspend
from supervision.reasons import IGNORED, NORMAL, Crashed, Reason
from supervision.signals import Ignore, Reply, Stop
from supervision.system import System

__all__ = ["Actor", "Ignore", "Reply", "Stop", "spawn"]


class Actor(pykka.ThreadingActor):
    """Override `on_start`, `on_receive` and `terminate`; everything else is there to be called.

    What is private here is name-mangled: a subclass may use any name without breaking the life of its actor.
    """

    use_daemon_thread = True
    #: How many user messages may wait. System messages have no bound.
    mailbox_bound: ClassVar[int] = 1000

    context: Context
    actor_inbox: Mailbox

    def __init__(self) -> None:
        super().__init__()
        self.handled = 0
        self.busy_since: float | None = None
        #: The path whose answer (or, for a supervisor, whose start) this actor waits for now.
        self.waits_for: str | None = None
        self.thread: threading.Thread | None = None
        #: What still waited when the mailbox closed, oldest first; `terminate` may give it back to where it came from.
        self.unhandled: list[Any] = []
        self.suspended = False
        self.__attended = False
        self.__instruments: Instruments | None = None
        self.__strikes: Strikes | None = None
        self.__envelope: Envelope[Any] | None = None
        self.__breaker: Callable[[], object] | None = None
        self.__farewells: list[Reply] = []

    # --- to override -------------------------------------------------------------------------------

    def on_start(self) -> Any:
        """Open what you need; raising anything but `Ignore` is a failed start. `StartChild` answers what it returns."""

    def on_receive(self, message: Any) -> Any:
        """Handle one message; the return value answers a `call`.

        Raise a `Refusal` to answer "no" and live on, `Stop` to end; any other exception is a crash, whether the message
        came by `cast` or by `call`.
        """
        self.dead_letter(message, "the actor does not know this message")

    def wind_down(self, reason: Reason) -> None:
        """Finish what still needs the mailbox. Runs on every ending, before the mailbox closes; most need nothing."""

    def terminate(self, reason: Reason) -> None:
        """Release what you hold, in bounded time. Runs on every ending, after the mailbox was closed.

        Raise `Stop(reason)` to leave an ordered end with a reason of your own.
        The default calls Pykka's hooks, so that a plain Pykka actor keeps working here.
        """
        if isinstance(reason, Crashed):
            self.on_failure(type(reason.error), reason.error, reason.error.__traceback__)
        else:
            self.on_stop()

    def inspect(self) -> Any:
        """What is worth seeing from outside, asked between two messages; it is cut to size before it is shown."""
        return state_of(self)

    # --- for the actor's own use -------------------------------------------------------------------

    def cast(self, path: str, message: Any) -> None:
        """Send without waiting. Raises NoProc or MailboxFull; then the message was not taken."""
        cast(self.context.system, path, message)

    def call(self, path: str, message: Any, timeout: float = 5.0) -> Any:
        """Send and wait for the answer, at most `timeout` seconds.

        Raises:
            NoProc: never handled. CallTimeout: perhaps handled. CallCycle: would deadlock, not sent.
            MailboxFull: not taken. Anything else: the peer's own error.
        """
        return call(self.context.system, path, message, timeout, self)

    def send_after(self, seconds: float, message: Any) -> Timer:
        """Send `message` to this actor later; it is dropped when the actor has ended by then."""
        inbox = self.actor_inbox

        def deliver() -> None:
            if not inbox.closed:
                inbox.put_unbounded(message)

        return self.context.system.clock.after(seconds, deliver)

    def monitor(self, path: str) -> None:
        """A `Down` arrives in `on_receive` when whoever runs at `path` now ends; at once (`noproc`) if nobody does."""
        self.context.system.registry.monitor(path, self.actor_inbox.put_system)

    def on_break(self, breaker: Callable[[], object] | None) -> None:
        """Register how to wake this thread out of a blocking call: `sock.shutdown`, a database cancel.

        The supervisor calls it, from its own thread, when the actor does not stop in time.
        """
        self.__breaker = breaker

    def check_fence(self) -> None:
        """Call right before an effect that cannot be undone. Raises Fenced when this incarnation was abandoned."""
        self.context.fence.check(self.context.path, self.context.incarnation)

    def take_reply(self) -> Reply:
        """Take over the answer to the message in hand; the return value of `on_receive` is then not used.

        Whoever takes it must answer, also on the way out: an unanswered caller learns nothing until its timeout.
        """
        envelope = self.__envelope
        if envelope is None:
            return Reply(None)
        reply, envelope.reply_to = Reply(envelope.reply_to), None
        return reply

    def take_queued(self, kind: type, limit: int) -> list[tuple[Any, Reply]]:
        """Take up to `limit` further messages of `kind` that already wait in front, each with its answer to give."""
        taken = self.actor_inbox.take(lambda message: isinstance(message, kind), limit)
        self.handled += len(taken)
        return [(message_of(item), Reply(item.reply_to if isinstance(item, Envelope) else None)) for item in taken]

    def dead_letter(self, message: Any, reason: str) -> None:
        """Count and log a message that had no taker."""
        self.context.system.events.emit(
            DeadLetter(path=self.context.path, message=type(message).__name__, reason=reason)
        )

    # --- any thread --------------------------------------------------------------------------------

    def depth(self) -> tuple[int, int]:
        """Messages waiting, as (system lane, user lane)."""
        return self.actor_inbox.depth()

    def busy_seconds(self) -> float:
        """How long the message in hand has been in hand; 0 when there is none."""
        since = self.busy_since
        return 0.0 if since is None else max(0.0, time.monotonic() - since)

    @property
    def held_by_fault(self) -> bool:
        """A fault on purpose holds it up now: it hangs, is slow, or refuses to stop."""
        return self.__strikes is not None and self.__strikes.holding

    def instruments(self) -> dict[str, Any] | None:
        """What the instruments of `debug.Debug` show; None while all are off."""
        return None if self.__instruments is None else self.__instruments.snapshot()

    def request_stop(self, reason: Reason) -> None:
        """Ask the actor to end with `reason` after the message in hand."""
        self.actor_inbox.put_system(StopRequest(reason))

    def break_blocking(self) -> None:
        """Call the registered breaker, if any; it only has to wake a thread, so its own errors change nothing."""
        if self.__strikes is not None:
            self.__strikes.wake()
        breaker = self.__breaker
        if breaker is not None:
            try:
                breaker()
            except Exception as error:
                self.dead_letter(error, "the breaker failed")

    # --- the life of an actor ----------------------------------------------------------------------
    # Two underscores, because subclasses are other people's code: a `_serve` of theirs must not replace ours.

    @classmethod
    def _create_actor_inbox(cls) -> Mailbox:
        return Mailbox(cls.mailbox_bound)

    def _start_actor_loop(self) -> None:
        self.context = getattr(self, "context", None) or _bare_context(self)
        name = f"{self.context.path}#{self.context.incarnation}"
        self.thread = threading.Thread(target=self._actor_loop, name=name, daemon=self.use_daemon_thread)
        self.thread.start()

    def _actor_loop(self) -> None:
        reason: Reason = IGNORED
        try:
            reason = self.__live()
            reason = self.__finish(reason)
        finally:
            self.__leave(reason)

    def __live(self) -> Reason:
        try:
            self.__rearm()
            if self.__strikes is not None:
                self.__strikes.at_start()
            if self.context.name is not None:
                self.context.name.claim(self)
            info = self.on_start()
            self.check_fence()
            self.context.system.registry.register(self)
            self.__rearm()  # from now on we are told of new faults; one may have been added while we started
            self.context.notify(Started(self.context.path, self.context.incarnation, info))
            self.__serve()
        except Stop as stop:
            return stop.reason
        except Ignore:
            return IGNORED
        except BaseException as error:  # Pykka must never see one: it would stop every actor of the process
            return Crashed.of(error, injected=self.__strikes is not None and self.__strikes.caused(error))

    def __serve(self) -> NoReturn:
        get, on_receive, monotonic = self.actor_inbox.get, self.on_receive, time.monotonic
        while True:
            item = get()
            self.busy_since = monotonic()
            # Nearly every message is a plain cast to an actor without faults and instruments; the rest can afford more.
            if type(item) in _SPECIAL or self.__attended:
                self.__handle(item)
            else:
                try:
                    on_receive(item)
                except Refusal as refusal:
                    self.dead_letter(item, f"refused: {refusal}")
            item = None  # or the last message, perhaps 20 MB, would stay alive while the actor is idle
            self.busy_since = None
            self.handled += 1

    def __handle(self, item: Any) -> None:
        if not isinstance(item, Envelope):
            item = Envelope(item)
        self.__envelope = item
        try:
            answer = self.__dispatch(item.message)
        except Refusal as refusal:
            if item.reply_to is None or isinstance(refusal, Dropped):
                self.dead_letter(item.message, f"refused: {refusal}")
            if item.reply_to is not None:
                Reply(item.reply_to).fail(refusal)
        except Stop:
            self.__farewells.append(Reply(item.reply_to))
            raise
        except Exception as error:
            Reply(item.reply_to).fail(error)
            raise
        except BaseException as error:
            Reply(item.reply_to).fail(Exited(f"{self.context.path} ended by {error!r}"))
            raise
        else:
            if item.reply_to is not None:
                item.reply_to.set(answer)
        self.__envelope = None

    def __dispatch(self, message: Any) -> Any:
        kind = type(message)
        if kind in _CONTROL:
            return self.__control(message)
        if kind is _ActorStop:
            raise Stop(NORMAL)
        if self.__strikes is not None:
            self.__strikes.at_message(message)
        observed = self.__instruments
        return self._handle_receive(message) if observed is None else self.__observe(observed, message)

    def __observe(self, instruments: Instruments, message: Any) -> Any:
        instruments.note("in", message)
        answer = self._handle_receive(message)
        if getattr(self.__envelope, "reply_to", None) is not None:
            instruments.note("out", answer)
        self.__keep(instruments)
        return answer

    def __answer(self, inquiry: Inquiry) -> Any:
        instruments = self.__instruments or Instruments(self.context)
        try:
            return inquiry.answer(self, instruments)
        finally:
            self.__keep(instruments)

    def __keep(self, instruments: Instruments) -> None:
        self.__instruments = instruments if instruments.active else None
        self.__attend()

    def __control(self, message: Any) -> Any:
        match message:
            case StopRequest(reason):
                if self.__strikes is None or not self.__strikes.refuse(reason):
                    raise Stop(reason)
            case FaultsChanged(added):
                self.__rearm()
                if self.__strikes is not None:
                    self.__strikes.at_once(added)
            case Suspend():
                self.__wait_for_resume()
            case Inquiry():
                return self.__answer(message)

    def __wait_for_resume(self) -> None:
        """Serve control messages only; a second `Suspend` changes nothing, as in OTP's `sys`."""
        self.suspended, self.busy_since = True, None  # it waits for a message, and is not hung
        inbox = self.actor_inbox
        while not isinstance(item := inbox.receive(lambda one: type(message_of(one)) in _CONTROL, None), Resume):
            if not isinstance(item, Suspend):
                self.__handle(item)
        self.suspended = False

    def __rearm(self) -> None:
        armed = self.context.system.faults.armed_for(self.context.path, self.context.type)
        if armed and self.__strikes is None:
            self.__strikes = Strikes(self)
        if self.__strikes is not None:
            self.__strikes.armed = armed
        self.__attend()

    def __attend(self) -> None:
        self.__attended = self.__instruments is not None or (self.__strikes is not None and bool(self.__strikes.armed))

    def __finish(self, reason: Reason) -> Reason:
        """Close the mailbox before `terminate`, so that askers hear at once and not after a slow release."""
        self.__envelope = None
        reason = self.__guarded(self.wind_down, reason)
        waiting = self.actor_inbox.close()
        self.unhandled = [*(self.__strikes.unseen if self.__strikes else ()), *map(message_of, waiting)]
        for item in waiting:
            answer_dead(item)
        return self.__guarded(self.terminate, reason)

    def __guarded(self, hook: Callable[[Reason], None], reason: Reason) -> Reason:
        """Run a hook of the ending. Its own failure becomes the reason only if there was no worse one."""
        try:
            hook(reason)
        except Stop as stop:
            return stop.reason if reason.expected else reason
        except BaseException as error:
            self.dead_letter(error, f"{hook.__name__} failed: {error!r}")
            return Crashed.of(error) if reason.expected else reason
        return reason

    def __leave(self, reason: Reason) -> None:
        """The last thing this thread does: free the path, then tell everybody, the supervisor last."""
        self.actor_stopped.set()
        pykka.ActorRegistry.unregister(self.actor_ref)
        down = Down(self.context.path, self.context.incarnation, reason)
        for watcher in self.context.system.registry.unregister(self):
            watcher(down)
        for farewell in self.__farewells:
            farewell.set(None)
        if self.context.fence.closed:
            self.context.system.tree.buried(self.context.path, self.context.incarnation)
        if self.__strikes is not None:
            self.__strikes.end()
        self.context.notify(down)


_CONTROL = frozenset({StopRequest, FaultsChanged, Suspend, Resume, Inquiry})
_SPECIAL = _CONTROL | {Envelope, _ActorStop, ProxyCall, ProxyGetAttr, ProxySetAttr}


def _bare_context(actor: Actor) -> Context:
    """For an actor started the Pykka way, outside every tree: nobody to notify."""
    return Context(f"/{actor.actor_urn}", 1, System(), lambda notice: None)


def spawn(factory: Callable[..., Actor], args: tuple[Any, ...], kwargs: dict[str, Any], context: Context) -> Actor:
    """Construct and start an actor; returns at once, `context.notify` hears how the start went.

    Runs in the caller's thread, so errors of the constructor surface here.
    """
    actor = factory(*args, **kwargs)
    if not isinstance(actor, Actor):
        raise SpecError("bad_return", actor, f"{factory!r} must return an unstarted Actor")
    actor.context = context
    actor._start_actor_loop()
    return actor
