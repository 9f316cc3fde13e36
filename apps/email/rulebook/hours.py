"""The hours of the day in which a rule may write to a person, by the clock on that person's wall. Pure; any thread."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Windows are told in minutes, and this is how long one may be looked for: a day whose window does not exist, when
#: clocks are put forward over it, and the next one.
MINUTE = 60
LONGEST_MINUTES = 3 * 24 * 60


def is_open(at: float, start: time, end: time, zone: str) -> bool:
    """Whether the window is open at this moment (seconds since the epoch). With end before start it spans midnight."""
    now = datetime.fromtimestamp(at, ZoneInfo(zone)).time()
    return start <= now < end if start < end else now >= start or now < end


def opens_at(at: float, start: time, end: time, zone: str) -> float:
    """The moment itself if the window is open, else the whole minute at which it opens next."""
    if is_open(at, start, end, zone):
        return at
    return _next(int(at // MINUTE) + 1, start, end, zone) * float(MINUTE)


@lru_cache(maxsize=4096)
def _next(minute: int, start: time, end: time, zone: str) -> int:
    """Minute by minute: what clocks do when they are changed is the zone's business. Many people share an answer."""
    for later in range(minute, minute + LONGEST_MINUTES):
        if is_open(later * MINUTE, start, end, zone):
            return later
    raise ValueError(f"no window from {start} to {end} in {zone} within {timedelta(minutes=LONGEST_MINUTES).days} days")


def local(at: float, zone: str) -> str:
    """The moment as people there write it, in ISO 8601 with its offset."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
