"""What a sender and its dispatcher tell each other. Values only; any thread.

For each `Handover` its sender casts `HandoverStarted` right before the first octet goes out and `HandoverResult` with
one verdict per envelope, also when the connection was lost. A sender that ends (`Down`) without a result has not
touched the batch if it never said `HandoverStarted`; otherwise the whole batch is in doubt.
"""

from dataclasses import dataclass

from actors.smtp.envelope import Envelope
from actors.smtp.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class SenderReady:
    """Sender to dispatcher: connected and idle. Comes after each start of either side; may come twice.

    `mta` names the server among several, `weight` is its share of the mails.
    """

    sender: str
    incarnation: int
    mta: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Handover:
    """Dispatcher to sender: send these, tell `reply_to`.

    `incarnation` is the sender's, as it announced itself. A path may be somebody else's by the time a message arrives;
    any other incarnation leaves the batch alone, and the `Down` of the one that was meant gives it back. None: any.
    """

    batch_id: str
    envelopes: tuple[Envelope, ...]
    reply_to: str
    incarnation: int | None = None


@dataclass(frozen=True, slots=True)
class HandoverStarted:
    """Sender to dispatcher: from here on an end without a result means in doubt."""

    batch_id: str
    sender: str


@dataclass(frozen=True, slots=True)
class HandoverResult:
    """Sender to dispatcher: verdicts in the order of the envelopes."""

    batch_id: str
    sender: str
    verdicts: tuple[Verdict, ...]
