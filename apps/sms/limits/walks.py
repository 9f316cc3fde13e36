"""One limit of one key, walked along its hand-overs. Pure; one thread. Times are microseconds, in rising order."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from apps.sms.limits.evidence import SECOND_US, Entry, Rule

#: A stretch whose utilisation is told is so many windows long; of windows of more than a minute it is one.
STRETCH = 10
MINUTE_US = 60 * SECOND_US
#: Time zones differ from UTC by whole quarters of an hour, so a label holds for one.
QUARTER_US = 900 * SECOND_US
_LABELS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(slots=True)
class Finding:
    """What a walk has found so far: the worst window, and the worst that clocks within their uncertainty allow."""

    used: int = 0
    from_us: int = 0
    to_us: int = 0
    perhaps: int = 0
    handed: int = 0

    def note(self, used: int, from_us: int, to_us: int) -> None:
        if used > self.used:
            self.used, self.from_us, self.to_us = used, from_us, to_us


class Walk(Protocol):
    """Takes one hand-over after the other."""

    finding: Finding

    def take(self, entry: Entry, units: int) -> None: ...

    def use(self) -> tuple[float, float]:
        """Utilisation of the best stretch and overall, from 0 to 1."""


class SlidingWalk:
    """Two pointers: the units of every closed window that ends with a hand-over.

    Hand-overs that left the window within the uncertainty are kept a little: together with those of other lives they
    may have been in one window in truth.
    """

    def __init__(self, rule: Rule, uncertainty_us: int) -> None:
        self.finding = Finding()
        self._rule = rule
        self._uncertainty_us = uncertainty_us
        self._window: deque[tuple[int, int, str]] = deque()
        self._left: deque[tuple[int, int, str]] = deque()
        self._lives: dict[str, int] = {}
        self._used = 0
        self._stretch = _Stretch(rule)

    def take(self, entry: Entry, units: int) -> None:
        now_us, finding = entry.steady_us, self.finding
        self._forget(now_us)
        self._window.append((now_us, units, entry.life))
        self._lives[entry.life] = self._lives.get(entry.life, 0) + units
        self._used += units
        finding.handed += units
        finding.note(self._used, self._window[0][0], now_us)
        if len(self._lives) > 1:
            finding.perhaps = max(finding.perhaps, sum(self._lives.values()))
        self._stretch.take(now_us, units)

    def use(self) -> tuple[float, float]:
        """Of what ended no stretch yet, the fullest window tells."""
        share = min(1.0, self.finding.used / self._rule.amount)
        return self._stretch.best or share, self._stretch.overall or share

    def _forget(self, now_us: int) -> None:
        begin_us = now_us - self._rule.span_us
        while self._window and self._window[0][0] < begin_us:
            self._left.append(self._window.popleft())
            self._used -= self._left[-1][1]
        while self._left and self._left[0][0] < begin_us - self._uncertainty_us:
            _, units, life = self._left.popleft()
            self._lives[life] -= units
            if not self._lives[life]:
                del self._lives[life]


class _Stretch:
    """How long it took to hand over as much as so many windows allow, again and again: 1.0 is the fastest."""

    def __init__(self, rule: Rule) -> None:
        windows = STRETCH if rule.span_us <= MINUTE_US else 1
        self._goal = rule.amount * windows
        self._unit_us = rule.span_us / rule.amount
        self._first_us: int | None = None
        self._begin_us = 0
        self._units = self._sum = 0
        self.best = self.overall = 0.0

    def take(self, now_us: int, units: int) -> None:
        if self._first_us is None:
            self._first_us = self._begin_us = now_us
        if self._units >= self._goal and now_us > self._begin_us:
            self._sum += self._units
            self.best = max(self.best, min(1.0, self._units * self._unit_us / (now_us - self._begin_us)))
            self.overall = min(1.0, self._sum * self._unit_us / (now_us - self._first_us))
            self._begin_us, self._units = now_us, 0
        self._units += units


class CalendarWalk:
    """Units per date, hour or month, by the wall's clock as written and by the steady one; the worse counts."""

    def __init__(self, rule: Rule, uncertainty_us: int) -> None:
        self.finding = Finding()
        self._rule = rule
        self._uncertainty_us = uncertainty_us
        self._begun: dict[str, int] = {}
        self._by_wall: dict[str, int] = {}
        self._by_steady: dict[str, int] = {}
        self._perhaps: dict[str, int] = {}

    def take(self, entry: Entry, units: int) -> None:
        finding, error = self.finding, self._uncertainty_us
        finding.handed += units
        for counts, at_us in ((self._by_wall, entry.wall_us), (self._by_steady, entry.steady_us)):
            label = self._label(at_us)
            counts[label] = counts.get(label, 0) + units
            finding.note(counts[label], self._begun.setdefault(label, at_us), at_us)
        first, last = min(entry.wall_us, entry.steady_us) - error, max(entry.wall_us, entry.steady_us) + error
        moments = (
            (first,)
            if first // QUARTER_US == last // QUARTER_US
            else (first, first + 2 * error, last - 2 * error, last)
        )
        for label in {self._label(at_us) for at_us in moments}:
            self._perhaps[label] = self._perhaps.get(label, 0) + units
            finding.perhaps = max(finding.perhaps, self._perhaps[label])

    def use(self) -> tuple[float, float]:
        share = min(1.0, self.finding.used / self._rule.amount)
        return share, share

    def _label(self, at_us: int) -> str:
        return _label(self._rule.zone, self._rule.period, at_us // QUARTER_US)


@lru_cache(maxsize=4096)
def _label(zone: str, period: str, quarter: int) -> str:
    local = datetime.fromtimestamp(quarter * QUARTER_US // SECOND_US, UTC).astimezone(ZoneInfo(zone))
    return local.strftime(_LABELS[period])


def walk_of(rule: Rule, uncertainty_us: int) -> Walk:
    return SlidingWalk(rule, uncertainty_us) if rule.span_us else CalendarWalk(rule, uncertainty_us)
