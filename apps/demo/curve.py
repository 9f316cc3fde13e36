"""When people sign: the arrival curve of a real petition as a function of values, and moments drawn from it.

Source: signature counts of UK Parliament petition 700143 (petition.parliament.uk), as sampled every few minutes by
github.com/viewyonder/uk_general_election_petition_tracker. Contains public sector information licensed under the Open
Government Licence v3.0. Taken over are the first two full days, smoothed to hours; hours that nobody sampled are spread
evenly between their neighbours. Pure; any thread.
"""

import random
from dataclasses import dataclass
from itertools import accumulate

#: Hundreds of signatures in each hour from 2024-11-24 08:00 to 2024-11-26 08:00 UTC.
HUNDREDS_PER_HOUR = (
    489, 842, 896, 897, 878, 1018, 1051, 998, 1220, 1214, 1140, 1070, 1020, 882, 690, 378, 172, 86, 54, 46, 49, 82, 210,
    335, 426, 495, 568, 529, 534, 495, 406, 404, 414, 434, 435, 412, 324, 286, 212, 79, 61, 61, 61, 61, 61, 61, 61, 61,
)  # fmt: skip

HOURS = len(HUNDREDS_PER_HOUR)
_TOTAL = sum(HUNDREDS_PER_HOUR)
_UNTIL_HOUR = (0, *accumulate(HUNDREDS_PER_HOUR))


@dataclass(frozen=True, slots=True)
class Curve:
    """The two days, over and over: `compression` times faster, with a mean of `signatures_per_minute`."""

    signatures_per_minute: float
    compression: float = 1.0

    @property
    def cycle_seconds(self) -> float:
        """How long the two days take."""
        return HOURS * 3600 / self.compression

    @property
    def peak_per_second(self) -> float:
        return self._per_second(max(HUNDREDS_PER_HOUR))

    def rate(self, seconds: float) -> float:
        """Signatures per second expected at `seconds` (>= 0) after the start."""
        return self._per_second(HUNDREDS_PER_HOUR[int(self._hours(seconds)) % HOURS])

    def expected(self, seconds: float) -> float:
        """Signatures expected until `seconds` (>= 0) after the start."""
        cycles, hours = divmod(self._hours(seconds), HOURS)
        hour = min(int(hours), HOURS - 1)
        within = _UNTIL_HOUR[hour] + (hours - hour) * HUNDREDS_PER_HOUR[hour]
        return (cycles + within / _TOTAL) * self.cycle_seconds * self.signatures_per_minute / 60

    def arrivals(self, since: float, until: float, rng: random.Random) -> list[float]:
        """Moments of signatures in [since, until), drawn by thinning (Lewis and Shedler 1979): a Poisson process."""
        moments: list[float] = []
        now = since + rng.expovariate(self.peak_per_second)
        while now < until:
            if rng.random() * self.peak_per_second < self.rate(now):
                moments.append(now)
            now += rng.expovariate(self.peak_per_second)
        return moments

    def _hours(self, seconds: float) -> float:
        return seconds * self.compression / 3600

    def _per_second(self, hundreds: int) -> float:
        return self.signatures_per_minute / 60 * hundreds * HOURS / _TOTAL


def goal_after(signatures: int) -> int:
    """The round number that a petition aims at next: 100, 250, 500, 1,000, 2,500 ..."""
    tenth: int = 10 ** max(1, len(str(signatures)) - 2)
    return next(goal for factor in (10, 25, 50, 100) if (goal := factor * tenth) > signatures)
