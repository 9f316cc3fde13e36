"""What became of pieces, asked with query_sm (SMPP 3.4, section 4.8). Belongs to the bind's thread, for one connection.

One question at a time, and only when no text waits for the room in the window. Many SMSCs know no query_sm, and say so,
or nothing at all: after `MOST_SILENT` in a row without an answer this connection asks no more.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from actors.carrier.port import Named, Question, Receipt, Silent
from actors.smpp import addresses, statuses
from actors.smpp.config import BindConfig
from actors.smpp.errors import CannotSay
from actors.smpp.events import Answered
from actors.smpp.fields import Value
from actors.smpp.pdu import Pdu, encode
from actors.smpp.receipts import BY_NUMBER
from actors.smpp.session import Session

#: Pieces that wait to be asked for; more are not asked.
MOST = 1000
MOST_SILENT = 3
MOST_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Query:
    """One piece that is asked for, and who wants to know."""

    piece: Named
    reply_to: str


class Questions:
    """`unasked` are pieces of which no receipt will come, by who asked and why, that nobody was told of yet."""

    def __init__(self, carrier: str, config: BindConfig, session: Session) -> None:
        self.unasked: dict[tuple[str, Silent], int] = defaultdict(int)
        self._carrier = carrier
        self._config = config
        self._session = session
        self._waiting: deque[Query] = deque()
        self._silent = 0

    def take(self, question: Question) -> None:
        room = 0 if self._silent >= MOST_SILENT else MOST - len(self._waiting)
        self._waiting.extend(Query(piece, question.reply_to) for piece in question.pieces[:room])
        beyond = len(question.pieces[room:])
        if beyond:
            self.unasked[question.reply_to, Silent.BUSY if room else Silent.UNSUPPORTED] += beyond

    def next(self, now: float) -> bytes:
        """The octets of the next question, if one may be asked now."""
        while self._waiting and self._session.may_query:
            query = self._waiting.popleft()
            try:
                fields = _fields(query.piece, self._config)
            except CannotSay:
                self.unasked[query.reply_to, Silent.REFUSED] += 1
                continue
            return encode(self._session.query(fields, query, now).pdu)
        return b""

    def answered(self, query: Query, event: Answered) -> Receipt | None:
        """What the SMSC said; None when it refused."""
        self._silent = 0
        receipt = read(event.response, self._carrier, query.piece.carrier_id, self._config.opted_out)
        if receipt is None:
            self.unasked[query.reply_to, Silent.REFUSED] += 1
        return receipt

    def expired(self, query: Query) -> None:
        self._silent += 1
        self.unasked[query.reply_to, Silent.UNANSWERED] += 1
        if self._silent >= MOST_SILENT:
            self._drop(Silent.UNSUPPORTED)

    def lost(self) -> None:
        """The connection is gone. What was under way counts as asked."""
        self._drop(Silent.UNANSWERED)

    def _drop(self, why: Silent) -> None:
        for query in self._waiting:
            self.unasked[query.reply_to, why] += 1
        self._waiting.clear()


def _fields(piece: Named, config: BindConfig) -> dict[str, Value]:
    """Raises CannotSay."""
    if not piece.carrier_id.isascii() or len(piece.carrier_id) > MOST_CHARACTERS:
        raise CannotSay(f"a message_id has up to {MOST_CHARACTERS} ASCII characters")
    ton, npi, address = addresses.write(piece.source, config)
    source: dict[str, Value] = {"source_addr_ton": ton, "source_addr_npi": npi, "source_addr": address}
    return {"message_id": piece.carrier_id, **source}


def read(response: Pdu, carrier: str, carrier_id: str, opted_out: frozenset[int] = frozenset()) -> Receipt | None:
    """The answer as a receipt of the piece, by the name that we know; None when it is a refusal."""
    # A refusal may come without a body.
    state = BY_NUMBER.get(response.number("message_state")) if "message_state" in response.fields else None
    if response.status != statuses.ROK or state is None:
        return None
    code = response.number("error_code")
    at = moment(response.text("final_date"))
    return Receipt(carrier, carrier_id, state, str(code) if code else "", at, code in opted_out)


def moment(word: str) -> datetime | None:
    """An absolute time (section 7.1.1): `YYMMDDhhmmss`, tenths, and quarters of an hour from UTC with their sign."""
    try:
        offset = timedelta(minutes=15 * int(word[13:15]))
        zone = timezone({"+": offset, "-": -offset}[word[15:]])
        return datetime.strptime(word[:12], "%y%m%d%H%M%S").replace(tzinfo=zone)
    except (KeyError, ValueError):
        return None
