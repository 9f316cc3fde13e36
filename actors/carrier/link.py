"""What all links have in common: announcing themselves, pieces in hand, and what is to be settled by the intake.

Each link runs in its own thread. It ends with an outcome for every piece in hand: in doubt, unless somebody knew better
before. Texts and receipts that the intake did not settle come again, by the carrier's own means.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from actors.carrier.port import (
    Arrived,
    Handover,
    Inbound,
    InDoubt,
    LinkLost,
    LinkReady,
    Named,
    Outcome,
    Outcomes,
    Piece,
    Question,
    Receipt,
    Settled,
    Silent,
    Unasked,
    Unsent,
    Verdict,
)
from supervision import Actor, Down, MailboxFull, NoProc, Reason

ANNOUNCE_AGAIN_SECONDS = 0.2

#: A piece's text and its number among the pieces of that text.
Name = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Announce:
    """To itself: tell the subscriber that we are ready."""


class Link(Actor):
    """Subclasses give `window` and do `hand_over`, `ask`, `settled` and `intake_lost`."""

    mailbox_bound: ClassVar[int] = 5000
    #: Unanswered pieces it takes.
    window: int = 1

    def __init__(self, carrier: str, subscriber: str, intake: str) -> None:
        super().__init__()
        self.carrier = carrier
        self._subscriber = subscriber
        self._intake = intake
        self._watches_intake = False
        #: Where the outcome of each piece in hand is told.
        self._in_hand: dict[Name, str] = {}

    # --- for subclasses -----------------------------------------------------------------------------------------------

    def hand_over(self, pieces: list[Piece]) -> None:
        """Send these, in order. The window has room for them, the fence was checked."""
        raise NotImplementedError

    def ask(self, pieces: tuple[Named, ...], reply_to: str) -> None:
        """Find out what became of these; receipts `arrive`, `unasked` tells of the rest."""
        raise NotImplementedError

    def settled(self, tokens: tuple[int, ...], ok: bool) -> None:
        """The intake stored these, or could not."""

    def intake_lost(self) -> None:
        """Whatever it was given and did not settle must come again."""

    def ready(self) -> None:
        """Call once connected: the subscriber hears of it as soon as it can be reached."""
        # Not from here: until the start is over nobody can reach us.
        self.send_after(0, Announce())

    def answered(self, outcomes: Iterable[Outcome]) -> None:
        """Tell whoever handed them over; outcomes of pieces that are not in hand are dropped."""
        told: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            reply_to = self._in_hand.pop((outcome.key, outcome.number), None)
            if reply_to is not None:
                told.setdefault(reply_to, []).append(outcome)
        for reply_to, mine in told.items():
            self._tell(reply_to, Outcomes(self.context.path, self.carrier, self.context.incarnation, tuple(mine)))

    def unasked(self, reply_to: str, pieces: int, why: Silent) -> None:
        """Tell whoever asked that of so many pieces no receipt will come."""
        if pieces:
            self._tell(reply_to, Unasked(self.context.path, self.carrier, pieces, why))

    @property
    def busy(self) -> bool:
        """Whether a piece is in hand."""
        return bool(self._in_hand)

    def all_answered(self, verdict: Verdict) -> None:
        """The same for every piece in hand."""
        self.answered([Outcome(key, number, verdict) for key, number in list(self._in_hand)])

    def arrive(self, token: int, item: Inbound | Receipt) -> bool:
        """Give it to the intake; False when that cannot take it now."""
        try:
            self.cast(self._intake, Arrived(self.context.path, self.carrier, self.context.incarnation, token, item))
        except (NoProc, MailboxFull):
            return False
        if not self._watches_intake:
            self.monitor(self._intake)
            self._watches_intake = True
        return True

    # --- the port -----------------------------------------------------------------------------------------------------

    def on_receive(self, message: Any) -> None:
        match message:
            case Handover():
                self._take(message)
            case Question(pieces, reply_to, incarnation) if incarnation == self.context.incarnation:
                self.ask(pieces, reply_to)
            case Settled(tokens, ok, incarnation) if incarnation in (None, self.context.incarnation):
                self.settled(tokens, ok)
            case Announce():
                self._announce()
            case Down(path=path) if path == self._intake:
                self._watches_intake = False
                self.intake_lost()
            case Down():
                self.send_after(ANNOUNCE_AGAIN_SECONDS, Announce())
            case _:
                self.dead_letter(message, "a link does not know this message")

    def terminate(self, reason: Reason) -> None:
        self.all_answered(InDoubt("the link ended before the answer came"))
        lost = LinkLost(self.context.path, self.carrier, self.context.incarnation, str(reason))
        try:
            self.cast(self._subscriber, lost)
        except (NoProc, MailboxFull):
            return  # it watches us anyway

    def _take(self, handover: Handover) -> None:
        if handover.incarnation != self.context.incarnation:
            self.dead_letter(handover, f"meant for incarnation {handover.incarnation}")
            return
        self.check_fence()
        room = max(0, self.window - len(self._in_hand))
        for piece in handover.pieces:
            self._in_hand[piece.key, piece.number] = handover.reply_to
        beyond = handover.pieces[room:]
        self.answered([Outcome(piece.key, piece.number, Unsent("the window is full")) for piece in beyond])
        self.hand_over(list(handover.pieces[:room]))

    def _announce(self) -> None:
        ready = LinkReady(self.context.path, self.carrier, self.context.incarnation, self.window)
        try:
            self.cast(self._subscriber, ready)
        except (NoProc, MailboxFull):
            self.send_after(ANNOUNCE_AGAIN_SECONDS, Announce())
        else:
            self.monitor(self._subscriber)

    def _tell(self, reply_to: str, told: Outcomes | Unasked) -> None:
        try:
            self.cast(reply_to, told)
        except (NoProc, MailboxFull) as error:
            self.dead_letter(told, str(error))
