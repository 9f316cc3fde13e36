"""Every event has one partition, every partition at most one consumer, which gets its events in their order. Pure.

Events for a partition that has not asked wait here, in its queue. They are within the demand of all: what a hot
partition holds is taken off what may be asked for next, so that all queues together never hold more than the consumers'
`max_demand` together, plus `slack`. A partition whose consumer is stuck thus stops the others in the end; `slack` says
how many events later.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from actors.pipeline.stage.dispatch.port import Delivery
from actors.pipeline.stage.errors import BadSubscription, UnknownPartition
from actors.pipeline.stage.messages import Subscription, Terms

#: What becomes of queued events when their consumer leaves.
Orphans = Literal["keep", "drop"]


@dataclass(slots=True)
class _Slot:
    subscription: Subscription | None = None
    demand: int = 0
    queue: list[Any] = field(default_factory=list)


class PartitionDispatcher:
    """Sends each event where `partition_of` says.

    Attributes:
        partitions: how many (0 to n-1), or their names.
        partition_of: event -> partition, or None for an event that nobody gets; it is counted, and replaced upstream.
        slack: how many queued events do not count against the demand, for the sake of idle partitions.
        orphans: `keep` a partition's queue for its next consumer, or `drop` it and ask upstream for as many again.
    """

    def __init__(
        self,
        partitions: int | Iterable[Hashable],
        partition_of: Callable[[Any], Hashable],
        slack: int = 0,
        orphans: Orphans = "keep",
    ) -> None:
        self.partition_of = partition_of
        self.slack = slack
        self.orphans = orphans
        self.skipped = 0
        self._slots: dict[Hashable, _Slot] = {name: _Slot() for name in _names(partitions)}
        self._places: dict[Subscription, _Slot] = {}
        self._demand = 0
        self._queued = 0

    def subscribe(self, subscription: Subscription, terms: Terms) -> None:
        slot = self._slots.get(terms.partition)
        if slot is None:
            known = ", ".join(map(repr, self._slots))
            raise BadSubscription(f"partition must be one of {known}, not {terms.partition!r}", field="partition")
        if slot.subscription is not None:
            holder = slot.subscription.consumer
            raise BadSubscription(f"the partition {terms.partition!r} belongs to {holder}", field="partition")
        slot.subscription = subscription
        self._places[subscription] = slot

    def cancel(self, subscription: Subscription) -> list[Any]:
        slot = self._places.pop(subscription)
        self._demand -= slot.demand
        slot.subscription, slot.demand = None, 0
        return self._empty(slot) if self.orphans == "drop" else []

    def ask(self, subscription: Subscription, count: int) -> list[Delivery]:
        slot = self._places[subscription]
        slot.demand += count
        self._demand += count
        return self._serve(slot)

    def wanted(self) -> int:
        return max(0, self._demand - max(0, self._queued - self.slack))

    def dispatch(self, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        """Raises UnknownPartition; then nothing was dealt out."""
        lots, rest, skipped = self._sort(events)
        self.skipped += skipped
        deliveries = []
        for name, lot in lots.items():
            slot = self._slots[name]
            slot.queue += lot
            self._queued += len(lot)
            deliveries += self._serve(slot)
        return deliveries, rest

    def give_back(self, subscription: Subscription, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        """To the front of their partition's queue, or, when orphans are dropped, back to be dealt out again."""
        if self.orphans == "drop":
            return [], events
        lots: dict[Hashable, list[Any]] = {}
        for event in events:
            lots.setdefault(self.partition_of(event), []).append(event)
        deliveries = []
        for name, lot in lots.items():
            slot = self._slots[name]
            slot.queue[:0] = lot
            self._queued += len(lot)
            deliveries += self._serve(slot)
        return deliveries, []

    def clear(self) -> list[Any]:
        return [event for slot in self._slots.values() for event in self._empty(slot)]

    def queued(self) -> dict[Hashable, int]:
        """How many events wait for each partition."""
        return {name: len(slot.queue) for name, slot in self._slots.items()}

    def queues(self) -> list[list[Any]]:
        """What waits for each partition; for a look from any thread."""
        return [slot.queue for slot in list(self._slots.values())]

    def repartition(
        self, partitions: int | Iterable[Hashable]
    ) -> tuple[list[tuple[Subscription, int]], list[Subscription]]:
        """Other partitions; what waits is sorted anew, and events of one partition before keep their order.

        Returns what the consumers that stay had asked for, to be asked for again; and the consumers whose partition is
        no more, to be cancelled.
        """
        waiting = self.clear()
        self._slots = {name: self._slots.get(name) or _Slot() for name in _names(partitions)}
        kept = set(map(id, self._slots.values()))
        asked = [(one, slot.demand) for one, slot in self._places.items() if slot.demand and id(slot) in kept]
        for slot in self._places.values():
            slot.demand = 0
        self._demand = 0
        for event in waiting:
            name = self.partition_of(event)
            if name is None:
                self.skipped += 1
            else:
                self._slots[name].queue.append(event)
                self._queued += 1
        return asked, [one for one, slot in self._places.items() if id(slot) not in kept]

    def _sort(self, events: Sequence[Any]) -> tuple[dict[Hashable, list[Any]], Sequence[Any], int]:
        """Events by partition, as many as are wanted; the rest; how many are nobody's."""
        lots: dict[Hashable, list[Any]] = {}
        room, skipped = self.wanted(), 0
        for index, event in enumerate(events):
            if not room:
                return lots, events[index:], skipped
            name = self.partition_of(event)
            if name in lots:
                lots[name].append(event)
            elif name in self._slots:
                lots[name] = [event]
            elif name is None:
                skipped += 1
                continue
            else:
                known = ", ".join(map(repr, self._slots))
                raise UnknownPartition(f"an event belongs to the partition {name!r}; there are only {known}")
            room -= 1
        return lots, [], skipped

    def _serve(self, slot: _Slot) -> list[Delivery]:
        count = min(slot.demand, len(slot.queue))
        if not count or slot.subscription is None:
            return []
        events, slot.queue = slot.queue[:count], slot.queue[count:]
        slot.demand -= count
        self._demand -= count
        self._queued -= count
        return [Delivery(slot.subscription, events)]

    def _empty(self, slot: _Slot) -> list[Any]:
        events, slot.queue = slot.queue, []
        self._queued -= len(events)
        return events


def _names(partitions: int | Iterable[Hashable]) -> Iterable[Hashable]:
    return range(partitions) if isinstance(partitions, int) else partitions
