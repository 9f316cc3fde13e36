"""One SMPP session, from the open connection to its end, as a state machine (SMPP 3.4, section 2.2). Pure.

No I/O and no clock: what comes in is a method with the time as an argument; what is to be done is the list of events it
returns. The time of a session goes forward. It is used once, by one thread.

Answers may come in any order. A request without an answer is told as `Expired`, once; if the answer comes after all, it
is `Late`. Deliveries are answered when the owner says so, not before. `outbind` is not for us: we bind ourselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from actors.smpp import commands, statuses
from actors.smpp.commands import Command
from actors.smpp.errors import WrongPdu
from actors.smpp.events import (
    Answered,
    Bound,
    Delivery,
    Ended,
    Event,
    Expired,
    Late,
    Noted,
    Refused,
    Send,
)
from actors.smpp.fields import Value
from actors.smpp.pdu import Pdu, decode
from actors.smpp.tags import Tlvs
from actors.smpp.window import Window


class State(StrEnum):
    """`open` is connected and not yet bound, `unbound` waits for the answer to our unbind."""

    OPEN = "open"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBOUND = "unbound"
    CLOSED = "closed"


BOUND = frozenset({State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX})
SENDING = frozenset({State.BOUND_TX, State.BOUND_TRX})
RECEIVING = frozenset({State.BOUND_RX, State.BOUND_TRX})
BINDS: Mapping[Command, State] = {
    commands.BIND_TRANSMITTER: State.BOUND_TX,
    commands.BIND_RECEIVER: State.BOUND_RX,
    commands.BIND_TRANSCEIVER: State.BOUND_TRX,
}
_QUERY_ANSWERS = frozenset({commands.QUERY_SM_RESP, commands.GENERIC_NACK})


@dataclass(frozen=True, slots=True)
class Limits:
    """Pieces and seconds.

    Attributes:
        window: unanswered submit_sm at once.
        inbound: deliveries that wait for their answer from us; more are sent back for now.
        response: for the answer to bind, submit_sm, query_sm and unbind.
        idle: so long without a word from the SMSC, then we ask with enquire_link.
        enquiry: for any word after that; then the link is dead.
    """

    window: int = 10
    inbound: int = 1000
    response: float = 30.0
    idle: float = 30.0
    enquiry: float = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A bind or unbind that waits for its answer until `due_at`."""

    command: Command
    sequence: int
    due_at: float

    def is_answered_by(self, pdu: Pdu) -> bool:
        answers = (commands.response_to(self.command), commands.GENERIC_NACK)
        return pdu.sequence == self.sequence and pdu.command in answers


@dataclass(frozen=True, slots=True)
class Query:
    """A query_sm that waits for its answer until `due_at`. Nothing is in doubt by it: in the end it gives up."""

    ticket: object
    sequence: int
    sent_at: float
    due_at: float


