"""The producing side of a stage: what consumers want, what the producer owes, what waits in between. Pure; one thread.

The one rule that keeps upstream from being asked twice for a slot: the producer is asked for what the dispatcher wants,
less what waits in the buffer, less what it was asked for before and has not delivered. A consumer that leaves takes its
demand with it, but what the producer was asked for on its behalf stays on order, and serves the next who asks.

Every operation returns the steps to carry out, in their order.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.pipeline.stage.buffer import Buffer
from actors.pipeline.stage.dispatch.partition import PartitionDispatcher
from actors.pipeline.stage.dispatch.port import Delivery, Dispatcher
from actors.pipeline.stage.errors import StageError
from actors.pipeline.stage.messages import Mode, Subscription, Terms


@dataclass(frozen=True, slots=True)
class Inform:
    """Hand `message` to the stage's own `handle_info`."""

    message: Any


@dataclass(frozen=True, slots=True)
class Discard:
    """These events leave without having reached anybody."""

    events: list[Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Produce:
    """Ask the producer for `count` events that it has not been asked for yet."""

    count: int


Step = Delivery | Inform | Discard | Produce


class Outlet:
    """A dispatcher, a buffer, and the account of what the producer owes.

    Attributes:
        asks_for_more: False for a producer-consumer, which works its input as long as there is a `shortage`.
        on_order: events the producer was asked for and has not emitted.
    """

    def __init__(
        self, dispatcher: Dispatcher, buffer: Buffer, mode: Mode = "forward", asks_for_more: bool = True
    ) -> None:
        self.dispatcher = dispatcher
        self.buffer = buffer
        self.mode: Mode = mode
        self.asks_for_more = asks_for_more
        self.on_order = 0
        self._held_asks: list[tuple[Subscription, int]] = []

    def shortage(self) -> int:
        """Events that are wanted and neither here nor on order."""
        if self.mode == "accumulate":
            return 0
        return max(0, self.dispatcher.wanted() - self.buffer.count - self.on_order)

    def subscribe(self, subscription: Subscription, terms: Terms) -> None:
        """Raises BadSubscription when the dispatcher cannot take it."""
        self.dispatcher.subscribe(subscription, terms)

    def ask(self, subscription: Subscription, count: int) -> list[Step]:
        if self.mode == "accumulate":
            self._held_asks.append((subscription, count))
            return []
        return [*self.dispatcher.ask(subscription, count), *self._flush(), *self.order()]

    def cancel(self, subscription: Subscription) -> list[Step]:
        self._held_asks = [held for held in self._held_asks if held[0] != subscription]
        dropped = self.dispatcher.cancel(subscription)
        discards = [Discard(dropped, "the consumer of their partition left")] if dropped else []
        return [*discards, *self._flush(), *self.order()]

    def emit(self, events: Sequence[Any]) -> list[Step]:
        """Deal out what is wanted, keep the rest. Never asks for more: the caller may be answering an ask."""
        self.on_order = max(0, self.on_order - len(events))
        if self.buffer or self.mode == "accumulate":
            return [*self._store(events), *self._flush()]
        deliveries, rest = self._deal(events)
        return [*deliveries, *self._store(rest)] if rest else list(deliveries)

    def inform(self, message: Any) -> list[Step]:
        """Queue `message` behind what is buffered now."""
        return [] if self.buffer.note(message) else [Inform(message)]

    def set_mode(self, mode: Mode) -> list[Step]:
        """On `forward` every ask that was held goes up by itself, in its order."""
        self.mode = mode
        held, self._held_asks = self._held_asks, []
        steps = [step for subscription, count in held for step in self.ask(subscription, count)]
        return [*steps, *self._flush(), *self.order()]

    def give_back(self, subscription: Subscription, events: Sequence[Any]) -> list[Step]:
        """Events that did not reach their consumer, which is cancelled: they are the next to leave."""
        deliveries, rest = self.dispatcher.give_back(subscription, events)
        self.buffer.give_back(rest)
        return [*deliveries, *self._flush()]

    def repartition(self, partitions: int | Iterable[Hashable]) -> tuple[list[Step], list[Subscription]]:
        """Other partitions. Returns the steps, and the consumers that have none any more, to be cancelled.

        Raises StageError without a `PartitionDispatcher`.
        """
        if not isinstance(self.dispatcher, PartitionDispatcher):
            raise StageError("there are no partitions here")
        asked, gone = self.dispatcher.repartition(partitions)
        return [step for subscription, count in asked for step in self.ask(subscription, count)], gone

    def order(self) -> list[Step]:
        """What the producer is to be asked for now."""
        count = self.shortage() if self.asks_for_more else 0
        self.on_order += count
        return [Produce(count)] if count else []

    def clear(self) -> list[Any]:
        """Everything that waits here: what the dispatcher holds, then the buffer."""
        return [*self.dispatcher.clear(), *self.buffer.clear()]

    def _deal(self, events: Sequence[Any]) -> tuple[Iterable[Step], Sequence[Any]]:
        """An event that cannot be dealt out ends the producer; then all of them are still here."""
        try:
            return self.dispatcher.dispatch(events)
        except BaseException:
            self.buffer.give_back(events)
            raise

    def _store(self, events: Sequence[Any]) -> list[Step]:
        discarded, displaced = self.buffer.store(events)
        discards = [Discard(discarded, f"the buffer holds {self.buffer.size}")] if discarded else []
        return [*discards, *map(Inform, displaced)]

    def _flush(self) -> list[Step]:
        """Let go what waits and is wanted."""
        steps: list[Step] = []
        while self.buffer and self.mode == "forward" and (wanted := self.dispatcher.wanted()):
            events, messages = self.buffer.take(wanted)
            deliveries, rest = self._deal(events)
            self.buffer.give_back(rest)
            steps += [*deliveries, *map(Inform, messages)]
        return steps
