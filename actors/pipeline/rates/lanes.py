"""Priority lanes: several queues feed one pipeline, and the urgent ones overtake what waits in the others. Pure.

A lane is strict by default: as long as it has messages, no later lane is served. `share` is the exception that keeps a
later lane from starving: of every 100 messages that leave while it has some, so many are its own, whatever else waits.
Lanes with equal `rank` are merged by their weights. Without a share a lower lane waits for as long as a higher one has
work: that is what priority means, and it is said here because it is a decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue. Lower ranks go first; `weight` counts among equals; `share` is per cent against starving."""

    id: str
    rank: int = 0
    weight: int = 1
    share: int = 0

    def __post_init__(self) -> None:
        if self.weight < 1 or not 0 <= self.share <= 100:
            raise ValueError(f"the lane {self.id} needs weight >= 1 and a share of 0 to 100 per cent")


@dataclass(frozen=True, slots=True)
class Credits:
    """What each lane is owed: by its share, and among its equals. Starts empty."""

    shares: Mapping[str, int]
    turns: Mapping[str, int]


NO_CREDITS = Credits({}, {})


def check(lanes: Sequence[Lane]) -> None:
    """Raises ValueError when two lanes have one id, or more than everything is promised."""
    if len({lane.id for lane in lanes}) != len(lanes):
        raise ValueError("two lanes have one id")
    promised = sum(lane.share for lane in lanes)
    if promised > 100:
        raise ValueError(f"the shares of all lanes are {promised} per cent together")


def merge(
    lanes: Sequence[Lane], waiting: Mapping[str, int], wanted: int, credits: Credits = NO_CREDITS
) -> tuple[list[str], Credits]:
    """Whose message leaves next, up to `wanted` times; `waiting` counts what each lane has."""
    left = {lane.id: waiting.get(lane.id, 0) for lane in lanes}
    shares, turns = dict(credits.shares), dict(credits.turns)
    order: list[str] = []
    while len(order) < wanted:
        ready = [lane for lane in lanes if left[lane.id] > 0]
        if not ready:
            break
        chosen = _owed(ready, shares) or _turn(ready, turns, shares)
        left[chosen.id] -= 1
        order.append(chosen.id)
    return order, Credits(_still(left, shares), _still(left, turns))


def _owed(ready: Sequence[Lane], shares: dict[str, int]) -> Lane | None:
    """The lane that is owed a whole message by its share; every message that leaves adds to what is owed."""
    for lane in ready:
        if lane.share:
            shares[lane.id] = shares.get(lane.id, 0) + lane.share
    creditors = [lane for lane in ready if shares.get(lane.id, 0) >= 100]
    owed = max(creditors, key=lambda lane: shares[lane.id], default=None)
    if owed is not None:
        shares[owed.id] -= 100
    return owed


def _turn(ready: Sequence[Lane], turns: dict[str, int], shares: dict[str, int]) -> Lane:
    """The most urgent rank; within it smooth weighted round robin: nobody leaves twice while an equal is owed more."""
    rank = min(lane.rank for lane in ready)
    equals = [lane for lane in ready if lane.rank == rank]
    for lane in equals:
        turns[lane.id] = turns.get(lane.id, 0) + lane.weight
    chosen = max(equals, key=lambda lane: turns[lane.id])
    turns[chosen.id] -= sum(lane.weight for lane in equals)
    if chosen.share:
        shares[chosen.id] = max(0, shares[chosen.id] - 100)  # a turn pays what its share is owed
    return chosen


def _still(left: Mapping[str, int], credits: Mapping[str, int]) -> dict[str, int]:
    """A lane that has run empty is owed nothing later."""
    return {id: credit for id, credit in credits.items() if left[id] > 0}
