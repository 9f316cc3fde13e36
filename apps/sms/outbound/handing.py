"""The links' side of the authority: which links there are, what they have in hand, and what follows from their words.

An actor without a purpose of its own, in the authority's thread. A carrier that says "too fast" is given less (see
`pressure`), and what was waiting for it goes back into the queue, so its order is kept. A piece counts against its
limits until the carrier answered, unless its configuration says otherwise.

Not guaranteed: that a piece which left us arrived. If its link ends before the answer, its text is in doubt.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from actors.carrier.port import (
    Accepted,
    Corrected,
    Handover,
    InDoubt,
    LinkLost,
    LinkReady,
    Outcome,
    Outcomes,
    Throttled,
    Unsent,
)
from actors.lease import Held
from apps.sms.limits import Books, HandoverLog, Moment
from apps.sms.outbound.config import Carrier, Outbound
from apps.sms.outbound.dock import Chosen, Dock
from apps.sms.outbound.links import Held as InHand
from apps.sms.outbound.links import Link, Links
from apps.sms.outbound.messages import Begin, Board, End, Late, Report, Results
from apps.sms.outbound.parcel import Parcel, Result, answers
from apps.sms.outbound.pressure import Pressure
from apps.sms.outbound.routing import Health
from supervision import Actor, Down, MailboxFull, NoProc

logger = logging.getLogger(__name__)

#: Age at which a piece that was not answered is counted anew: well below the shortest window.
FOLLOW_SECONDS = 0.25
#: Texts are claimed for so many windows of a carrier: one in hand, one ready.
WINDOWS = 2


@dataclass(frozen=True, slots=True)
class LinkGone:
    """To itself, behind every word that the link still said."""

    path: str
    incarnation: int


@dataclass(slots=True)
class Term:
    """What lives as long as one grant of the lease."""

    held: Held
    books: Books
    log: HandoverLog
    dock: Dock


class Handing(Actor):
    """`clerk` is a path; `counts` of pieces outlives the incarnations."""

    mailbox_bound: ClassVar[int] = 20_000

    def __init__(self, config: Outbound, carriers: tuple[Carrier, ...], clerk: str, counts: Counter[str]) -> None:
        super().__init__()
        self.config = config
        self.carriers = {carrier.name: carrier for carrier in carriers}
        self.counts = counts
        self.pressure = {name: Pressure() for name in self.carriers}
        self.links = Links()
        #: None while somebody else has the lease.
        self.term: Term | None = None
        self.paused: frozenset[str] = frozenset()
        #: When each carrier had a link last, or was first looked for.
        self._seen: dict[str, float] = {}
        self._clerk = clerk

    def on_start(self) -> None:
        self.clock = self.context.system.clock

    def listen(self, message: Any) -> bool:
        """Whether it was a word of a link, or about one."""
        match message:
            case LinkReady(link=link):
                new, left = self.links.ready(message)
                self._doubt(left, "its link ended without a word")
                if new:
                    self.monitor(link)
            case LinkLost(link, _, incarnation, reason):
                self._doubt(self.links.gone(link, incarnation), f"its link was lost: {reason}")
            case Down(path, incarnation):
                # A `Down` overtakes what the link said before it; a note to oneself does not.
                self.send_after(0, LinkGone(path, incarnation))
            case LinkGone(path, incarnation):
                self._doubt(self.links.gone(path, incarnation), "its link ended without a word")
            case Outcomes():
                self._hear(message)
            case Corrected(_, carrier, _, outcomes):
                self._tell_clerk(Late(tuple(answers(carrier, outcomes))))
            case _:
                return False
        return True

    # --- what links say -----------------------------------------------------------------------------------------------

    def _hear(self, said: Outcomes) -> None:
        now, pressure = self.clock.monotonic(), self.pressure.get(said.carrier)
        over, accepted, throttled = [], 0, False
        for held, outcome in self.links.told(said.link, said.incarnation, said.outcomes):
            self._count_until_now(held)
            parcel = held.parcel
            self.counts[type(outcome.verdict).__name__] += 1
            parcel.told(outcome.number, outcome.verdict)
            if parcel.over:
                over.append(parcel)
            if isinstance(outcome.verdict, Accepted):
                accepted += 1
            elif isinstance(outcome.verdict, Throttled) and pressure is not None:
                pressure.throttled(now, held.given_at, outcome.verdict.retry_after_seconds)
                throttled = True
        if pressure is not None and accepted:
            pressure.accepted(accepted, self.links.window(said.carrier))
        if throttled and self.term is not None:
            over += self.term.dock.withdraw(said.carrier, "the carrier slows down")
        self._finish(over)

    def _count_until_now(self, held: InHand) -> None:
        """It may have arrived as late as this: until then no window may forget it."""
        if self.term is not None and self.carriers[held.parcel.cut.carrier].strict:
            held.charged_us = self.term.books.on_the_way(held.charge, held.charged_us, Moment.of(self.clock))

    def _doubt(self, left: Iterable[InHand], reason: str) -> None:
        over = []
        for held in left:
            self._count_until_now(held)
            held.parcel.told(held.number, InDoubt(reason))
            self.counts[InDoubt.__name__] += 1
            if held.parcel.over:
                over.append(held.parcel)
        self._finish(over)

    def _finish(self, over: Iterable[Parcel]) -> None:
        now = datetime.fromtimestamp(self.clock.time(), UTC)
        result = partial(
            Parcel.result,
            resend=self.config.resend,
            attempts=self.config.attempts,
            retry_seconds=self.config.retry_seconds,
            now=now,
        )
        results: tuple[Result, ...] = tuple(map(result, over))
        if results:
            self._tell_clerk(Results(results))

    # --- what they are given ------------------------------------------------------------------------------------------

    def _give(self, link: Link, mine: list[Chosen]) -> None:
        now = self.clock.monotonic()
        for one in mine:
            held = InHand(one.parcel, one.piece.number, now, one.handed.charge, one.charged_us)
            link.in_hand[one.piece.key, one.piece.number] = held
        pieces = tuple(one.piece for one in mine)
        self.counts["handed"] += len(pieces)
        self.counts["segments"] += sum(piece.units for piece in pieces)
        try:
            self.cast(link.path, Handover(pieces, self.context.path, link.incarnation))
        except (NoProc, MailboxFull) as error:
            outcomes = tuple(Outcome(piece.key, piece.number, Unsent(str(error))) for piece in pieces)
            self.actor_inbox.put_unbounded(Outcomes(link.path, link.carrier, link.incarnation, outcomes))

    def _follow(self, carrier: str) -> None:
        """What has been on its way for long goes on to count."""
        now = self.clock.monotonic()
        for held in self.links.all_in_hand(carrier):
            if now - held.charged_us / 1_000_000 > FOLLOW_SECONDS:
                self._count_until_now(held)

    def _room(self, carrier: str) -> int:
        """Pieces that the carrier may be given now."""
        if carrier in self.paused:
            return 0
        window = self.links.window(carrier)
        return self.pressure[carrier].allowed(self.clock.monotonic(), window) - self.links.in_hand(carrier)

    def _takes(self, name: str) -> int:
        if name in self.paused:
            return 0
        return WINDOWS * self.pressure[name].allowed(self.clock.monotonic(), self.links.window(name))

    def which_links(self) -> dict[str, tuple[str, int]]:
        """Path and incarnation of a link with room, by carrier, while the lease is ours."""
        if self.term is None:
            return {}
        found = {name: self.links.roomiest(name) for name in self.carriers if name not in self.paused}
        return {name: (link.path, link.incarnation) for name, link in found.items() if link is not None}

    def see(self) -> None:
        """Note which carriers have links now."""
        now = self.clock.monotonic()
        self._seen |= dict.fromkeys((name for name in self.carriers if self.links.window(name)), now)

    def health(self) -> dict[str, Health]:
        """Of each carrier. Any thread, roughly."""
        now = self.context.system.clock.monotonic()
        return {name: self._health(name, now) for name in self.carriers}

    def _health(self, name: str, now: float) -> Health:
        if name in self.paused:
            return Health.PAUSED
        if not self.links.window(name):
            return Health.AWAY if now - self._seen.get(name, now) < self.config.failover_seconds else Health.DOWN
        return Health.SLOWED if self.pressure[name].slowed(now) else Health.UP

    def _tell_clerk(self, message: Begin | End | Board | Late | Report | Results) -> None:
        try:
            self.cast(self._clerk, message)
        except (NoProc, MailboxFull) as error:
            # Both start anew together: what was claimed is in doubt then.
            logger.warning("%s: the clerk is not there: %s", self.context.path, error)
