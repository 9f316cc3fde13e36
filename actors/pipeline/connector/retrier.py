"""The retrier: publishes messages for their next attempt, confirmed, and only then lets the originals be acknowledged.

Runs in its own thread and waits for nothing: the publisher answers by a message. When the broker does not take them, or
nobody answered in time, the originals are sent back for a while; a copy may then exist, which is the price of losing
none.
"""

import itertools
import time
from dataclasses import dataclass
from queue import Empty
from typing import Any

from actors.broker.port import PUBLISHER, Confirmed, Nack, NotConfirmed, Publish
from actors.pipeline.connector.acknowledger import POSTPONE_SECONDS, settle
from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.messages import KEEPER, Closing, Republish, beside
from supervision.actor import Actor
from supervision.errors import MailboxFull, NoProc
from supervision.reasons import Reason

#: How long a confirmation may take.
PATIENCE_SECONDS = 30.0
#: How long the end waits for confirmations.
FAREWELL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Overdue:
    """To itself: see whether this one was answered."""

    ref: int


class Retrier(Actor):
    """Takes `Republish`."""

    mailbox_bound = 100_000

    def __init__(self, counters: Counters, keeps: bool) -> None:
        super().__init__()
        self.counters = counters
        self.keeps = keeps
        self.waiting: dict[int, Republish] = {}
        self.refs = itertools.count(1)

    def on_start(self) -> None:
        self.keeper = beside(self.context.path, KEEPER) if self.keeps else None

    def on_receive(self, message: Any) -> Any:
        match message:
            case Republish():
                self._publish(message)
            case Confirmed(_, ref):
                self._confirmed(self.waiting.pop(ref, None))
            case NotConfirmed(_, ref):
                self._postpone(self.waiting.pop(ref, None))
            case Overdue(ref):
                self._postpone(self.waiting.pop(ref, None))
            case _:
                super().on_receive(message)

    def wind_down(self, reason: Reason) -> None:
        """Finish what was begun, for a while."""
        deadline = time.monotonic() + FAREWELL_SECONDS
        for message, _ in self.take_queued(Republish, self.mailbox_bound):
            self._publish(message)
        while self.waiting and (left := deadline - time.monotonic()) > 0:
            try:
                message = self.actor_inbox.get(left)
            except Empty:
                return
            if isinstance(message, Republish | Confirmed | NotConfirmed):
                self.on_receive(message)

    def terminate(self, reason: Reason) -> None:
        queued = [one for one in self.unhandled if isinstance(one, Republish)]
        for republish in (*self.waiting.values(), *queued):
            self._postpone(republish)

    def _publish(self, republish: Republish) -> None:
        ref = next(self.refs)
        try:
            self.check_fence()
            self.cast(PUBLISHER, Publish(republish.messages, True, self.context.path, ref))
        except (NoProc, MailboxFull):
            self._postpone(republish)
            return
        self.waiting[ref] = republish
        self.send_after(PATIENCE_SECONDS, Overdue(ref))

    def _confirmed(self, republish: Republish | None) -> None:
        if republish is None:
            return
        self.counters.add("retried", len(republish.messages))
        closing = republish.closing
        if closing.writes and self.keeper is not None:
            try:
                self.cast(self.keeper, closing)
                return
            except (NoProc, MailboxFull):
                pass  # its claims end by themselves; what was published must not stay open
        settle(self.context.system, closing.consumer, closing.settlements, self.counters)

    def _postpone(self, republish: Republish | None) -> None:
        if republish is None:
            return
        closing: Closing = republish.closing
        self.counters.add("postponed", len(closing.tags()))
        back = Nack(closing.tags(), delay_seconds=POSTPONE_SECONDS)
        settle(self.context.system, closing.consumer, (back,), self.counters)
