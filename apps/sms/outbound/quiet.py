"""When a member may be written to, by the member's own clock. Pure; any thread."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Zones half the world apart may have no common hour; then the member is written to when this long has been tried.
_STEPS = 8


def opens_at(now: datetime, zones: Sequence[str], start: time, end: time) -> datetime:
    """The first moment from `now` on that lies between `start` and `end` in all of the zones; `now` if it does.

    Zones that are never open together count each for itself, the first of them first.
    """
    moment = now
    for _ in range(_STEPS):
        later = max((_opens_in(moment, ZoneInfo(zone), start, end) for zone in zones), default=moment)
        if later == moment:
            return moment
        moment = later
    return _opens_in(now, ZoneInfo(zones[0]), start, end)


def _opens_in(now: datetime, zone: ZoneInfo, start: time, end: time) -> datetime:
    local = now.astimezone(zone)
    if start <= local.time().replace(tzinfo=None) < end:
        return now
    day = local.date() if local.time().replace(tzinfo=None) < start else local.date() + timedelta(days=1)
    return datetime.combine(day, start, tzinfo=zone).astimezone(now.tzinfo)
