"""The bind actor: one SMPP session with an SMSC, speaking the carrier port (`actors.carrier.port`).

Its thread owns the connection and turns its loop while the mailbox is empty. It connects and binds when it starts, so
with the SMSC down it waits in BACKOFF and gets no pieces. When the connection is lost, it tells one outcome for each
piece in hand, says `LinkLost`, and crashes: binding again is its supervisor's business. Credentials that the SMSC
refuses for good park it.

Not guaranteed: that `Accepted` means delivered; that what left us arrived. What came in and was not stored comes again.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from actors.carrier.port import (
    Arrived,
    Corrected,
    Handover,
    LinkLost,
    LinkReady,
    Outcomes,
    Question,
    Settled,
    Unasked,
)
from actors.smpp.arrivals import Arrivals, Item
from actors.smpp.config import BindConfig
from actors.smpp.errors import LinkEnded, SmppError, WrongPdu
from actors.smpp.events import Answered, Delivery, Ended, Event, Expired, Late, Noted, Send
from actors.smpp.incoming import Incoming
from actors.smpp.opening import Opening
from actors.smpp.outgoing import Outgoing, take_all
from actors.smpp.pdu import encode
from actors.smpp.questions import Query, Questions
from actors.smpp.session import SENDING, State
from actors.smpp.tally import Tally
from supervision import Crashed, Down, MailboxFull, NoProc, Reason
from supervision.reactor import Reactor

#: Pause before somebody who is absent or overfull is tried again.
AGAIN_SECONDS = 0.2
#: An end waits so often and so long for a full mailbox.
LAST_TRIES, LAST_PAUSE_SECONDS = 50, 0.02
#: Settlements that are carried out in one step at most.
GROUP = 1000
#: Happens in any session that works.
QUIET = frozenset({"alert_notification", "outbind", "inbound_full", "sent_back"})


@dataclass(frozen=True, slots=True)
class Announce:
    """To itself: tell the subscriber that we are ready."""


@dataclass(frozen=True, slots=True)
class Watch:
    """To itself: hear of the intake's end."""


@dataclass(frozen=True, slots=True)
class Retell:
    """To itself: try again to tell what was not taken."""


