"""Every consumer gets every event, or those its selector wants; the slowest one sets the pace. Pure.

A consumer that has just subscribed has asked for nothing yet, so everybody waits until it does. What a selector does
not want is not taken off its consumer's demand: as many are asked for again.
"""

from collections.abc import Sequence
from typing import Any

from actors.pipeline.stage.dispatch.port import Delivery
from actors.pipeline.stage.errors import BadSubscription
from actors.pipeline.stage.messages import Selector, Subscription, Terms


class BroadcastDispatcher:
    """Deals out as many events as the most modest consumer asked for. An event that no selector wants is counted."""

    def __init__(self) -> None:
        self.skipped = 0
        self._demands: dict[Subscription, int] = {}
        self._selectors: dict[Subscription, Selector | None] = {}

    def subscribe(self, subscription: Subscription, terms: Terms) -> None:
        consumer = subscription.consumer
        if any(consumer == known.consumer for known in self._demands):
            raise BadSubscription(f"{consumer} is subscribed already; it would get everything twice")
        self._demands[subscription] = 0
        self._selectors[subscription] = terms.selector

    def cancel(self, subscription: Subscription) -> list[Any]:
        del self._demands[subscription], self._selectors[subscription]
        return []

    def ask(self, subscription: Subscription, count: int) -> list[Delivery]:
        self._demands[subscription] += count
        return []

    def wanted(self) -> int:
        return min(self._demands.values(), default=0)

    def dispatch(self, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        count = self.wanted()
        now = events[:count]
        if not now:
            return [], events
        deliveries = []
        for subscription, selector in self._selectors.items():
            chosen = list(now) if selector is None else [event for event in now if selector(event)]
            if chosen:
                deliveries.append(Delivery(subscription, chosen))
        for delivery in deliveries:
            self._demands[delivery.subscription] -= len(delivery.events)
        self._count_skipped(now, deliveries)
        return deliveries, events[count:]

    def demands(self) -> dict[Subscription, int]:
        """Who waits for how many."""
        return dict(self._demands)

    def give_back(self, subscription: Subscription, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        """The others have theirs; a consumer's own copy ends with it."""
        return [], []

    def clear(self) -> list[Any]:
        return []

    def _count_skipped(self, events: Sequence[Any], deliveries: Sequence[Delivery]) -> None:
        if None in self._selectors.values():
            return
        chosen = {id(event) for delivery in deliveries for event in delivery.events}
        self.skipped += sum(id(event) not in chosen for event in events)
