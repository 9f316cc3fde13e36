"""The carrier port: what a carrier's link and its subscriber tell each other, whatever the carrier speaks.

Values only; any thread. A link is an actor with one connection to one carrier (an SMPP bind, an HTTP client, a
simulated one). Out: it casts `LinkReady` when it can take pieces, is sent `Handover`s of no more pieces than its window
has room for, and casts one `Outcome` for each piece, also when the connection was lost; only about one that was in
doubt may it learn more, and then it casts `Corrected`. In: it casts `Arrived` with texts and receipts, and answers its
carrier only when it was told `Settled`. Asked by a `Question` what became of pieces, it casts receipts to its intake.

A link never hands a piece over twice of its own accord: the limit is charged per hand-over, by whoever sent it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from actors.gsm.coding import Coding


class NumberType(StrEnum):
    """What a sender's address is; short codes and names are no E.164 numbers."""

    E164 = "e164"
    SHORT_CODE = "short-code"
    ALPHANUMERIC = "alphanumeric"


@dataclass(frozen=True, slots=True)
class Party:
    """An address on the mobile network: `+` and digits, a short code's digits, or up to 11 characters of a name."""

    type: NumberType
    value: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What is handed over at once: one segment, or a whole text for a carrier that splits texts itself.

    Attributes:
        key: of the text.
        number: of this piece among `total`, from 1.
        units: segments the partner counts for it.
        body: encoded, without the header; `udh` is the user data header, empty without one.
        text: all that the text says.
        receipt: whether a delivery receipt is wanted.
        valid_seconds: how long the carrier shall try; None leaves it to the carrier.
    """

    key: str
    number: int
    total: int
    units: int
    source: Party
    destination: Party
    coding: Coding
    body: bytes
    udh: bytes
    text: str
    receipt: bool = True
    valid_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class LinkReady:
    """Link to subscriber: connected; takes up to `window` unanswered pieces. Comes after each start of either side."""

    link: str
    carrier: str
    incarnation: int
    window: int


@dataclass(frozen=True, slots=True)
class LinkLost:
    """Link to subscriber: the connection is gone. An `Outcome` for each piece in hand came before."""

    link: str
    carrier: str
    incarnation: int
    reason: str


@dataclass(frozen=True, slots=True)
class Handover:
    """Subscriber to link: send these, in this order, and tell `reply_to`. Another incarnation leaves them alone."""

    pieces: tuple[Piece, ...]
    reply_to: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has it. `carrier_id` is its name for the piece, by which receipts come."""

    carrier_id: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """The carrier wants less of everything: the whole carrier slows down and keeps its order."""

    code: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will not take this piece. `opted_out` when it says that the member wants no texts."""

    code: str
    reason: str
    permanent: bool = True
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It left us, and no answer came."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """It did not leave us."""

    reason: str


Verdict = Accepted | Throttled | Refused | InDoubt | Unsent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one piece."""

    key: str
    number: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Link to subscriber, in the order in which they were known."""

    link: str
    carrier: str
    incarnation: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """Link to whoever heard `InDoubt`: the carrier's answer came after all. Frees no room in the window."""

    link: str
    carrier: str
    incarnation: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A piece that the carrier has: the carrier's name for it, and our address that it was sent from."""

    carrier_id: str
    source: Party


@dataclass(frozen=True, slots=True)
class Question:
    """Subscriber to link: what became of these? What the carrier says comes as receipts, by way of the intake.

    Pieces to be sent go first. `reply_to` hears `Unasked` about what no receipt will come of.
    """

    pieces: tuple[Named, ...]
    reply_to: str
    incarnation: int


class Silent(StrEnum):
    """Why a question brings no receipt."""

    UNSUPPORTED = "unsupported"
    BUSY = "busy"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Unasked:
    """Link to whoever asked: of so many pieces it could not ask, or the carrier did not tell."""

    link: str
    carrier: str
    pieces: int
    why: Silent


class ReceiptState(StrEnum):
    """What a receipt says, in SMPP's words (5.2.28); HTTP carriers' words are translated."""

    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a piece that the carrier accepted. `at` is the carrier's time, if it said one."""

    carrier: str
    carrier_id: str
    state: ReceiptState
    code: str = ""
    at: datetime | None = None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text from a member, whole: the link put its parts together. `id` is the carrier's and names it for ever."""

    carrier: str
    id: str
    source: Party
    destination: Party
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Link to its intake: `token` is the link's own name for the delivery, to be answered with `Settled`."""

    link: str
    carrier: str
    incarnation: int
    token: int
    item: Inbound | Receipt


@dataclass(frozen=True, slots=True)
class Settled:
    """Intake to link: stored durably (`ok`), so the carrier may be told; or not, and it shall come again.

    `incarnation` is the link's that brought them; another one knows other things by these tokens. None: any.
    """

    tokens: tuple[int, ...]
    ok: bool
    incarnation: int | None = None
