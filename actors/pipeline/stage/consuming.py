"""A stage as a consumer: it subscribes, works what comes chunk by chunk, and asks for more. The stage's thread."""

import itertools
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from actors.pipeline.stage.demand import check
from actors.pipeline.stage.errors import BadSubscription, ProtocolViolation
from actors.pipeline.stage.inlet import Chunk, End, Inlet
from actors.pipeline.stage.messages import (
    Ask,
    Cancel,
    Events,
    Info,
    Policy,
    Selector,
    Subscribe,
    Subscription,
    Terms,
)
from actors.pipeline.stage.peer import Peer, Work, is_over
from supervision.actor import Stop
from supervision.messages import Down
from supervision.reasons import NORMAL, Crashed, Reason


@dataclass(frozen=True, slots=True)
class Gone:
    """To itself: a producer has ended. A `Down` overtakes events; this waits behind those it sent."""

    down: Down


class Consuming(Peer):
    """Works one chunk per message, so that a stop waits for no more than the chunk in hand."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.consumes = type(self).handle_events is not Consuming.handle_events
        self.inlet = Inlet()
        #: The chunk that is being worked; after an ending the one that was not finished.
        self.in_hand: list[Any] = []
        self._numbers = itertools.count(1)

    # --- to override -------------------------------------------------------------------------------------------------

    def handle_events(self, events: list[Any], source: Subscription) -> None:
        """Work one chunk. More is asked for, if it is time to, when this returns."""

    def _wanted_downstream(self) -> bool:
        """Whether a chunk may be worked now."""
        return True

    def _inform(self, message: Any) -> None:
        """An info has come through the queue of input."""

    # --- to call -----------------------------------------------------------------------------------------------------

    @property
    def producers(self) -> list[Subscription]:
        """The subscriptions of this consumer, those included that are about to end."""
        return list(self.inlet.links)

    def subscribe(
        self,
        producer: str,
        *,
        max_demand: int = 1000,
        min_demand: int | None = None,
        cancel: Policy = "permanent",
        partition: Hashable = None,
        selector: Selector | None = None,
        manual: bool = False,
    ) -> Subscription:
        """Subscribe to the producer that runs at the path now, see `Terms`. Raises BadSubscription, NoProc.

        Whether the producer agrees is heard later: if not, as the end of the subscription.
        """
        return self._subscribe_to(producer, Terms(max_demand, min_demand, cancel, partition, selector, manual))

    def ask(self, subscription: Subscription, count: int) -> None:
        """Ask by hand for `count` events more. Raises ProtocolViolation for a subscription that is over."""
        if self.inlet.ask(subscription, count):
            self._send(subscription.producer, Ask(subscription, count))

    def cancel(self, subscription: Subscription, reason: Reason = NORMAL) -> None:
        """Leave a producer. What it has sent is still worked; then the subscription ends."""
        link = self.inlet.links.get(subscription)
        if link is not None and not link.leaving:
            link.leaving = True
            self._send(subscription.producer, Cancel(subscription, reason))

    # --- messages ----------------------------------------------------------------------------------------------------

    def _subscribe_to(self, producer: str, terms: Terms) -> Subscription:
        if not self.consumes:
            raise BadSubscription(f"{self.context.path} consumes nothing: it has no handle_events")
        terms = check(terms)
        actor = self.context.system.registry.running(producer)
        if actor is None:
            raise self.context.system.noproc(producer)
        own, theirs = self.context, actor.context.incarnation
        subscription = Subscription(producer, theirs, own.path, own.incarnation, next(self._numbers))
        self._watch(producer, theirs)
        first = self.inlet.open(subscription, terms)
        self._send(producer, Subscribe(subscription, terms))
        self.handle_subscribed(subscription)
        if first:
            self._send(producer, Ask(subscription, first))
        return subscription

    def _receive(self, message: Events) -> None:
        if self.inlet.receive(message.subscription, message.events):
            self._work_on()
        else:
            reason = Crashed(ProtocolViolation(f"{self.context.path} does not know {message.subscription}"))
            back = Cancel(message.subscription, reason, tuple(message.events))
            self._send(message.subscription.producer, back)

    def _end(self, subscription: Subscription, reason: Reason) -> None:
        self.inlet.end(subscription, reason)
        self._work_on()

    def _producer_down(self, down: Down) -> None:
        if self._of_producer(down):
            self.actor_inbox.put_unbounded(Gone(down))

    def _producer_gone(self, gone: Gone) -> None:
        for subscription in self._of_producer(gone.down):
            self.inlet.end(subscription, gone.down.reason)
        self._work_on()

    def _of_producer(self, down: Down) -> list[Subscription]:
        return [one for one in self.inlet.links if is_over(down, one.producer, one.producer_incarnation)]

    # --- working -----------------------------------------------------------------------------------------------------

    def _work_on(self) -> None:
        """Go on at once, unless it is arranged already that one will."""
        if Work not in self._notes:
            self._work()

    def _work_later(self) -> None:
        if self._workable():
            self._note(Work())

    def _work(self) -> None:
        """Work what is first in the queue, if it may be worked; the next is the next message's business."""
        if not self._workable():
            return
        match self.inlet.queue.popleft():
            case Chunk() as chunk:
                self._work_chunk(chunk)
            case End() as end:
                self._close(end)
            case Info(message):
                self._inform(message)
        self._work_later()

    def _workable(self) -> bool:
        """Events only as long as somebody downstream wants what becomes of them; all else when its turn comes."""
        queue = self.inlet.queue
        return bool(queue) and (not isinstance(queue[0], Chunk) or self._wanted_downstream())

    def _work_chunk(self, chunk: Chunk) -> None:
        self.in_hand = chunk.events
        self.handle_events(chunk.events, chunk.subscription)
        self.in_hand = []
        self._worked(chunk)

    def _worked(self, chunk: Chunk) -> None:
        count = self.inlet.handled(chunk)
        if count:
            self._send(chunk.subscription.producer, Ask(chunk.subscription, count))

    def _close(self, end: End) -> None:
        link = self.inlet.close(end)
        if link is None:
            return
        self.handle_cancelled(end.subscription, end.reason)
        policy = link.terms.cancel
        if policy == "permanent" or (policy == "transient" and not end.reason.expected):
            raise Stop(end.reason)
