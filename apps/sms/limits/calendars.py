"""Hours, days and months of a time zone as windows between two moments. Pure; any thread.

A day begins with the first moment of its date, also where the clocks are changed at midnight; it may have 23 or 25
hours. An hour that the clocks show twice is one window of two hours.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apps.sms.limits.limit import Calendar

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) in microseconds since 1970, UTC; `name` is unique for the time zone."""

    name: str
    start_us: int
    end_us: int


def window_at(per: Calendar, wall_us: int) -> Window:
    """The window that holds this moment. Raises OverflowError for moments outside the years 1 to 9999."""
    return _window(per, (_EPOCH + timedelta(microseconds=wall_us)).astimezone(ZoneInfo(per.zone)))


def windows_between(per: Calendar, first_us: int, last_us: int, most: int) -> list[Window] | None:
    """Those that hold a moment from `first_us` to `last_us`, both included; None if they are more than `most`."""
    windows = [window_at(per, first_us)]
    while windows[-1].end_us <= last_us:
        if len(windows) == most:
            return None
        windows.append(window_at(per, windows[-1].end_us))
    return windows


def _window(per: Calendar, local: datetime) -> Window:
    naive = local.replace(tzinfo=None, fold=0)
    match per.period:
        case "hour":
            first = naive.replace(minute=0, second=0, microsecond=0)
            after, name = first + timedelta(hours=1), f"{first:%Y-%m-%dT%H}"
        case "day":
            first = naive.replace(hour=0, minute=0, second=0, microsecond=0)
            after, name = first + timedelta(days=1), f"{first:%Y-%m-%d}"
        case "month":
            first = naive.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            after, name = (first + timedelta(days=32)).replace(day=1), f"{first:%Y-%m}"
    return Window(f"{name} {per.zone}", _instant(first, per.zone), _instant(after, per.zone))


@lru_cache(maxsize=4096)
def _instant(naive: datetime, zone: str) -> int:
    """When clocks first show this; where they skip it, the moment of the skip."""
    moment = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
