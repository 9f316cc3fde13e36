"""A consumer's account of one subscription: how much to ask, when, and in what chunks to work. Pure; one thread.

At most `max_demand` events are outstanding (asked for and not yet handled). As soon as no more than `min_demand` are,
the account asks for as many as fill it up. Work is cut into chunks of at most `max - min`, so that a new ask is
on its way while the rest is worked.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from actors.pipeline.stage.errors import BadSubscription
from actors.pipeline.stage.messages import Policy, Terms


def check(terms: Terms) -> Terms:
    """The terms with their defaults filled in. Raises BadSubscription, which names the range."""
    most = terms.max_demand
    if type(most) is not int or most < 1:
        raise BadSubscription(f"max_demand must be a whole number >= 1, not {most!r}", field="max_demand")
    least = most // 2 if terms.min_demand is None else terms.min_demand
    if type(least) is not int or not 0 <= least <= most - 1:
        raise BadSubscription(
            f"min_demand must be a whole number >= 0 and <= {most - 1} (below max_demand), not {least!r}",
            field="min_demand",
        )
    if terms.cancel not in get_args(Policy):
        raise BadSubscription(f"cancel must be one of {', '.join(get_args(Policy))}", field="cancel")
    return replace(terms, min_demand=least)


class Demand:
    """The account. `outstanding` counts what was asked for and is not yet handled."""

    __slots__ = ("manual", "max", "min", "outstanding")

    def __init__(self, terms: Terms) -> None:
        terms = check(terms)
        self.max = terms.max_demand
        self.min: int = terms.min_demand or 0
        self.manual = terms.manual
        self.outstanding = 0

    def first(self) -> int:
        """How many to ask for right after subscribing; 0 when the consumer asks by hand."""
        return 0 if self.manual else self.ask(self.max)

    def ask(self, count: int) -> int:
        """Note that `count` more are asked for."""
        if type(count) is not int or count < 0:
            raise BadSubscription(f"one asks for a whole number of events >= 0, not {count!r}", field="count")
        self.outstanding += count
        return count

    def chunks(self, events: Sequence[Any]) -> list[list[Any]]:
        """The lists in which `events` are to be worked, one after the other."""
        if not events:
            return []
        most = len(events) if self.manual else self.max - self.min
        return [list(events[start : start + most]) for start in range(0, len(events), most)]

    def handled(self, count: int) -> int:
        """A chunk of `count` was worked, perhaps more than was asked for: how many to ask for now."""
        self.outstanding = max(0, self.outstanding - count)
        if self.manual or self.outstanding > self.min:
            return 0
        return self.ask(self.max - self.outstanding)
