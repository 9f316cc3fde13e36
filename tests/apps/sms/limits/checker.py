"""Judges what was handed over, the slow and obvious way: every window is added up. Knows nothing of the code it judges.

Times are microseconds of true time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SECOND = 1_000_000
Uses = list[tuple[int, int]]


def fullest(uses: Uses, length: int) -> int:
    """Units of the fullest closed window; it is enough to look at those that begin with a use."""
    return max((sum(units for at, units in uses if start <= at <= start + length) for start, _ in uses), default=0)


def fullest_date(uses: Uses, zone: str, label: str = "%Y-%m-%d") -> int:
    """Units of the fullest date, hour or month, as clocks there show it."""
    totals: Counter[str] = Counter()
    for at, units in uses:
        totals[datetime.fromtimestamp(at / SECOND, UTC).astimezone(ZoneInfo(zone)).strftime(label)] += units
    return max(totals.values(), default=0)


def total(uses: Iterable[tuple[int, int]]) -> int:
    return sum(units for _, units in uses)
