"""What every dispatcher does: senders announce themselves, each has one batch at most, and a database that is away is
waited for.

An actor without a purpose of its own: a dispatcher says what a batch is (`work`), and what it means that one was
answered or lost. It settles before it acknowledges, and gives a sender nothing that it did not claim.
"""

import itertools
import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from actors.database import Database, Unavailable
from actors.smtp import Envelope, Handover, HandoverResult, HandoverStarted, SenderReady, Verdict
from apps.email.config import Email
from apps.email.domain_rates import SharedRates
from apps.email.domains import Domains, domain_of
from apps.email.handovers import Batch, Handovers, T
from apps.email.precedence import precedence_of
from supervision import Actor, Down, MailboxFull, NoProc
from supervision.reasons import Reason

logger = logging.getLogger(__name__)

#: Seconds until the database is asked again after it was unavailable.
AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class GoOn:
    """To itself: the database may be back, a domain may take mails again."""


@dataclass(frozen=True, slots=True)
class SenderGone:
    """To itself, behind every word the sender still said."""

    sender: str
    incarnation: int


class Lane(Actor, Generic[T]):
    """The dispatcher of one lane, but for what it dispatches.

    `counts` of mails by what became of them outlives the incarnations: the spec makes it once. `label` is the lane's.
    """

    mailbox_bound = 10_000

    def __init__(self, config: Email, label: str, counts: Counter[Any]) -> None:
        super().__init__()
        self.config = config
        self.label = label
        self.counts = counts
        self.handovers: Handovers[T] = Handovers()
        self._numbers = itertools.count(1)
        self._going_on = False
        self._away = False

    def on_start(self) -> None:
        self.bulk = self.label != "transactional"
        self.database = Database(self.context.system, bulk=self.bulk)
        self.precedence = precedence_of(self.context.system)
        rates = SharedRates(self.database, bulk=self.bulk)
        self.domains = Domains(self.config.mta, self.config.retry, rates.take)
        # Names this incarnation for ever: a claim of any other one is a claim of somebody who is gone.
        self.claimant = f"{self.context.path}#{uuid.uuid4().hex[:16]}"

    def on_receive(self, message: Any) -> Any:
        match message:
            case SenderReady(sender, incarnation, mta, weight):
                if self.handovers.announce(sender, incarnation, mta, weight):
                    self.monitor(sender)
            case HandoverStarted(batch_id):
                self.handovers.started(batch_id)
                return None
            case HandoverResult():
                self._answered(message)
            case Down(path, incarnation):
                # A `Down` overtakes what the sender said before it; a note to oneself does not.
                self.send_after(0, SenderGone(path, incarnation))
                return None
            case SenderGone(sender, incarnation):
                batch = self.handovers.gone(sender, incarnation)
                if batch is not None:
                    self.domains.ended(batch.id)
                    self.lost(batch)
            case GoOn():
                self._going_on = False
            case _:
                if not self.take_in(message):
                    return super().on_receive(message)
        self._work()
        return None

    def wind_down(self, reason: Reason) -> None:
        """The senders stopped before: hear their last answers, and give back what they did not touch."""
        if not reason.expected:
            return
        for message, _ in self.take_queued(object, self.mailbox_bound):
            if isinstance(message, HandoverStarted):
                self.handovers.started(message.batch_id)
            elif isinstance(message, HandoverResult):
                self._answered(message)
        for batch in self.handovers.all_back():
            self.lost(batch)
        self.settle_all()

    @property
    def in_hand(self) -> int:
        """Mails not yet settled; any thread, roughly."""
        raise NotImplementedError

    # --- for the dispatcher to say ------------------------------------------------------------------------------------

    def take_in(self, message: Any) -> bool:
        """Whether this message is one of the dispatcher's own; it is kept, `work` follows."""
        raise NotImplementedError

    def work(self) -> None:
        """Settle what was answered, give idle senders what waits. Raises Unavailable at the first sign of a database
        that is away, with nothing lost."""
        raise NotImplementedError

    def settle_all(self) -> None:
        """Write what was answered, then acknowledge. Raises Unavailable."""
        raise NotImplementedError

    def answered(self, batch: Batch[T], verdicts: Mapping[str, Verdict]) -> None:
        """Its sender is through with it; a mail without a verdict is in doubt."""
        raise NotImplementedError

    def lost(self, batch: Batch[T]) -> None:
        """Its sender ended without an answer."""
        raise NotImplementedError

    # --- the senders --------------------------------------------------------------------------------------------------

    def hand_over(self, sender: str, incarnation: int, items: Mapping[str, T], envelopes: Sequence[Envelope]) -> None:
        """Give a claimed batch to an idle sender; `items` by the envelopes' keys."""
        domains = {envelope.key: domain_of(envelope.recipients[0]) for envelope in envelopes}
        batch = Batch(f"{self.claimant}/{next(self._numbers)}", sender, incarnation, items, domains=domains)
        self.handovers.give(batch)
        self.domains.began(batch.id, domains.values())
        try:
            self.cast(sender, Handover(batch.id, tuple(envelopes), self.context.path, incarnation))
        except (NoProc, MailboxFull):
            # Its `Down` is on the way and will give the batch back.
            logger.debug("%s has ended", sender)

    def _answered(self, result: HandoverResult) -> None:
        batch = self.handovers.take_back(result.batch_id)
        if batch is not None:
            self.domains.ended(batch.id)
            now = self.context.system.clock.monotonic()
            for verdict in result.verdicts:
                self.domains.heard(batch.domains.get(verdict.key, ""), verdict, now)
            self.answered(batch, {verdict.key: verdict for verdict in result.verdicts})

    # --- the database -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            with self.precedence.turn(bulk=self.bulk):
                self.work()
            self._away = False
        except Unavailable as error:
            if not self._away:
                logger.warning("%s waits: %s", self.context.path, error)
            self._away = True
            self.go_on_later()

    def go_on_later(self) -> None:
        """Work again soon, whatever comes in."""
        if not self._going_on:
            self._going_on = True
            self.send_after(AGAIN_SECONDS, GoOn())
