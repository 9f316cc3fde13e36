"""Which lane is next. Pure; any thread.

The first lane that has something goes first, but each later one has a share of all texts that no earlier lane takes
from it: credit that grows with every text while it waits, and is worth a turn when it is a whole one. So a flood of
answers slows broadcasts down and never stops them.
"""

from collections.abc import Collection, Mapping

from apps.sms.states import Lane

#: The part of the texts that a lane has at least while it waits; the first has the rest.
SHARES: Mapping[Lane, float] = {Lane.CONFIRMATION: 0.0, Lane.ANSWER: 0.15, Lane.LEADER: 0.15, Lane.BROADCAST: 0.1}


class Turns:
    """Credits of the lanes."""

    def __init__(self, shares: Mapping[Lane, float] = SHARES) -> None:
        self._shares = dict(shares)
        self._credit = dict.fromkeys(shares, 0.0)

    def order(self, waiting: Collection[Lane]) -> list[Lane]:
        """Those that wait, in the order in which they are asked for the next text."""
        return sorted(waiting, key=lambda lane: (self._credit[lane] < 1.0, self._rank(lane)))

    def gave(self, lane: Lane, waiting: Collection[Lane]) -> None:
        """This lane had a turn while those waited."""
        for other in waiting:
            self._credit[other] = min(self._credit[other] + self._shares[other], 2.0)
        if self._credit[lane] >= 1.0:
            self._credit[lane] -= 1.0

    def _rank(self, lane: Lane) -> int:
        return list(self._shares).index(lane)
