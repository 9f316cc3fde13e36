"""The consumer of a pipeline: it carries out what it was told before something ends, so that ends double nothing."""

from actors.broker.consumer import Consumer
from actors.broker.port import Settlement
from supervision.mailbox import message_of
from supervision.reasons import Reason

#: All that can wait.
EVERYTHING = Consumer.mailbox_bound


class PipelineConsumer(Consumer):
    """As in the broker port, but for the ends: its own, and that of its producer. Both overtake what waits."""

    def wind_down(self, reason: Reason) -> None:
        """A crash leaves nothing to carry settlements out with."""
        if reason.expected:
            self.paused = True
            self._settle_what_waits()
        super().wind_down(reason)

    def _subscriber_gone(self, incarnation: int, reason: Reason) -> None:
        if self.serving is not None and incarnation >= self.serving:
            self.serving = None  # so that settling hands out nothing more
            self._settle_what_waits()
            self.serving = incarnation
        super()._subscriber_gone(incarnation, reason)

    def _settle_what_waits(self) -> None:
        """Settlements first, the rest stays in its order."""
        waiting = self.actor_inbox.take(lambda _: True, EVERYTHING)
        for item in sorted(waiting, key=lambda item: not isinstance(message_of(item), Settlement)):
            self.actor_inbox.put_unbounded(item)
        self._settle(self.take_queued(Settlement, EVERYTHING))
