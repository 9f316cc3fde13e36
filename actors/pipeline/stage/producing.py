"""A stage as a producer: it accepts consumers and carries out what its `Outlet` decides. The stage's thread."""

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from actors.pipeline.stage.demand import check
from actors.pipeline.stage.dispatch import Delivery
from actors.pipeline.stage.errors import BadSubscription, ProtocolViolation, StageError
from actors.pipeline.stage.messages import Cancel, Cancelled, Events, Subscription, Terms
from actors.pipeline.stage.outlet import Discard, Inform, Outlet, Produce, Step
from actors.pipeline.stage.peer import Peer, Refill, is_over
from supervision.messages import Down
from supervision.reasons import NOPROC, NORMAL, SHUTDOWN, Crashed, Reason


class Producing(Peer):
    """`outlet` is None in a mere consumer."""

    def __init__(self) -> None:
        super().__init__()
        self.outlet: Outlet | None = None
        self.consumers: set[Subscription] = set()
        self._steps: deque[Step] = deque()

    # --- to override -------------------------------------------------------------------------------------------------

    def handle_demand(self, count: int) -> None:
        """A producer is asked for `count` events more: `emit` them now or later. It is not asked for the same again."""

    def handle_info(self, message: Any) -> None:
        """A queued info has its turn; by default it is a message like any other."""
        self.on_receive(message)

    def handle_returned(self, events: Sequence[Any], subscription: Subscription) -> None:
        """Events that did not reach their consumer; by default they are the next to leave.

        `subscription` tells to which incarnation of this producer they belonged.
        """
        if self.outlet is None:
            self._discard(events, "they came back to a stage that produces nothing")
        else:
            self._carry_out(self.outlet.give_back(subscription, events))

    def _demand_grew(self) -> None:
        """Consumers may want more than before."""

    # --- to call -----------------------------------------------------------------------------------------------------

    def emit(self, events: Sequence[Any]) -> None:
        """Send to whoever asked for them; the rest waits in the buffer. Lists all the way: one call for many events."""
        if not events:
            return
        if self.outlet is None:
            self._discard(events, "a consumer has nobody to send to")
            return
        self._carry_out(self.outlet.emit(events))
        if self.outlet.asks_for_more and self.outlet.shortage():
            self._note(Refill())

    def cancel_consumers(self, reason: Reason = NORMAL) -> None:
        """Let all consumers go; each hears of it after the events it was sent."""
        self._carry_out(())  # inside a step: what was dealt out already goes first
        self._let_go(sorted(self.consumers, key=lambda one: (one.consumer, one.number)), reason)

    def repartition(self, partitions: int | Iterable[Hashable]) -> None:
        """Other partitions, for which consumers may subscribe from now on; who has one that is no more is let go.

        Events under way keep their former owners: order is kept only if there are none. Raises StageError.
        """
        if self.outlet is None:
            raise StageError(f"{self.context.path} is a consumer; it has no partitions")
        steps, gone = self.outlet.repartition(partitions)
        self._carry_out(steps)
        self._let_go(gone, SHUTDOWN)

    def buffered(self) -> int:
        """How many events wait for somebody to ask for them."""
        return 0 if self.outlet is None else self.outlet.buffer.count

    # --- messages ----------------------------------------------------------------------------------------------------

    def _accept(self, subscription: Subscription, terms: Terms) -> None:
        try:
            self._outlet_for(subscription).subscribe(subscription, check(terms))
        except (BadSubscription, ProtocolViolation) as error:
            self._refuse(subscription, error)
            return
        self.consumers.add(subscription)
        self._watch(subscription.consumer, subscription.consumer_incarnation)
        self.handle_subscribed(subscription)
        if not self._lives(subscription):
            # A successor may run at its path already, and it is that one's end we would hear of.
            self._forget(subscription, NOPROC)

    def _outlet_for(self, subscription: Subscription) -> Outlet:
        path, incarnation = self.context.path, self.context.incarnation
        if self.outlet is None:
            raise BadSubscription(f"{path} produces nothing: it has no handle_demand and no dispatcher")
        if subscription.producer_incarnation != incarnation:
            raise ProtocolViolation(f"{path} has been restarted; it is incarnation {incarnation} now")
        if subscription in self.consumers:
            raise ProtocolViolation(f"{subscription.consumer} has this subscription already")
        return self.outlet

    def _asked(self, subscription: Subscription, count: int) -> None:
        if self.outlet is None or subscription not in self.consumers:
            self._refuse(subscription, ProtocolViolation(f"{self.context.path} does not know {subscription}"))
        elif type(count) is not int or count < 1:
            self._refuse(subscription, ProtocolViolation(f"one asks for at least one event, not {count!r}"))
        else:
            self._carry_out(self.outlet.ask(subscription, count))
            self._demand_grew()

    def _refuse(self, subscription: Subscription, error: StageError) -> None:
        reason = Crashed(error)
        self._send(subscription.consumer, Cancelled(subscription, reason))
        self._forget(subscription, reason)

    def _consumer_leaves(self, cancel: Cancel) -> None:
        if cancel.subscription in self.consumers:
            self._send(cancel.subscription.consumer, Cancelled(cancel.subscription, cancel.reason))
            self._forget(cancel.subscription, cancel.reason)
        if cancel.returned:
            self.handle_returned(cancel.returned, cancel.subscription)

    def _consumer_down(self, down: Down) -> None:
        for subscription in list(self.consumers):
            if is_over(down, subscription.consumer, subscription.consumer_incarnation):
                self._forget(subscription, down.reason)

    def _forget(self, subscription: Subscription, reason: Reason) -> None:
        if self.outlet is None or subscription not in self.consumers:
            return
        self.consumers.discard(subscription)
        self._carry_out(self.outlet.cancel(subscription))
        self.handle_cancelled(subscription, reason)

    def _let_go(self, subscriptions: Iterable[Subscription], reason: Reason) -> None:
        for subscription in subscriptions:
            self._send(subscription.consumer, Cancelled(subscription, reason))
            self._forget(subscription, reason)

    def _refill(self) -> None:
        self._notes.discard(Refill)
        if self.outlet is not None:
            self._carry_out(self.outlet.order())

    def _inform(self, message: Any) -> None:
        self._carry_out([Inform(message)] if self.outlet is None else self.outlet.inform(message))

    # --- carrying out ------------------------------------------------------------------------------------------------

    def _carry_out(self, steps: Sequence[Step]) -> None:
        """Also from inside a step: what was decided first is done first."""
        self._steps.extend(steps)
        while self._steps:
            match self._steps.popleft():
                case Delivery(subscription, events):
                    self._deliver(subscription, events)
                case Produce(count):
                    self.handle_demand(count)
                case Inform(message):
                    self.handle_info(message)
                case Discard(events, reason):
                    self._discard(events, reason)

    def _deliver(self, subscription: Subscription, events: list[Any]) -> None:
        if self._lives(subscription):
            self._send(subscription.consumer, Events(subscription, events))
        else:
            self._take_back(subscription, events)

    def _lives(self, subscription: Subscription) -> bool:
        """Whether the consumer still is the one that subscribed."""
        consumer = self.context.system.registry.running(subscription.consumer)
        return consumer is not None and consumer.context.incarnation == subscription.consumer_incarnation

    def _undelivered(self, messages: Sequence[Any]) -> None:
        """Events stay here."""
        super()._undelivered(messages)
        events: dict[Subscription, list[Any]] = {}
        for message in messages:
            if isinstance(message, Events):
                events.setdefault(message.subscription, []).extend(message.events)
        for subscription, all_of_them in events.items():
            self._take_back(subscription, all_of_them)

    def _take_back(self, subscription: Subscription, events: list[Any]) -> None:
        """With those that were to follow, so that their order stays; the consumer is gone."""
        later = [step for step in self._steps if isinstance(step, Delivery) and step.subscription == subscription]
        for step in later:
            self._steps.remove(step)
            events = events + step.events
        self._forget(subscription, NOPROC)
        self.handle_returned(events, subscription)
        self._demand_grew()
