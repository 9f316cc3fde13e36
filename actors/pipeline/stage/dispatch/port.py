"""What a dispatcher is: it knows who asked for how much, and deals events out. Pure; the producer's thread.

It never holds more events than `wanted` said, and never gives a consumer more than it asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from actors.pipeline.stage.messages import Subscription, Terms


@dataclass(frozen=True, slots=True)
class Delivery:
    """Events for one consumer, in their order."""

    subscription: Subscription
    events: list[Any]


class Dispatcher(Protocol):
    """Decides between the consumers of one producer."""

    @property
    def skipped(self) -> int:
        """Events so far that no consumer was meant to get."""

    def subscribe(self, subscription: Subscription, terms: Terms) -> None:
        """Add a consumer, which has asked for nothing yet. Raises BadSubscription."""

    def cancel(self, subscription: Subscription) -> list[Any]:
        """Forget a consumer and what it asked for. Returns the events that are dropped with it."""

    def ask(self, subscription: Subscription, count: int) -> list[Delivery]:
        """A consumer asks for `count` more. Returns what was waiting for it."""

    def wanted(self) -> int:
        """How many events it can take now."""

    def dispatch(self, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        """Deal out as many of `events` as are wanted. Returns the deliveries, at most one each, and the rest."""

    def give_back(self, subscription: Subscription, events: Sequence[Any]) -> tuple[list[Delivery], Sequence[Any]]:
        """Events that did not reach this consumer, which is cancelled already.

        Returns what goes to its successor at once, and what belongs at the front of the buffer.
        """

    def clear(self) -> list[Any]:
        """Everything that it holds."""
