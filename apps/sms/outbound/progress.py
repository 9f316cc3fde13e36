"""What is known of a text that left, as it gets to be known: in any order, and any number of times. Pure; any thread.

Each state has a rank, and a piece keeps the highest it ever heard of. So whatever the order of the carrier's answer and
its receipts, and however often they come, the end is the same, and nothing goes back: a late "sent" changes nothing,
and "delivered" wins over everything. A text is as far as its least advanced piece: delivered when all of them are.
"""

from collections.abc import Iterable

from actors.carrier.port import ReceiptState
from apps.sms.states import TextState

#: From the least known to the best.
RANKS = (
    TextState.QUEUED,
    TextState.CLAIMED,
    TextState.IN_DOUBT,
    TextState.HANDED,
    TextState.EXPIRED,
    TextState.REJECTED,
    TextState.UNDELIVERED,
    TextState.DELIVERED,
)
_RANK = {state: rank for rank, state in enumerate(RANKS)}
#: From here on the carrier says no more, as a rule.
FINAL = frozenset(RANKS[RANKS.index(TextState.EXPIRED) :])
_SAYS = {
    ReceiptState.SENT: TextState.HANDED,
    ReceiptState.DELIVERED: TextState.DELIVERED,
    ReceiptState.UNDELIVERED: TextState.UNDELIVERED,
    ReceiptState.EXPIRED: TextState.EXPIRED,
    ReceiptState.REJECTED: TextState.REJECTED,
    ReceiptState.DELETED: TextState.UNDELIVERED,
    # The carrier does not know either; that it speaks of the piece at all means that it has it.
    ReceiptState.UNKNOWN: TextState.HANDED,
}


def said(receipt: ReceiptState) -> TextState:
    """What a receipt makes of a piece of which nothing else is known."""
    return _SAYS[receipt]


def advance(state: TextState, receipt: ReceiptState) -> TextState:
    """The state of a piece in `state` after a receipt."""
    return furthest(state, said(receipt))


def furthest(*states: TextState) -> TextState:
    return max(states, key=_RANK.__getitem__)


def rank(state: TextState) -> int:
    """How far that is. Raises KeyError for a state in which no piece can be."""
    return _RANK[state]


def whole(pieces: Iterable[TextState]) -> TextState:
    """The state of a text by those of all its pieces. Raises ValueError when there are none."""
    return min(pieces, key=_RANK.__getitem__)
