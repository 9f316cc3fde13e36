"""The consuming side of a stage: its subscriptions, and what came in and waits to be worked. Pure; one thread.

Chunks, ends of subscriptions and infos wait in one queue, so each is seen only after all that came before it. What
waits is bounded by the demand of all subscriptions together.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.pipeline.stage.demand import Demand
from actors.pipeline.stage.errors import ProtocolViolation
from actors.pipeline.stage.messages import Info, Subscription, Terms
from supervision.reasons import Reason

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events to be worked in one go."""

    subscription: Subscription
    events: list[Any]


@dataclass(frozen=True, slots=True)
class End:
    """A subscription is over; nothing of it comes after this."""

    subscription: Subscription
    reason: Reason


@dataclass(slots=True)
class Link:
    """One subscription, as its consumer sees it. When `leaving`, it asks for nothing more."""

    terms: Terms
    demand: Demand = field(init=False)
    leaving: bool = False

    def __post_init__(self) -> None:
        self.demand = Demand(self.terms)


class Inlet:
    """All subscriptions of one consumer and its queue of input."""

    def __init__(self) -> None:
        self.links: dict[Subscription, Link] = {}
        self.queue: deque[Chunk | End | Info] = deque()

    def open(self, subscription: Subscription, terms: Terms) -> int:
        """Add a subscription; how many to ask for at once."""
        link = self.links[subscription] = Link(terms)
        return link.demand.first()

    def ask(self, subscription: Subscription, count: int) -> int:
        """By hand. Raises ProtocolViolation for an unknown subscription, BadSubscription for a count below 0."""
        link = self.links.get(subscription)
        if link is None:
            raise ProtocolViolation(f"there is no subscription {subscription}")
        return link.demand.ask(count)

    def receive(self, subscription: Subscription, events: Sequence[Any]) -> bool:
        """Queue events in chunks; False when the subscription is unknown."""
        link = self.links.get(subscription)
        if link is None:
            return False
        self.queue.extend(Chunk(subscription, events) for events in link.demand.chunks(events))
        return True

    def end(self, subscription: Subscription, reason: Reason) -> None:
        """Queue the end of a subscription behind its events; a second one, or an unknown one, is nothing."""
        link = self.links.get(subscription)
        if link is not None:
            self.queue.append(End(subscription, reason))
            link.leaving = True

    def close(self, end: End) -> Link | None:
        """Forget the subscription; None when that has happened before."""
        return self.links.pop(end.subscription, None)

    def handled(self, chunk: Chunk) -> int:
        """The chunk is worked: how many to ask for again."""
        link = self.links.get(chunk.subscription)
        if link is None:
            return 0
        unasked = len(chunk.events) - link.demand.outstanding
        if unasked > 0:
            logger.warning("%s sent %d events more than asked for", chunk.subscription.producer, unasked)
        more = link.demand.handled(len(chunk.events))
        return 0 if link.leaving else more

    def clear(self) -> list[Any]:
        """The events of everything that waits."""
        events = [event for item in self.queue if isinstance(item, Chunk) for event in item.events]
        self.queue.clear()
        return events
