"""Whoever asked for most is served first; among equals, in the order in which they subscribed. Pure."""

import logging
import random
from collections.abc import Sequence
from typing import Any

from actors.pipeline.stage.dispatch.port import Delivery
from actors.pipeline.stage.messages import Subscription, Terms

logger = logging.getLogger(__name__)


class DemandDispatcher:
    """Each consumer gets its whole demand in turn, the largest first.

    Attributes:
        max_demand: what a consumer should ask for at most at a time, by default what the first one did. One who asks
            for more would be served before all others for good, which is worth a warning.
        shuffle: mix the consumers at the first dispatch, or under low traffic the first one gets all the work.
    """

    def __init__(self, max_demand: int | None = None, shuffle: bool = False, rng: random.Random | None = None) -> None:
        self.max_demand = max_demand
        self.skipped = 0
        self._shuffle = (rng or random.Random()).shuffle if shuffle else None
        self._demands: dict[Subscription, int] = {}
        self._warned: set[Subscription] = set()
        self._wanted = 0

    def subscribe(self, subscription: Subscription, terms: Terms) -> None:
        self._demands[subscription] = 0

    def cancel(self, subscription: Subscription) -> list[Any]:
        self._wanted -= self._demands.pop(subscription)
        self._warned.discard(subscription)
        return []

    def ask(self, subscription: Subscription, count: int) -> list[Delivery]:
        if self.max_demand is None:
            self.max_demand = count
        elif count > self.max_demand and subscription not in self._warned:
            self._warn(subscription, count)
        self._demands[subscription] += count
        self._wanted += count
        return []

    def wanted(self) -> int:
        return self._wanted

    def dispatch(self, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        if not events or not self._wanted:
            return [], events
        deliveries, start, end = [], 0, len(events)
        for subscription in self._in_turn():
            count = min(self._demands[subscription], end - start)
            if count:
                deliveries.append(Delivery(subscription, list(events[start : start + count])))
                self._demands[subscription] -= count
                start += count
            if start == end:
                break
        self._wanted -= start
        return deliveries, events[start:]

    def demands(self) -> list[tuple[int, Subscription]]:
        """Who waits for how many, in the order in which they will be served."""
        ordered = sorted(self._demands.items(), key=lambda item: -item[1])
        return [(demand, subscription) for subscription, demand in ordered]

    def give_back(self, subscription: Subscription, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        return [], events

    def clear(self) -> list[Any]:
        return []

    def _warn(self, subscription: Subscription, count: int) -> None:
        """Once for each consumer."""
        self._warned.add(subscription)
        logger.warning(
            "%s asks for %d events, more than the %s that all consumers of %s should: it will be preferred",
            subscription.consumer,
            count,
            self.max_demand,
            subscription.producer,
        )

    def _in_turn(self) -> list[Subscription]:
        if self._shuffle is None:
            return [subscription for _, subscription in self.demands()]
        mixed = list(self._demands.items())
        self._shuffle(mixed)
        self._shuffle = None
        self._demands = dict(mixed)
        return list(self._demands)
