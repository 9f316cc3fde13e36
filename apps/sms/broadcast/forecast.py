"""When a broadcast would be over: what it weighs against each limit. Pure; any thread. An estimate, never a promise.

Not known to it: texts that are queued later, throttling, and what calendar windows have been used already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apps.sms.limits import Calendar, Key, Limit
from apps.sms.limits.limit import Unit
from apps.sms.outbound.quiet import opens_at

#: A broadcast that takes longer is told as taking that long: the limits are wrong for it.
MOST_DAYS = 366


class Load(NamedTuple):
    """What goes over one key of the limits."""

    segments: int
    messages: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When texts may leave, by the clocks of `zone`."""

    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """`limit` is the one that decides; None when nothing but the spread or the hours does."""

    finish_at: datetime
    limit: str | None


def forecast(
    loads: Mapping[Key, Load], limits: Iterable[Limit], start_at: datetime, spread_seconds: float, hours: Hours | None
) -> Forecast:
    """For texts that leave from `start_at` (aware) on."""
    found = Forecast(_worked(start_at, spread_seconds, hours), None)
    for limit in limits:
        for key, load in loads.items():
            if limit.scope.matches(key):
                finish_at = _finish(limit, load, start_at, hours)
                if finish_at > found.finish_at:
                    found = Forecast(finish_at, limit.name)
    return found


def _finish(limit: Limit, load: Load, start_at: datetime, hours: Hours | None) -> datetime:
    units = load.segments if limit.unit is Unit.SEGMENTS else load.messages
    if isinstance(limit.per, Calendar):
        return _calendar(limit.per, max(0, units - 1) // limit.amount, start_at, hours)
    # The first windowful leaves at once.
    windows = max(0.0, units / limit.amount - 1)
    return _worked(start_at, windows * limit.per.seconds * (1 + limit.slack_us / (limit.per.seconds * 1e6)), hours)


def _calendar(per: Calendar, windows: int, start_at: datetime, hours: Hours | None) -> datetime:
    """The beginning of the window so many windows on; `start_at` for the first."""
    if windows == 0:
        return _worked(start_at, 0, hours)
    local = start_at.astimezone(ZoneInfo(per.zone))
    match per.period:
        case "hour":
            begun = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=windows)
        case "day":
            begun = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=min(windows, MOST_DAYS))
        case "month":
            months = local.year * 12 + local.month - 1 + min(windows, 12)
            begun = local.replace(year=months // 12, month=months % 12 + 1, day=1, hour=0, minute=0, second=0)
    return _worked(begun.astimezone(start_at.tzinfo), 0, hours)


def _worked(start_at: datetime, seconds: float, hours: Hours | None) -> datetime:
    """When so many seconds are over, of which only those within the hours count."""
    last = start_at + timedelta(days=MOST_DAYS)
    if hours is None:
        return min(last, start_at + timedelta(seconds=min(seconds, MOST_DAYS * 86_400)))
    moment, left = start_at, seconds
    while moment < last:
        moment = opens_at(moment, [hours.zone], hours.start, hours.end)
        closes = datetime.combine(moment.astimezone(ZoneInfo(hours.zone)).date(), hours.end, ZoneInfo(hours.zone))
        open_seconds = (closes - moment).total_seconds()
        if left <= open_seconds:
            return moment + timedelta(seconds=left)
        left -= open_seconds
        moment = closes.astimezone(start_at.tzinfo)
    return last
