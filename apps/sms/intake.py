"""The intake of links: what they bring is made durable in the broker, in batches, and only then settled.

Runs in its own thread. Whatever waits in its mailbox shares one `Publish`; a link is told `Settled(ok=True)` when the
broker confirmed, `ok=False` when it did not, when the publisher died, or when it did not answer in time. Nothing is
kept here: what was not settled comes again by the carrier's own means.
"""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from actors.broker import PUBLISHER, Confirmed, NotConfirmed, Publish
from actors.carrier.port import Arrived, Receipt, Settled
from apps.sms.arrivals import message_of
from supervision import Actor, Backoff, ChildSpec, Down, MailboxFull, NoProc, Timer

ID = "intake"
#: Texts and receipts in one `Publish`.
BATCH = 500
ANSWER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Overdue:
    """To itself: the broker was silent about this batch for too long."""

    ref: int


@dataclass(frozen=True, slots=True)
class Published:
    """What is with the publisher."""

    arrived: tuple[Arrived, ...]
    timer: Timer


class Intake(Actor):
    """Takes `Arrived`, answers `Settled`."""

    mailbox_bound: ClassVar[int] = 10_000

    def __init__(self, buckets: int, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts
        self._buckets = buckets
        self._refs = itertools.count(1)
        self._published: dict[int, Published] = {}
        self._watches_publisher = False

    def on_receive(self, message: Any) -> None:
        match message:
            case Arrived():
                self._publish((message, *(more for more, _ in self.take_queued(Arrived, BATCH - 1))))
            case Confirmed(ref=ref):
                self._settle(ref, True)
            case NotConfirmed(ref=ref):
                self._settle(ref, False)
            case Overdue(ref):
                self._settle(ref, False)
            case Down():
                self._watches_publisher = False
                for ref in tuple(self._published):
                    self._settle(ref, False)
            case _:
                self.dead_letter(message, "the intake does not know this message")

    def _publish(self, arrived: tuple[Arrived, ...]) -> None:
        now = self.context.system.clock.time()
        ref = next(self._refs)
        messages = tuple(message_of(one.item, now, self._buckets) for one in arrived)
        try:
            self.cast(PUBLISHER, Publish(messages, reply_to=self.context.path, ref=ref))
        except (NoProc, MailboxFull):
            self._tell(arrived, False)
            return
        if not self._watches_publisher:
            self.monitor(PUBLISHER)
            self._watches_publisher = True
        self._published[ref] = Published(arrived, self.send_after(ANSWER_SECONDS, Overdue(ref)))

    def _settle(self, ref: int, ok: bool) -> None:
        published = self._published.pop(ref, None)
        if published is not None:
            published.timer.cancel()
            self._tell(published.arrived, ok)

    def _tell(self, arrived: Iterable[Arrived], ok: bool) -> None:
        tokens: dict[tuple[str, int], list[int]] = {}
        for one in arrived:
            tokens.setdefault((one.link, one.incarnation), []).append(one.token)
            self.counts["returned" if not ok else "receipts" if isinstance(one.item, Receipt) else "texts"] += 1
        for (link, incarnation), mine in tokens.items():
            settled = Settled(tuple(mine), ok, incarnation)
            try:
                self.cast(link, settled)
            except (NoProc, MailboxFull) as error:
                self.dead_letter(settled, str(error))


def intake_spec(buckets: int) -> ChildSpec:
    """`/sms/intake`. The counts are made here, once, so that they outlive the incarnations."""
    backoff = Backoff(min_seconds=0.05, max_seconds=5.0)
    return ChildSpec(id=ID, actor=Intake, args=(buckets, Counter[str]()), backoff=backoff)