class Session:
    """See `Limits`; events are in `actors.smpp.events`."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.state = State.OPEN
        self.window = Window(limits.window)
        self._limits = limits
        self._heard_at = now
        self._enquired_at: float | None = None
        self._asked: Asked | None = None
        self._query: Query | None = None
        self._deliveries: dict[int, Command] = {}

    # --- what we want -------------------------------------------------------------------------------------------------

    def bind(self, command: Command, fields: Mapping[str, Value], now: float) -> list[Event]:
        return self._request(command, now, fields)

    def submit(self, fields: Mapping[str, Value], tlvs: Tlvs, ticket: object, now: float) -> Send:
        """For a session that is bound for sending, when its window has room."""
        sequence = self.window.add(ticket, now, self._limits.response)
        return Send(Pdu(commands.SUBMIT_SM, sequence, fields=fields, tlvs=tlvs), ticket)

    def query(self, fields: Mapping[str, Value], ticket: object, now: float) -> Send:
        """When `may_query`: one at a time, in a place of the window."""
        sequence = self.window.next_sequence()
        self._query = Query(ticket, sequence, now, now + self._limits.response)
        return Send(Pdu(commands.QUERY_SM, sequence, fields=fields), ticket)

    def answer(self, sequence: int, status: int) -> Send | None:
        """Answer a delivery; None when it is answered already."""
        command = self._deliveries.pop(sequence, None)
        return None if command is None else _reply(command, sequence, status)

    def unbind(self, now: float) -> list[Event]:
        if self.state not in BOUND:
            return []
        self.state = State.UNBOUND
        return self._request(commands.UNBIND, now)

    @property
    def may_submit(self) -> bool:
        return self.state in SENDING and self.window.room > (self._query is not None)

    @property
    def may_query(self) -> bool:
        return self.state in SENDING and self.window.room > 0 and self._query is None

    # --- time ---------------------------------------------------------------------------------------------------------

    def due(self) -> float:
        """When `tick` has something to do."""
        times = [self.window.due(), *(one.due_at for one in (self._asked, self._query) if one is not None)]
        if self._enquired_at is not None:
            times.append(self._enquired_at + self._limits.enquiry)
        elif self.state in BOUND:
            times.append(self._heard_at + self._limits.idle)
        return min((at for at in times if at is not None), default=self._heard_at + self._limits.idle)

    def tick(self, now: float) -> list[Event]:
        events: list[Event] = [Expired(request.ticket) for request in self.window.expire(now)]
        if self._query is not None and now >= self._query.due_at:
            events.append(Expired(self._query.ticket))
            self._query = None
        if self.state is State.CLOSED:
            return events
        if self._asked is not None and now >= self._asked.due_at:
            return [*events, *self._end(f"no answer to {self._asked.command.name}")]
        if self.window.lost:
            return [*events, *self._end("it answers too few of our texts")]
        return events + self._keep_alive(now)

    def _keep_alive(self, now: float) -> list[Event]:
        if self._enquired_at is not None:
            return self._end("no answer to enquire_link") if now >= self._enquired_at + self._limits.enquiry else []
        if self.state not in BOUND or now < self._heard_at + self._limits.idle:
            return []
        self._enquired_at = now
        return [Send(Pdu(commands.ENQUIRE_LINK, self.window.next_sequence()))]

    # --- what the SMSC says -------------------------------------------------------------------------------------------

    def receive(self, frame: bytes, now: float) -> list[Event]:
        """One frame, whole. Never raises: what is wrong with it is among the events."""
        if self.state is State.CLOSED:
            return []
        self._heard_at, self._enquired_at = now, None
        try:
            pdu = decode(frame)
        except WrongPdu as wrong:
            return self.wrong(wrong)
        return self._response(pdu, now) if pdu.command.is_response else self._request_of(pdu)

    def wrong(self, wrong: WrongPdu) -> list[Event]:
        """What could not be read is answered with generic_nack, unless it was an answer itself (section 4.3)."""
        events: list[Event] = [Noted("wrong_pdu", str(wrong))]
        if not wrong.command_id & commands.RESPONSE:
            events.append(Send(Pdu(commands.GENERIC_NACK, wrong.sequence, wrong.answer)))
        elif (request := self.window.take(wrong.sequence)) is not None and not request.expired:
            events.append(Expired(request.ticket))
        return events + self._end(f"it does not speak SMPP: {wrong.why}") if wrong.fatal else events

    def _request_of(self, pdu: Pdu) -> list[Event]:
        match pdu.command:
            case commands.ENQUIRE_LINK:
                return [_reply(pdu.command, pdu.sequence, statuses.ROK)]
            case commands.UNBIND:
                reply = _reply(pdu.command, pdu.sequence, statuses.ROK)
                return [reply, *self._end("the SMSC unbound us")]
            case commands.DELIVER_SM | commands.DATA_SM:
                return self._delivered(pdu)
            case commands.ALERT_NOTIFICATION:
                return [Noted("alert_notification")]
            case commands.OUTBIND:
                return [Noted("outbind")]
        return _unexpected(pdu)

    def _delivered(self, pdu: Pdu) -> list[Event]:
        if self.state is State.UNBOUND:
            return [Noted("sent_back"), _reply(pdu.command, pdu.sequence, statuses.RX_T_APPN)]
        if self.state not in RECEIVING:
            return _unexpected(pdu)
        if len(self._deliveries) >= self._limits.inbound:
            return [Noted("inbound_full"), _reply(pdu.command, pdu.sequence, statuses.RX_T_APPN)]
        if pdu.sequence in self._deliveries:
            return [Noted("sequence_in_use", f"{pdu.command.name} {pdu.sequence}")]
        self._deliveries[pdu.sequence] = pdu.command
        return [Delivery(pdu.sequence, pdu)]

    def _response(self, pdu: Pdu, now: float) -> list[Event]:
        if self._asked is not None and self._asked.is_answered_by(pdu):
            return self._bound_or_unbound(pdu, self._asked.command)
        if pdu.command is commands.ENQUIRE_LINK_RESP:
            return []
        query = self._query
        if query is not None and query.sequence == pdu.sequence and pdu.command in _QUERY_ANSWERS:
            self._query = None
            return [Answered(query.ticket, pdu, now - query.sent_at)]
        if pdu.command not in (commands.SUBMIT_SM_RESP, commands.GENERIC_NACK):
            return [Noted("unexpected_response", pdu.command.name)]
        request = self.window.take(pdu.sequence)
        if request is None:
            return [Noted("unexpected_response", f"{pdu.command.name} {pdu.sequence}")]
        if request.expired:
            return [Late(request.ticket, pdu)]
        return [Answered(request.ticket, pdu, now - request.sent_at)]

    def _bound_or_unbound(self, pdu: Pdu, asked: Command) -> list[Event]:
        self._asked = None
        if asked is commands.UNBIND:
            return self._end("unbound", orderly=True)
        if pdu.status != statuses.ROK or pdu.command is commands.GENERIC_NACK:
            self.state = State.CLOSED
            return [Refused(pdu.status)]
        self.state = BINDS[asked]
        return [Bound(pdu)]

    # --- ends ---------------------------------------------------------------------------------------------------------

    def unanswered(self) -> Sequence[object]:
        """Tickets of which nothing is known yet, oldest first."""
        return [request.ticket for request in self.window.unanswered()]

    def _end(self, why: str, orderly: bool = False) -> list[Event]:
        self.state = State.CLOSED
        return [Ended(why, orderly)]

    def _request(self, command: Command, now: float, fields: Mapping[str, Value] | None = None) -> list[Event]:
        sequence = self.window.next_sequence()
        self._asked = Asked(command, sequence, now + self._limits.response)
        return [Send(Pdu(command, sequence, fields=fields or {}))]


def _unexpected(pdu: Pdu) -> list[Event]:
    """A request that has no place in this session."""
    return [Noted("unexpected_request", pdu.command.name), _reply(pdu.command, pdu.sequence, statuses.RINVBNDSTS)]


def _reply(command: Command, sequence: int, status: int) -> Send:
    return Send(Pdu(commands.response_to(command), sequence, status))
