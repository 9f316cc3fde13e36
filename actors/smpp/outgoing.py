"""The pieces that a bind has in hand, from the hand-over to the one outcome that is told of each.

Belongs to the bind's thread, for one connection. A piece waits until the window has room, then it is in flight. When
the SMSC throttles, what waits goes back: sent now it would overtake the one that was throttled.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from actors.carrier.port import Handover, InDoubt, Outcome, Piece, Refused, Throttled, Unsent, Verdict
from actors.smpp import ids, statuses
from actors.smpp.config import BindConfig
from actors.smpp.connection import Connection
from actors.smpp.errors import CannotSay
from actors.smpp.events import Answered, Expired, Late
from actors.smpp.pdu import Pdu, encode
from actors.smpp.session import Session
from actors.smpp.submit import parameters
from actors.smpp.tags import Tag, integer
from actors.smpp.tally import Tally

NOT_SAID = "not sayable"


@dataclass(slots=True)
class Ticket:
    """One piece. `end`: the octet of the connection with which it has left."""

    piece: Piece
    reply_to: str
    end: int = 0


class Outgoing:
    """`outcomes` are those not told yet, by who is to hear them; `late` likewise, of pieces that were in doubt."""

    def __init__(self, config: BindConfig, connection: Connection, session: Session, tally: Tally) -> None:
        self.outcomes: dict[str, list[Outcome]] = defaultdict(list)
        self.late: dict[str, list[Outcome]] = defaultdict(list)
        self._config = config
        self._connection = connection
        self._session = session
        self._tally = tally
        self._waiting: deque[Ticket] = deque()

    def take(self, handover: Handover) -> None:
        self._waiting.extend(Ticket(piece, handover.reply_to) for piece in handover.pieces)

    @property
    def idle(self) -> bool:
        """Whether no piece waits for the window."""
        return not self._waiting

    @property
    def ready(self) -> bool:
        """Whether `send` would send something."""
        return bool(self._waiting) and self._session.may_submit

    def send(self, now: float) -> None:
        """As much as the window has room for, in one write. Raises LinkEnded."""
        octets = b"".join(self._submits(now))
        self._tally.in_use = self._session.window.used
        self._connection.write(octets)

    def _submits(self, now: float) -> Iterator[bytes]:
        end = self._connection.queued
        while self._waiting and self._session.may_submit:
            ticket = self._waiting.popleft()
            octets = self._submit(ticket, now)
            end += len(octets)
            ticket.end = end
            yield octets

    def _submit(self, ticket: Ticket, now: float) -> bytes:
        sequence = None
        try:
            fields, tlvs = parameters(ticket.piece, self._config)
            pdu = self._session.submit(fields, tlvs, ticket, now).pdu
            sequence = pdu.sequence
            return encode(pdu)
        except CannotSay as error:
            if sequence is not None:
                self._session.window.take(sequence)
            self._tell(ticket, Refused(NOT_SAID, str(error)))
            return b""

    # --- what became of them ------------------------------------------------------------------------------------------

    def answered(self, event: Answered) -> None:
        self._tally.answered(event.seconds)
        verdict = self._verdict(event.response)
        self._tell(_ticket(event), verdict)
        if isinstance(verdict, Throttled):
            self.give_back("behind a piece that the SMSC throttled")

    def expired(self, event: Expired) -> None:
        self._tell(_ticket(event), InDoubt("the SMSC did not answer in time"))

    def answered_late(self, event: Late) -> None:
        ticket = _ticket(event)
        self.late[ticket.reply_to].append(_outcome(ticket, self._verdict(event.response)))

    def give_back(self, why: str) -> None:
        """What waits has not left us."""
        while self._waiting:
            self._tell(self._waiting.popleft(), Unsent(why))

    def lost(self, why: str) -> None:
        """The connection is gone."""
        for one in self._session.unanswered():
            assert isinstance(one, Ticket)
            left = one.end <= self._connection.sent
            self._tell(one, InDoubt(f"no answer before the end: {why}") if left else Unsent(why))
        self.give_back(why)

    def refuse(self, handover: Handover, why: str) -> None:
        """Pieces that were never taken."""
        for piece in handover.pieces:
            self._tell(Ticket(piece, handover.reply_to), Unsent(why))

    def _verdict(self, response: Pdu) -> Verdict:
        congestion = integer(response.tlvs, Tag.CONGESTION_STATE)
        self._tally.congestion = self._tally.congestion if congestion is None else congestion
        message_id = ids.accepted(response.text("message_id"), self._config.receipt_ids)
        return statuses.verdict(response.status, message_id, self._config.opted_out)

    def _tell(self, ticket: Ticket, verdict: Verdict) -> None:
        self._tally.told(verdict)
        self.outcomes[ticket.reply_to].append(_outcome(ticket, verdict))


def take_all(outcomes: dict[str, list[Outcome]]) -> Mapping[str, tuple[Outcome, ...]]:
    """What is to be told now; nothing is left."""
    taken = {reply_to: tuple(several) for reply_to, several in outcomes.items() if several}
    outcomes.clear()
    return taken


def _outcome(ticket: Ticket, verdict: Verdict) -> Outcome:
    return Outcome(ticket.piece.key, ticket.piece.number, verdict)


def _ticket(event: Answered | Expired | Late) -> Ticket:
    assert isinstance(event.ticket, Ticket)
    return event.ticket
