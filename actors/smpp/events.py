"""What a session wants done, or wants known. Values only; any thread."""

from dataclasses import dataclass

from actors.smpp.pdu import Pdu


@dataclass(frozen=True, slots=True)
class Send:
    """This goes to the SMSC. `ticket`: of the request, if it is one of the owner's."""

    pdu: Pdu
    ticket: object = None


@dataclass(frozen=True, slots=True)
class Bound:
    """The SMSC took our bind; this is its answer."""

    response: Pdu


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not."""

    status: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A submit_sm_resp, a query_sm_resp or a generic_nack, so many seconds after the request."""

    ticket: object
    response: Pdu
    seconds: float


@dataclass(frozen=True, slots=True)
class Expired:
    """The answer did not come in time, or could not be read: it is in doubt."""

    ticket: object


@dataclass(frozen=True, slots=True)
class Late:
    """The answer to a request that was told as expired."""

    ticket: object
    response: Pdu


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deliver_sm or data_sm that waits for `Session.answer`."""

    sequence: int
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class Noted:
    """Something to count: `what` is of a small set, `detail` is for the log."""

    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; `orderly` when we wanted it."""

    why: str
    orderly: bool = False


Event = Send | Bound | Refused | Answered | Expired | Late | Delivery | Noted | Ended
