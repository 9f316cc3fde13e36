"""The dispatcher of one lane: jobs in, mails to the senders, every mail accounted for in the ledger.

Runs in its own thread. For each batch, at most one per sender: read what is known, compose, claim in one transaction
right before the hand-over, settle in one transaction when the sender has answered, only then acknowledge. So whatever
is killed whenever, a mail is either not claimed (and its delivery comes back), or settled, or in doubt and listed so.
When the database is away nothing is claimed and nothing acknowledged; it looks again until it is back.

Not guaranteed: that a transactional mail in doubt arrives only once. It is sent again, and stays listed.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

from actors.broker import Ack, Deliveries, Delivery, Nack, Reject, Settlement, Tag, settle
from actors.database import Unavailable
from actors.smtp import Envelope, Verdict
from apps.email import ledger
from apps.email.bounced import bury
from apps.email.compose import Composed, compose
from apps.email.config import Email, MailClass
from apps.email.domains import domain_of
from apps.email.handovers import Batch, Item
from apps.email.jobs import Job, JobUnreadable
from apps.email.lane import Lane
from apps.email.letterhead.head import Letterhead
from apps.email.mime import Mime
from apps.email.outcome import Settled, Then, given_back, in_doubt, settled
from apps.email.parcel import Facts, Parcel, facts_of
from apps.email.rulebook import shadows
from apps.email.rulebook.limits import withhold
from apps.email.states import Plan, State, plan
from apps.email.templates import open_templates

#: Seconds until a mail whose claim somebody else holds is looked at again.
HELD_SECONDS = 2.0


class Dispatcher(Lane[Item]):
    """Subscriber of its lane's consumer; the senders announce themselves to it."""

    def __init__(
        self, config: Email, mail_class: MailClass, counts: Counter[State], letterhead: Letterhead | None = None
    ) -> None:
        super().__init__(config, mail_class, counts)
        self.letterhead = letterhead
        self.mail_class = mail_class
        self.templates = open_templates(config)
        self.waiting: deque[Parcel] = deque()
        self.unsettled: deque[list[Settled]] = deque()

    @property
    def in_hand(self) -> int:
        """Jobs not yet settled; any thread, roughly."""
        return len(self.waiting) + sum(len(batch.items) for batch in list(self.handovers.batches.values()))

    # --- what comes in ------------------------------------------------------------------------------

    def take_in(self, message: Any) -> bool:
        if not isinstance(message, Deliveries):
            return False
        for delivery in message.deliveries:
            self._take(message.consumer, delivery)
        return True

    def _take(self, consumer: str, delivery: Delivery) -> None:
        try:
            job = Job.from_json(delivery.message.body)
            self.waiting.append(Parcel(job, consumer, delivery.tag, delivery.redelivered))
        except JobUnreadable as error:
            settle(self, consumer, Reject((delivery.tag,), str(error)))

    def answered(self, batch: Batch[Item], verdicts: Mapping[str, Verdict]) -> None:
        self.unsettled.append(
            [
                settled(item.parcel, verdicts[key], item.attempt, item.trace, self.config.retry)
                if key in verdicts
                else in_doubt(item.parcel, "the sender did not say", item.trace)
                for key, item in batch.items.items()
            ]
        )

    def lost(self, batch: Batch[Item]) -> None:
        why = f"{batch.sender} ended"
        self.unsettled.append(
            [
                in_doubt(item.parcel, f"{why} during the hand-over", item.trace)
                if batch.started
                else given_back(item.parcel, f"{why} before the hand-over")
                for item in batch.items.values()
            ]
        )

    # --- the work -----------------------------------------------------------------------------------

    def work(self) -> None:
        self.settle_all()
        while self.waiting and (sender := self.handovers.idle()) is not None:
            self._send_batch(*sender)

    def _send_batch(self, sender: str, incarnation: int) -> None:
        parcels = [self.waiting.popleft() for _ in range(min(self.config.window, len(self.waiting)))]
        try:
            facts = self._read(parcels)
            open_parcels, doubts = self._plan(parcels, facts)
            open_parcels, parked = self._admit(open_parcels)
            composed = [(parcel, self._compose(parcel, facts[parcel.job.key])) for parcel in open_parcels]
            won = self._claim(composed, doubts)
        except Unavailable as error:
            if error.may_have_happened:
                raise RuntimeError(f"nobody knows whether the claims were written: {error}") from error
            self.waiting.extendleft(reversed(parcels))
            raise
        for parcel, wait in parked:
            # Not in hand: a limit may hold a delivery for longer than the broker would leave it with us.
            settle(self, parcel.consumer, Nack((parcel.tag,), delay_seconds=wait))
        chosen = [entry for entry in composed if self._is_to_send(*entry, won)]
        if chosen:
            self._hand_over(sender, incarnation, chosen, facts)

    def _read(self, parcels: Sequence[Parcel]) -> dict[str, Facts]:
        with self.database.read() as conn:
            return facts_of(conn, [parcel.job for parcel in parcels])

    def _plan(self, parcels: Sequence[Parcel], facts: dict[str, Facts]) -> tuple[list[Parcel], list[str]]:
        """Acknowledge what needs no mail any more; what is left to send, and the claims nobody holds any more."""
        chosen: dict[str, Parcel] = {}
        doubts: list[str] = []
        for parcel in parcels:
            match self._plan_one(parcel, facts, chosen):
                case Plan.SEND:
                    chosen[parcel.job.key] = parcel
                case Plan.DOUBT:
                    doubts.append(parcel.job.key)
                    if self.mail_class == "transactional":
                        chosen[parcel.job.key] = parcel
                    else:
                        settle(self, parcel.consumer, Ack((parcel.tag,)))
                case _:
                    settle(self, parcel.consumer, Ack((parcel.tag,)))
        return list(chosen.values()), doubts

    def _admit(self, parcels: Sequence[Parcel]) -> tuple[list[Parcel], list[tuple[Parcel, float]]]:
        """Those whose domain takes a mail now, and the others with the seconds they wait."""
        now = self.context.system.clock.monotonic()
        waits = self.domains.admit([domain_of(parcel.job.address) for parcel in parcels], now)
        both = list(zip(parcels, waits, strict=True))
        return [parcel for parcel, wait in both if not wait], [(parcel, wait) for parcel, wait in both if wait]

    def _plan_one(self, parcel: Parcel, facts: dict[str, Facts], chosen: dict[str, Parcel]) -> Plan:
        key = parcel.job.key
        if key in chosen or self.handovers.in_hand(key):
            return Plan.WAIT
        entry = facts[key].entry
        state, holder = (entry.state, entry.claimed_by) if entry else (None, None)
        return plan(state, holder, self.mail_class, self.claimant, redelivered=parcel.redelivered)

    def _compose(self, parcel: Parcel, facts: Facts) -> Composed:
        now = self.context.system.clock.time()
        return compose(parcel.job, facts, self.config, self.templates, now, self.letterhead)

    def _claim(self, composed: list[tuple[Parcel, Composed]], doubts: Sequence[str]) -> frozenset[str]:
        """The keys that were won. What the limits forbid, which only the claim can tell, is exchanged in place."""
        if not composed and not doubts:
            return frozenset()
        now = self.context.system.clock.time()
        self.check_fence()
        with self.database.begin() as conn:
            allowed = withhold(conn, [entry for _, entry in composed], now)
            doubted = ledger.mark_in_doubt(conn, doubts, "whoever handed it over is gone", now)
            won = ledger.claim(conn, [entry.claim for entry in allowed], self.claimant, now)
            shadows.keep(conn, [entry.shadow for entry in allowed if entry.shadow is not None], now)
        composed[:] = [(parcel, entry) for (parcel, _), entry in zip(composed, allowed, strict=True)]
        self.counts[State.IN_DOUBT] += len(doubted)
        return won

    def _is_to_send(self, parcel: Parcel, entry: Composed, won: frozenset[str]) -> bool:
        """Whether this mail is ours to hand over; settles the delivery if not."""
        if parcel.job.key not in won:
            # Another dispatcher was faster. It had the job's other copy, unless this one came back from somebody.
            held = Nack((parcel.tag,), delay_seconds=HELD_SECONDS) if parcel.redelivered else Ack((parcel.tag,))
            settle(self, parcel.consumer, held)
            return False
        if entry.mail is None:
            self.counts[entry.claim.state] += 1
            settle(self, parcel.consumer, _without_mail(parcel.tag, entry))
            return False
        return True

    def _hand_over(
        self, sender: str, incarnation: int, chosen: Sequence[tuple[Parcel, Composed]], facts: dict[str, Facts]
    ) -> None:
        items = {p.job.key: Item(p, facts[p.job.key].attempt, entry.claim.trace) for p, entry in chosen}
        envelopes = [envelope_of(p.job.key, entry.mail) for p, entry in chosen if entry.mail is not None]
        self.hand_over(sender, incarnation, items, envelopes)

    # --- the books ----------------------------------------------------------------------------------

    def settle_all(self) -> None:
        while self.unsettled:
            self._settle(self.unsettled[0])
            self.unsettled.popleft()

    def _settle(self, batch: Sequence[Settled]) -> None:
        """Write first, acknowledge after."""
        now = self.context.system.clock.time()
        results = [entry.result for entry in batch if entry.result is not None]
        back = [entry for entry in batch if entry.result is None]
        self.check_fence()
        with self.database.begin() as conn:
            ledger.settle(conn, results, self.claimant, now)
            ledger.unclaim(
                conn, [entry.parcel.job.key for entry in back], self.claimant, back[0].reason if back else "", now
            )
            for entry in batch:
                if entry.dead:
                    bury(conn, entry, now)
        self.counts.update(result.state for result in results)
        self._acknowledge(batch)

    def _acknowledge(self, batch: Sequence[Settled]) -> None:
        done: dict[str, list[Tag]] = {}
        for entry in batch:
            if entry.then is Then.ACK:
                done.setdefault(entry.parcel.consumer, []).append(entry.parcel.tag)
            elif entry.then is Then.LATER:
                settle(self, entry.parcel.consumer, Nack((entry.parcel.tag,), delay_seconds=entry.delay_seconds))
        self.waiting.extendleft(entry.parcel for entry in reversed(batch) if entry.then is Then.AGAIN)
        for consumer, tags in done.items():
            settle(self, consumer, Ack(tuple(tags)))


def _without_mail(tag: Tag, entry: Composed) -> Settlement:
    """What becomes of the delivery of a job that sets off no mail, or none yet."""
    match entry.claim.state:
        case State.FAILED:
            return Reject((tag,), entry.claim.reason or "")
        case State.DEFERRED:
            return Nack((tag,), delay_seconds=entry.wait_seconds)
    return Ack((tag,))


def envelope_of(key: str, mail: Mime) -> Envelope:
    return Envelope(mail.mail_from, (mail.rcpt_to,), mail.data, key)
