"""The clerk: the authority's way to the database. It reads the queue, claims, and writes what became of texts.

Runs in its own thread, so that no limit waits for the database. It claims only under its authority's epoch, each batch
in one transaction behind the fence, as many as the board says that carriers take; whatever is not claimed can be
revoked. While the database is away nothing is claimed, and what became of texts is kept until it is back. When it dies
its authority is started anew with it, under another epoch: what was claimed is in doubt then.
"""

import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from actors.database import Connection, Database, Unavailable
from actors.lease import LeaseLost, fenced
from apps.people.consent import Channel, Said, standing
from apps.sms.outbound import claims, known, pauses, queue
from apps.sms.outbound.backlog import Backlog
from apps.sms.outbound.claims import Change, Claim
from apps.sms.outbound.config import Carrier, Outbound
from apps.sms.outbound.desk import Desk, Keep, Postpone, Refuse, Send
from apps.sms.outbound.known import Part
from apps.sms.outbound.messages import Begin, Board, End, Late, Loaded, Paused, Report, Results, Silence
from apps.sms.outbound.parcel import Parcel, Result
from apps.sms.outbound.pieces import keys_of
from apps.sms.outbound.report import NAME as REPORT
from apps.sms.outbound.results import settle
from apps.sms.outbound.texts import Flow, Text
from apps.sms.states import Lane, TextState
from supervision import Actor, MailboxFull, NoProc
from supervision.reasons import Reason

logger = logging.getLogger(__name__)

#: How soon new flows are noticed; until the database is asked again; between two looks at the pauses.
LOOK_SECONDS, AWAY_SECONDS, HOUSE_SECONDS = 0.2, 0.5, 1.0
#: How long a flow rests whose texts are all for later, or whose carriers are away.
REST_SECONDS = 1.0
#: A flow is looked at so long before its limit lets it go: claiming takes a moment.
LEAD_SECONDS = 0.15
#: Texts claimed at once, in memory, of one flow; flows per look, and per statement.
BATCH, IN_MEMORY, OF_FLOW, FLOWS, READ = 200, 10_000, 50, 200, 20
#: Receipts that nobody knows: how long they are tried again, and kept.
CATCH_UP, KEPT = timedelta(minutes=1), timedelta(days=1)
#: While carriers are full: how soon again.
FULL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Look:
    """To itself."""


@dataclass(slots=True)
class Term:
    """What lives as long as one grant of the lease."""

    epoch: int
    board: Board
    opened: bool = False
    house_at: float = 0.0
    look_at: float = 0.0
    after: dict[Lane, Flow] = field(default_factory=dict)
    rests: dict[Flow, float] = field(default_factory=dict)
    paused: frozenset[str] | None = None
    #: Pieces that are with the authority, by carrier.
    out: Counter[str] = field(default_factory=Counter)
    parcels: dict[str, Parcel] = field(default_factory=dict)


