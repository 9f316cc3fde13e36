"""A limit as a function of values: in every window of length T at most `allowed` permits are used, wherever it begins.

Permits are charged before they are used and are good for one lease L; what is not used is not given back. A use at `u`
was charged within the L before it, so it is enough that no window of length T + L holds more than `allowed` charges.
Charges are kept as counts per slot, and a slot counts as if all of it had been charged at its end: the error is at
most one slot, and always to the safe side.

Times are whole microseconds of one clock, so that nothing is lost by rounding. Pure; any thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from actors.pipeline.errors import PipelineError
from supervision.errors import Refusal

#: A window is told in so many slots; more of them use the limit better and make its record longer.
SLOTS = 100
SECOND_US = 1_000_000


class TooDear(PipelineError, Refusal):
    """One message costs more than its whole rate: it would wait for ever."""

    title = "A message costs more than its rate allows"
    status = 422


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `allowed` permits in any `interval_us`, each to be used within `lease_us` of its charge."""

    allowed: int
    interval_us: int
    lease_us: int = 0

    @classmethod
    def of(cls, allowed: int, interval_seconds: float, lease_seconds: float = 0.0) -> "Rate":
        """Raises ValueError unless both are more than nothing, and the lease is not negative."""
        rate = cls(allowed, round(interval_seconds * SECOND_US), round(lease_seconds * SECOND_US))
        if rate.allowed < 1 or rate.interval_us < 1 or rate.lease_us < 0:
            raise ValueError(f"a rate needs allowed >= 1 and an interval > 0 s, not {allowed} in {interval_seconds} s")
        return rate

    @property
    def interval_seconds(self) -> float:
        return self.interval_us / SECOND_US

    @property
    def span_us(self) -> int:
        """How long a charge counts."""
        return self.interval_us + self.lease_us

    @property
    def slot_us(self) -> int:
        return max(1, self.interval_us // SLOTS)


@dataclass(frozen=True, slots=True)
class Window:
    """What was charged lately: (end of the slot, permits), oldest first. `at_us` is the newest moment it has seen."""

    charges: tuple[tuple[int, int], ...] = ()
    at_us: int = 0

    @classmethod
    def full(cls, rate: Rate, at_us: int) -> "Window":
        """For what happened until `at_us` when nobody knows what happened: everything was used, at the last moment.

        As slots do, it ends after what it counts: a window includes both of its ends.
        """
        return cls(((at_us + 1, rate.allowed),), at_us)

    def spent(self, rate: Rate, now_us: int) -> int:
        """Permits that count at `now_us`."""
        return sum(count for end, count in self.charges if end + rate.span_us > now_us)

    def forgettable(self, rate: Rate, now_us: int) -> bool:
        """Whether an empty window would answer the same from `now_us` on."""
        return self.at_us <= now_us and not self.spent(rate, now_us)


@dataclass(frozen=True, slots=True)
class Charge:
    """The window afterwards; how many of the costs were charged; how long until the next one can be, 0 if all were."""

    window: Window
    passed: int
    wait_us: int


def charge(window: Window, rate: Rate, now_us: int, costs: Sequence[int]) -> Charge:
    """Charge as many of `costs`, in their order and each whole or not at all, as there are permits for.

    A clock that went back stands still until it has caught up; if it went back by more than an interval, what is known
    is given up and the window counts as full from now on. Raises TooDear.
    """
    if costs and max(costs) > rate.allowed:
        figures = f"{rate.allowed} per {rate.interval_seconds:g} s"
        raise TooDear(f"{max(costs)} permits at once can never be had of {figures}")
    if window.at_us - now_us > rate.interval_us:
        window = Window.full(rate, now_us)
    now_us = max(now_us, window.at_us)
    live = tuple((end, count) for end, count in window.charges if end + rate.span_us > now_us)
    free = rate.allowed - sum(count for _, count in live)
    sums = [total for total in accumulate(costs) if total <= free]
    after = Window(_with(live, rate, now_us, sums[-1] if sums else 0), now_us)
    if len(sums) == len(costs):
        return Charge(after, len(sums), 0)
    return Charge(after, len(sums), _until_free(after, rate, now_us, costs[len(sums)]))


def changed(rate: Rate, allowed: int | None = None, interval_seconds: float | None = None) -> Rate:
    """The rate with other figures. Raises ValueError as `Rate.of`."""
    checked = Rate.of(allowed or rate.allowed, interval_seconds or rate.interval_seconds)
    return replace(checked, lease_us=rate.lease_us)


def _with(live: tuple[tuple[int, int], ...], rate: Rate, now_us: int, count: int) -> tuple[tuple[int, int], ...]:
    if not count:
        return live
    end = (now_us // rate.slot_us + 1) * rate.slot_us
    if live and live[-1][0] == end:
        return (*live[:-1], (end, live[-1][1] + count))
    return (*live, (end, count))


def _until_free(window: Window, rate: Rate, now_us: int, cost: int) -> int:
    """Until `cost` permits are free if nobody else takes any."""
    free = rate.allowed - sum(count for _, count in window.charges)
    for end, count in sorted(window.charges):
        free += count
        if free >= cost:
            return end + rate.span_us - now_us
    return rate.span_us
