"""Who may wait for a limit inside the process, and who goes back to the broker: a function of values. Pure; any thread.

Waiting is bounded in places and in time. What would wait longer than `max_seconds` since it came, or finds no place, is
for the broker to keep, with a delay; so no delivery is held until the broker's consumer timeout. No key takes all
places from the others: it has at most half of those that are free, rounded up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

#: RabbitMQ closes a channel that holds a delivery for half an hour; stay well below, whatever happens afterwards.
MAX_PARKED_SECONDS = 60.0
MAX_PARKED = 1000
MAX_DELAY_SECONDS = 512.0


@dataclass(frozen=True, slots=True)
class Waiting(Generic[T]):
    """Something that waits: for which key, since when, and when its turn comes at the earliest (monotonic seconds)."""

    item: T
    key: str
    since: float
    ready_at: float


def park(
    waiting: Sequence[Waiting[T]], places: int = MAX_PARKED, max_seconds: float = MAX_PARKED_SECONDS
) -> tuple[list[Waiting[T]], list[Waiting[T]]]:
    """(who stays, who goes back), each in their order."""
    stay: list[Waiting[T]] = []
    back: list[Waiting[T]] = []
    counts: dict[str, int] = {}
    for one in waiting:
        own = counts.get(one.key, 0)
        has_place = own < max(1, places - len(stay)) and len(stay) < places
        if has_place and one.ready_at - one.since <= max_seconds:
            counts[one.key] = own + 1
            stay.append(one)
        else:
            back.append(one)
    return stay, back


def turns(costs: Sequence[int], allowed: int, interval_seconds: float, first: float) -> list[float]:
    """When each of a key's waiting messages has its turn, if nobody else takes: the first at `first`."""
    moments: list[float] = []
    before = 0
    for cost in costs:
        moments.append(first + before // allowed * interval_seconds)
        before += cost
    return moments


def delay_seconds(wait_seconds: float) -> float:
    """The wait as a power of two from 1 to 512 s: in RabbitMQ each different delay is a queue of its own."""
    delay = 1.0
    while delay < min(wait_seconds, MAX_DELAY_SECONDS):
        delay *= 2
    return delay