class Clerk(Actor):
    """`authority` is a path. `counts` of texts by what became of them outlives the incarnations."""

    mailbox_bound: ClassVar[int] = 50_000

    def __init__(
        self, config: Outbound, carriers: Sequence[Carrier], lease: str, authority: str, counts: Counter[str]
    ) -> None:
        super().__init__()
        self.config = config
        self.carriers = {carrier.name: carrier for carrier in carriers}
        self.desk = Desk(config, self.carriers)
        self.counts = counts
        self.backlog = Backlog(_cost)
        #: None while somebody else has the lease.
        self.term: Term | None = None
        self.unsettled: deque[Result] = deque()
        #: Answers to pieces that are in doubt already.
        self.late: list[Part] = []
        self._epoch = 0
        self._lease, self._authority = lease, authority
        self._report: Mapping[str, Any] | None = None
        self._looking = False
        self._away = False

    def on_start(self) -> None:
        self.database = Database(self.context.system)
        self.clock = self.context.system.clock

    def on_receive(self, message: Any) -> Any:
        self._take(message)
        for more, _ in self.take_queued(object, BATCH):
            self._take(more)
        self._work()
        return None

    def _take(self, message: Any) -> None:
        match message:
            case Begin(epoch):
                self.term, self._epoch = Term(epoch, Board({}, {}, {})), epoch
                self.backlog = Backlog(_cost)
            case End():
                self.term = None
                self.backlog = Backlog(_cost)
            case Board():
                if self.term is not None:
                    self.term.board = message
            case Report(body):
                self._report = body
            case Late(parts):
                self.late.extend(parts)
            case Results(results):
                self.unsettled.extend(results)
            case Silence(leader, member):
                self.backlog.silence(leader, member)
            case Look():
                self._looking = False
            case _:
                super().on_receive(message)

    def wind_down(self, reason: Reason) -> None:
        """The authority stopped before: write what it still said."""
        if not reason.expected:
            return
        for message, _ in self.take_queued(object, self.mailbox_bound):
            self._take(message)
        try:
            self._settle()
        except Unavailable as error:
            logger.warning(
                "%s: what became of %d texts is not written: %s", self.context.path, len(self.unsettled), error
            )

    @property
    def claimed(self) -> int:
        """Texts that are with the authority; any thread, roughly."""
        return len(self.term.parcels) if self.term is not None else 0

    # --- the work -----------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        pause = LOOK_SECONDS
        try:
            self._settle()
            if self.term is not None:
                pause = self._serve(self.term)
            self._away = False
        except Unavailable as error:
            if error.may_have_happened:
                raise RuntimeError(f"nobody knows whether it was written: {error}") from error
            if not self._away:
                logger.warning("%s waits: %s", self.context.path, error)
            self._away, pause = True, AWAY_SECONDS
        except LeaseLost as error:
            logger.info("%s: %s", self.context.path, error)
            self.term = None
        if not self._looking:
            self._looking = True
            self.send_after(pause, Look())

    def _serve(self, term: Term) -> float:
        """Claim what may leave soon; seconds until there may be more."""
        now = self.clock.monotonic()
        if not term.opened:
            with self.database.begin() as conn:
                fenced(conn, self._lease, term.epoch)
                self.counts["doubted at a take-over"] += claims.doubt_older(conn, term.epoch, self._now())
            term.opened = True
        if now >= term.house_at:
            self._keep_house(term)
            term.house_at = now + HOUSE_SECONDS
        self._read(term, now)
        chosen, changes = self._choose(term, now)
        if chosen or changes:
            self._claim(term, chosen, changes)
        if chosen:
            return FULL_SECONDS
        opens = self.backlog.opens_at(now)
        return LOOK_SECONDS if opens is None else min(LOOK_SECONDS, max(FULL_SECONDS, opens - now))

    def _keep_house(self, term: Term) -> None:
        """Hear of pauses, tell other processes how things stand, and apply receipts that came with their answers."""
        now = self._now()
        with self.database.begin() as conn:
            fenced(conn, self._lease, term.epoch)
            paused = pauses.paused(conn)
            if self._report is not None:
                pauses.report(conn, REPORT, self._report, now)
            known.catch_up(conn, now, BATCH, CATCH_UP)
            self.counts["forgotten receipts"] += known.forget(conn, now - KEPT)
        if paused != term.paused:
            term.paused = paused
            self._tell(Paused(paused))

    # --- what waits ---------------------------------------------------------------------------------------------------

    def _read(self, term: Term, now: float) -> None:
        if now >= term.look_at:
            self._discover(term, now)
            term.look_at = now + LOOK_SECONDS
        hungry = [flow for flow in self.backlog.hungry(now) if self._opens(term, flow) <= now]
        room = IN_MEMORY - len(self.backlog)
        while hungry and room > 0:
            some, hungry = hungry[:READ], hungry[READ:]
            with self.database.read() as conn:
                found = queue.read(conn, some, max(OF_FLOW, BATCH // len(some)), self._now())
            for flow, rows in found.items():
                fresh = self.backlog.is_fresh(flow)
                new = self.backlog.put(flow, rows)
                room -= new
                # One that gave all it had need not rest: its next answer would be late.
                if fresh and not new and flow.lane is not Lane.CONFIRMATION:
                    term.rests[flow] = now + REST_SECONDS

    def _discover(self, term: Term, now: float) -> None:
        """Each lane's flows in turns, so that any number of them is seen in the end."""
        term.rests = {flow: until for flow, until in term.rests.items() if until > now}
        with self.database.read() as conn:
            found = {lane: queue.flows(conn, lane, term.after.get(lane), FLOWS) for lane in Lane}
        for lane, some in found.items():
            for flow in some:
                if flow not in term.rests:
                    self.backlog.found(flow)
            if len(some) == FLOWS:
                term.after[lane] = some[-1]
            else:
                term.after.pop(lane, None)

    def _opens(self, term: Term, flow: Flow) -> float:
        """When the limit of its number lets a flow go, less the time to get ready."""
        return term.board.blocked.get(("number", flow.our_number), 0.0) - LEAD_SECONDS

    # --- whose turn it is ---------------------------------------------------------------------------------------------

    def _choose(self, term: Term, now: float) -> tuple[list[Parcel], list[Change]]:
        chosen: list[Parcel] = []
        changes: list[Change] = []
        room = Counter({name: takes - term.out[name] for name, takes in term.board.takes.items()})
        moment = self._now()
        while len(chosen) + len(changes) < BATCH and any(left > 0 for left in room.values()):
            text = self.backlog.next(now)
            if text is None:
                break
            match self.desk.decide(text, term.board.health, moment):
                case Send(cut):
                    keys = keys_of(cut.carrier, text)
                    opens = max((term.board.blocked.get(key, 0.0) for key in keys), default=0.0) - LEAD_SECONDS
                    if opens > now or room[cut.carrier] <= 0:
                        self.backlog.park(text, max(opens, now + FULL_SECONDS))
                        continue
                    room[cut.carrier] -= len(cut.pieces)
                    self.backlog.sent(text)
                    chosen.append(Parcel(text, cut, keys))
                case Keep():
                    self.backlog.park(text, now + REST_SECONDS)
                case Postpone(until, reason):
                    self.backlog.drop(text)
                    changes.append(Change(text.id, TextState.QUEUED, reason, until))
                case Refuse(state, reason):
                    self.backlog.drop(text)
                    self.counts[state] += 1
                    changes.append(Change(text.id, state, reason))
        return chosen, changes

    def _claim(self, term: Term, chosen: Sequence[Parcel], changes: Sequence[Change]) -> None:
        """The last look at each text: what was revoked meanwhile, or is for somebody who left, is not won."""
        wanted = [Claim(one.text.id, one.cut.carrier, one.cut.segments, one.cut.coding.value) for one in chosen]
        now = self._now()
        self.check_fence()
        try:
            with self.database.begin() as conn:
                fenced(conn, self._lease, term.epoch)
                silent = self._silent(conn, chosen)
                won = claims.claim(conn, [one for one in wanted if one.id not in silent], term.epoch, now)
                no = [Change(id, TextState.SUPPRESSED, "the member withdrew consent") for id in sorted(silent)]
                claims.change(conn, [*changes, *no], TextState.QUEUED, now)
        except Unavailable:
            # They are still queued: read again, in order.
            for one in chosen:
                self.backlog.reread(one.text)
                self.backlog.settled(one.text.conversation)
            raise
        for one in chosen:
            if one.text.id not in won:
                self.counts["not won"] += 1
                self.backlog.settled(one.text.conversation)
        mine = tuple(one for one in chosen if one.text.id in won)
        for one in mine:
            term.out[one.cut.carrier] += len(one.cut.pieces)
            term.parcels[one.text.key] = one
        if mine:
            self._tell(Loaded(term.epoch, mine))

    def _silent(self, conn: Connection, chosen: Sequence[Parcel]) -> frozenset[int]:
        """The texts to which the ledger of consents says no, whatever the member's state."""
        asked = [one.text for one in chosen if one.text.lane is not Lane.CONFIRMATION]
        if not asked:
            return frozenset()
        said = standing(conn, Channel.SMS, [text.member for text in asked], {text.leader for text in asked})
        revoked = {place for place, consent in said.items() if consent.state is Said.REVOKED}
        return frozenset(text.id for text in asked if (text.member, text.leader) in revoked)

    # --- the books ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        while self.unsettled:
            batch = [self.unsettled[place] for place in range(min(BATCH, len(self.unsettled)))]
            self.check_fence()
            try:
                with self.database.begin() as conn:
                    self._write(conn, batch)
            except LeaseLost as error:
                # Whoever has it now has listed them in doubt already.
                logger.info("%s: %d texts stay in doubt: %s", self.context.path, len(batch), error)
            for _ in batch:
                self._done(self.unsettled.popleft())
        if self.late:
            # Facts, whoever holds the lease: no fence.
            with self.database.begin() as conn:
                self.counts["corrected"] += known.correct(conn, self.late, self._now())
            self.late.clear()

    def _write(self, conn: Connection, batch: Sequence[Result]) -> None:
        fenced(conn, self._lease, self._epoch)
        self.counts.update(settle(conn, batch, self._now()))

    def _done(self, result: Result) -> None:
        """Its conversation is free again, or held until its next try."""
        term = self.term
        if term is None or (parcel := term.parcels.pop(result.text.key, None)) is None:
            return
        term.out[parcel.cut.carrier] -= len(parcel.cut.pieces)
        until = 0.0
        if result.state is TextState.QUEUED:
            self.backlog.reread(result.text)
            if result.due_at is not None:
                until = self.clock.monotonic() + max(0.0, result.due_at.timestamp() - self.clock.time())
        self.backlog.settled(result.text.conversation, until)

    def _tell(self, message: Loaded | Paused) -> None:
        try:
            self.cast(self._authority, message)
        except (NoProc, MailboxFull) as error:
            # Its end is the end of this epoch: what was claimed is in doubt then.
            logger.warning("%s: the authority is not there: %s", self.context.path, error)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)


def _cost(text: Text) -> int:
    """Segments, roughly, for the fairness between leaders."""
    return 1 + len(text.body) // 160