class Bind(Reactor):
    """Takes `Handover`, `Question`, `Settled`; casts `LinkReady`, `LinkLost`, `Outcomes`, `Corrected`, `Arrived`."""

    mailbox_bound = 10_000

    def __init__(
        self, carrier: str, config: BindConfig, subscriber: str, intake: str, arrivals: Arrivals, tally: Tally
    ) -> None:
        super().__init__()
        self.tally = tally
        self._carrier = carrier
        self._config = config
        self._subscriber = subscriber
        self._intake = intake
        self._arrivals = arrivals
        self._opening = Opening(config)
        self._outgoing: Outgoing | None = None
        self._announced = False
        self._untold: list[tuple[str, Outcomes | Corrected]] = []

    def on_start(self) -> None:
        self.on_break(self._opening.interrupt)
        opened = self._opening.run(self.context.system.clock)
        self._connection, self._session, self._early = opened.connection, opened.session, opened.early
        self._outgoing = Outgoing(self._config, self._connection, self._session, self.tally)
        self._questions = Questions(self._carrier, self._config, self._session)
        self.tally.window = self._config.window
        self._incoming = Incoming(self._arrivals, self._session, self._arrived, self.tally)
        self.attach(self)
        # Not from here: until the start is over nobody can reach us.
        self.send_after(0, Announce())
        self.send_after(0, Watch())

    def on_receive(self, message: Any) -> None:
        match message:
            case Handover():
                self._hand_over(message)
            case Question():
                self._ask(message)
            case Settled():
                self._settle([message, *(one for one, _ in self.take_queued(Settled, GROUP))])
            case Announce():
                self._announce()
            case Watch():
                self.monitor(self._intake)
            case Retell():
                untold, self._untold = self._untold, []
                for reply_to, told in untold:
                    self._say(reply_to, told)
            case Down(path):
                self._gone(path)
            case _:
                self.dead_letter(message, "a bind does not know this message")

    def wind_down(self, reason: Reason) -> None:
        """An ordered stop waits a moment for answers that are on their way, then unbinds."""
        if self._outgoing is None or not reason.expected:
            return
        self._outgoing.give_back("the bind stops")
        until = self._now() + self._config.seconds.farewell
        with suppress(SmppError):  # it ends either way
            while self._session.window.waiting and self._now() < until:
                self._settle([one for one, _ in self.take_queued(Settled, GROUP)])
                self.pump(until - self._now())
            self._carry_out(self._session.unbind(self._now()))
            while self._session.state is not State.CLOSED and self._now() < until:
                self.pump(until - self._now())

    def terminate(self, reason: Reason) -> None:
        self.detach()
        why = _why(reason)
        if self._outgoing is not None:
            self._take_leave(self._outgoing, why)
        if self._announced:
            lost = LinkLost(self.context.path, self._carrier, self.context.incarnation, why)
            self._last_word(self._subscriber, lost)
        self._opening.release()

    def _take_leave(self, outgoing: Outgoing, why: str) -> None:
        """One outcome for each piece in hand, those in the mailbox included."""
        outgoing.lost(why)
        self._questions.lost()
        self._tell_unasked()
        for message in self.unhandled:
            if isinstance(message, Handover) and message.incarnation == self.context.incarnation:
                outgoing.refuse(message, why)
        for reply_to, told in self._untold:
            self._last_word(reply_to, told)
        self._tell(last=True)
        self.tally.in_use = 0
        self._incoming.lost(self._now())

    # --- the loop -----------------------------------------------------------------------------------------------------

    def pump(self, timeout_seconds: float) -> None:
        """Serve the connection for one turn. Raises LinkEnded."""
        early, self._early = self._early, ()
        frames = self._turn(0.0 if early else min(timeout_seconds, self._due() - self._now()))
        now = self._now()
        events = [*early, *(event for frame in frames for event in self._session.receive(frame, now))]
        self._carry_out(events + self._session.tick(now))
        self._write(self._incoming.tick(now))
        self._send(now)

    def wake(self) -> None:
        """End a `pump` that waits. Any thread."""
        self._connection.wake()

    def _turn(self, timeout_seconds: float) -> list[bytes]:
        try:
            return self._connection.turn(timeout_seconds)
        except WrongPdu as wrong:
            self._carry_out(self._session.wrong(wrong))
            raise

    def _due(self) -> float:
        incoming = self._incoming.due()
        return self._session.due() if incoming is None else min(incoming, self._session.due())

    def _carry_out(self, events: Iterable[Event]) -> None:
        """Whatever ends the session is raised when everything else is told."""
        assert self._outgoing is not None
        octets: list[bytes] = []
        ended: Ended | None = None
        for event in events:
            match event:
                case Send(pdu):
                    octets.append(encode(pdu))
                case Answered(Query() as query):
                    receipt = self._questions.answered(query, event)
                    octets += [] if receipt is None else self._incoming.asked(receipt, self._now())
                case Expired(Query() as query):
                    self._questions.expired(query)
                case Answered():
                    self._outgoing.answered(event)
                case Expired():
                    self._outgoing.expired(event)
                case Late():
                    self.tally.events["late_answer"] += 1
                    self._outgoing.answered_late(event)
                case Delivery():
                    octets += self._incoming.delivered(event, self._now())
                case Noted():
                    self._note(event)
                case Ended():
                    ended = event
        self._write(octets)
        self._tell()
        if ended is not None and not ended.orderly:
            raise LinkEnded(ended.why)

    def _note(self, noted: Noted) -> None:
        self.tally.events[noted.what] += 1
        if noted.what not in QUIET:
            self.dead_letter(noted, f"{noted.what}: {noted.detail}")

    def _write(self, octets: list[bytes]) -> None:
        if octets:
            self._connection.write(b"".join(octets))

    # --- pieces -------------------------------------------------------------------------------------------------------

    def _hand_over(self, handover: Handover) -> None:
        assert self._outgoing is not None
        if handover.incarnation != self.context.incarnation:
            self.dead_letter(handover, f"meant for incarnation {handover.incarnation}")
        elif self._session.state in SENDING:
            self._outgoing.take(handover)
            self._send(self._now())
        else:
            self._outgoing.refuse(handover, f"the session is {self._session.state}")
            self._tell()

    def _send(self, now: float) -> None:
        if self._outgoing is not None and self._outgoing.ready:
            self.check_fence()
            self._outgoing.send(now)
        self._tell()
        if self._outgoing is not None and self._outgoing.idle:
            self._write([octets for octets in [self._questions.next(now)] if octets])
        self._tell_unasked()

    def _ask(self, question: Question) -> None:
        if question.incarnation == self.context.incarnation:
            self._questions.take(question)
            self._send(self._now())

    def _tell_unasked(self) -> None:
        for (reply_to, why), pieces in self._questions.unasked.items():
            self.tally.events[f"question_{why}"] += pieces
            self._try(reply_to, Unasked(self.context.path, self._carrier, pieces, why))
        self._questions.unasked.clear()

    def _tell(self, last: bool = False) -> None:
        if self._outgoing is None or not (self._outgoing.outcomes or self._outgoing.late):
            return
        self.tally.in_use = self._session.window.used
        path, carrier, incarnation = self.context.path, self._carrier, self.context.incarnation
        for reply_to, outcomes in take_all(self._outgoing.outcomes).items():
            self._say(reply_to, Outcomes(path, carrier, incarnation, outcomes), last)
        for reply_to, outcomes in take_all(self._outgoing.late).items():
            self._say(reply_to, Corrected(path, carrier, incarnation, outcomes), last)

    def _say(self, reply_to: str, told: Outcomes | Corrected, last: bool = False) -> None:
        if last:
            self._last_word(reply_to, told)
            return
        try:
            self.cast(reply_to, told)
        except NoProc:
            self.dead_letter(told, "whoever handed the pieces over is gone")
        except MailboxFull:
            self._untold.append((reply_to, told))
            self.send_after(AGAIN_SECONDS, Retell())

    def _last_word(self, path: str, message: object) -> None:
        """There is no later: a full mailbox gets a moment now."""
        pause = threading.Event()
        for _ in range(LAST_TRIES):
            try:
                self.cast(path, message)
                return
            except NoProc:
                break
            except MailboxFull:
                pause.wait(LAST_PAUSE_SECONDS)
        self.dead_letter(message, "whoever should hear it is gone or overfull")

    # --- what came in -------------------------------------------------------------------------------------------------

    def _settle(self, settlements: Iterable[Settled]) -> None:
        self._write(self._incoming.settled(settlements, self._now()))

    def _arrived(self, token: int, item: Item) -> bool:
        return self._try(self._intake, Arrived(self.context.path, self._carrier, self.context.incarnation, token, item))

    # --- the subscriber -----------------------------------------------------------------------------------------------

    def _announce(self) -> None:
        if self._session.state not in SENDING:
            return
        ready = LinkReady(self.context.path, self._carrier, self.context.incarnation, self._config.window)
        if not self._try(self._subscriber, ready):
            self.send_after(AGAIN_SECONDS, Announce())
            return
        self._announced = True
        if self._subscriber != self._intake:
            self.monitor(self._subscriber)

    def _gone(self, path: str) -> None:
        """The subscriber, the intake, or one actor that is both and is watched once."""
        if path == self._intake:
            self._write(self._incoming.abandoned(self._now()))
            self.send_after(AGAIN_SECONDS, Watch())
        if path == self._subscriber:
            self.send_after(AGAIN_SECONDS, Announce())

    def _try(self, path: str, message: object) -> bool:
        try:
            self.cast(path, message)
        except (NoProc, MailboxFull):
            return False
        return True

    def _now(self) -> float:
        return self.context.system.clock.monotonic()


def _why(reason: Reason) -> str:
    return str(reason.error) if isinstance(reason, Crashed) else str(reason)
