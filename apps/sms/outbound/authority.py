"""The authority: whoever holds the lease `sms.outbound` hands texts over to the carriers, and nobody else does.

Runs in its own thread, and waits for nothing but its links' starts and, when a long limit needs its next block, the
database. It starts the links when it gets the lease, and stops them first when it loses it. What its clerk claimed it
keeps until the limits let it go; then it is charged, written into the hand-over log and given to a link, in this order.
Short limits count as full when it begins. What links say of it is in `handing`.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.carrier.port import Outcomes
from actors.database import Database, Unavailable
from actors.lease import Held, LeaseLost, Lost
from apps.sms.limits import Blocks, Books, HandoverLog, Limit, Moment, Want
from apps.sms.outbound.config import Carrier, Outbound
from apps.sms.outbound.dock import Chosen, Dock
from apps.sms.outbound.handing import Handing, Term
from apps.sms.outbound.messages import Begin, Board, End, Loaded, Paused, Report, Silence, WhichLinks
from apps.sms.outbound.parcel import Parcel
from apps.sms.outbound.report import describe
from supervision import CallError, ChildSpec, Refusal, StartChild, TerminateChild, Timer
from supervision.reasons import Reason

logger = logging.getLogger(__name__)

LEASE = "sms.outbound"
#: How soon it looks again when nothing happens, and how long a link may take to start or stop.
LOOK_SECONDS, LINK_SECONDS = 0.25, 15.0
#: Pause between two reports.
REPORT_US = 1_000_000
#: Pieces decided, logged and handed over at once: a grant is good for milliseconds only.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """To itself: a limit, or a carrier, may let something go."""


class Authority(Handing):
    """Subscriber of its lease and of all links; `clerk` and `links` are paths. `counts` outlives the incarnations."""

    def __init__(
        self,
        config: Outbound,
        carriers: tuple[Carrier, ...],
        limits: tuple[Limit, ...],
        folder: Path,
        clerk: str,
        links: str,
        specs: Mapping[str, ChildSpec],
        counts: Counter[str],
    ) -> None:
        """`specs` of all links, by id; `folder` is where the hand-over log is kept."""
        super().__init__(config, carriers, clerk, counts)
        self.limits = limits
        self._folder, self._link_supervisor, self._specs = folder, links, specs
        self._said: Board | None = None
        self._reports_at_us = 0
        self._timer: Timer | None = None

    def on_start(self) -> None:
        super().on_start()
        self.blocks = Blocks(Database(self.context.system), LEASE, self.clock)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Held():
                self._hold(message)
            case Lost():
                self._lose(message)
            case Loaded(epoch, parcels):
                self._load(epoch, parcels)
            case Paused(carriers):
                self._pause(carriers)
            case Silence(leader, member):
                if self.term is not None:
                    self._finish(self.term.dock.withdraw(None, "the member opted out", leader, member))
            case WhichLinks():
                return self.which_links()
            case Turn():
                self._timer = None
            case _:
                if not self.listen(message):
                    return super().on_receive(message)
        self._work()
        return None

    def wind_down(self, reason: Reason) -> None:
        """What was not handed over goes back into the queue; the rest of the blocks was not used."""
        if self.term is not None and reason.expected:
            self._give_back(self.term)

    def terminate(self, reason: Reason) -> None:
        if self.term is not None:
            self.term.log.close()

    # --- the lease ----------------------------------------------------------------------------------------------------

    def _hold(self, held: Held) -> None:
        if self.term is not None and self.term.held.epoch == held.epoch:
            self.term.held = held
            return
        if self.term is not None:
            self._stop_term("another grant of the lease")
        self._begin(held)

    def _begin(self, held: Held) -> None:
        books = Books(self.limits, Moment.of(self.clock))
        log = HandoverLog(
            self._folder, self.limits, held.epoch, self.context.path, self.clock, self.config.keep_logs_days
        )
        self.term = Term(held, books, log, Dock(books))
        self._said = None
        self._seen = dict.fromkeys(self.carriers, self.clock.monotonic())
        self._tell_clerk(Begin(held.epoch))
        for spec in self._specs.values():
            try:
                self.call(self._link_supervisor, StartChild(spec), LINK_SECONDS)
            except (CallError, Refusal) as error:
                logger.warning("%s: the link %s does not start: %s", self.context.path, spec.id, error)
        logger.info("%s holds %s, epoch %d", self.context.path, LEASE, held.epoch)

    def _lose(self, lost: Lost) -> None:
        if self.term is not None and self.term.held.epoch == lost.epoch:
            logger.info("%s: the lease %s is lost: %s", self.context.path, LEASE, lost.reason)
            self._stop_term(lost.reason)

    def _stop_term(self, reason: str) -> None:
        """Links first: from then on nothing leaves."""
        term = self.term
        if term is None:
            return
        for id in self._specs:
            try:
                self.call(self._link_supervisor, TerminateChild(id), LINK_SECONDS)
            except (CallError, Refusal) as error:
                logger.debug("%s: the link %s: %s", self.context.path, id, error)
        for message, _ in self.take_queued(Outcomes, self.mailbox_bound):
            self._hear(message)
        self._doubt(self.links.clear(), f"its link was stopped: {reason}")
        self._give_back(term)
        self._tell_clerk(End())
        term.log.close()
        self.term = None

    def _give_back(self, term: Term) -> None:
        self._finish(term.dock.withdraw(None, "whoever held it stopped"))
        if not term.held.is_good(self.clock):
            return
        try:
            self.blocks.give_back(term.books, term.held.epoch)
        except (Unavailable, LeaseLost) as error:
            logger.info("%s: what was reserved counts as used: %s", self.context.path, error)

    # --- what comes in ------------------------------------------------------------------------------------------------

    def _load(self, epoch: int, parcels: Iterable[Parcel]) -> None:
        term = self.term
        for parcel in parcels:
            if term is not None and term.held.epoch == epoch:
                term.dock.put(parcel)
            else:
                parcel.stop("the lease was lost")
                self._finish([parcel])

    def _pause(self, carriers: frozenset[str]) -> None:
        for name in carriers - self.paused:
            if self.term is not None:
                self._finish(self.term.dock.withdraw(name, "the carrier is paused"))
        self.paused = carriers

    # --- the work -----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        term = self.term
        if term is None:
            return
        for name in self.carriers:
            if self.term is term and term.held.is_good(self.clock):
                self._serve(term, name)
            self._follow(name)
        if self.term is term:
            self._show(term)
            self._next_turn(term)

    def _serve(self, term: Term, carrier: str) -> None:
        while (room := min(BATCH, self._room(carrier))) > 0 and term.dock.loaded(carrier):
            # A thread that is interrupted between charge and log has charged for nothing: begin with a fresh slice.
            os.sched_yield()
            choice = term.dock.choose(carrier, room, self.clock)
            self._finish(choice.over)
            if choice.pieces and not self._hand_over(term, carrier, choice.pieces):
                # This thread was held up: others are served before the limits are charged again.
                return
            if choice.wants and not self._reserve(term, choice.wants):
                return
            if not choice.pieces and not choice.wants:
                break

    def _hand_over(self, term: Term, carrier: str, chosen: list[Chosen]) -> bool:
        """Whether all of them went out."""
        self.check_fence()
        try:
            written = {id(one) for one in term.log.write([one.handed for one in chosen])}
        except OSError as error:
            logger.error("%s hands nothing over, the log cannot be written: %s", self.context.path, error)
            written = set()
        good = [one for one in chosen if id(one.handed) in written]
        late = [one for one in chosen if id(one.handed) not in written]
        self.counts["late"] += len(late)
        while good:
            link = self.links.roomiest(carrier)
            if link is None:
                late += good
                break
            mine, good = good[: link.free], good[link.free :]
            self._give(link, mine)
        term.dock.put_back(late)
        return not late

    def _reserve(self, term: Term, wants: Iterable[Want]) -> bool:
        try:
            self.blocks.reserve(term.books, wants, term.held.epoch)
        except Unavailable as error:
            logger.warning("%s waits: %s", self.context.path, error)
            return False
        except LeaseLost as error:
            self._stop_term(str(error))
            return False
        return True

    def _show(self, term: Term) -> None:
        """Tell the clerk how things stand, if that is news."""
        self.see()
        now = Moment.of(self.clock)
        board = Board(self.health(), {name: self._takes(name) for name in self.carriers}, term.dock.blocked(now))
        if board != self._said:
            self._said = board
            self._tell_clerk(board)
        if now.mono_us >= self._reports_at_us:
            self._reports_at_us = now.mono_us + REPORT_US
            if (wants := term.books.wants()) and not self._reserve(term, wants):
                return
            holder, epoch = self.context.path, term.held.epoch
            body = describe(holder, epoch, board.health, self.links, self.pressure, term.books, term.dock, now)
            self._tell_clerk(Report(body))

    def _next_turn(self, term: Term) -> None:
        now = Moment.of(self.clock)
        opens = term.dock.opens_at_us(now)
        resumes = [one.resume_at for one in self.pressure.values() if one.resume_at > self.clock.monotonic()]
        moments = [*resumes, *([opens / 1_000_000] if opens is not None else [])]
        seconds = min([LOOK_SECONDS, *(max(0.0, moment - self.clock.monotonic()) for moment in moments)])
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.send_after(seconds, Turn())
