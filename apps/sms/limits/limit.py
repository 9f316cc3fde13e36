"""What is limited, and how the limit's windows run. Values only; any thread.

`Sliding`: in any window of so many seconds, wherever it begins, both ends included. `Calendar`: in each hour, day or
month of a time zone, as a carrier's daily cap that is reset at its midnight; such a day may have 23 or 25 hours.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.sms.limits.charge import Key
from apps.sms.limits.errors import WrongLimit

SECOND_US = 1_000_000
#: Sliding windows up to this length live in memory alone and count as full after a take-over; longer ones are reserved.
IN_MEMORY_SECONDS = 60.0
#: Slack of a sliding window that says nothing: this part of it, but no more than a second. Measured by the real clock,
#: a limit per second is used to 98.6 % with that: 1.0 % go to the slack, 0.4 % to slots and to timers that fire late.
SLACK_PART = 100
MAX_SLACK_SECONDS = 1.0
#: With less hardly anything would be handed over in time.
MIN_SLACK_SECONDS = 0.001


class Unit(StrEnum):
    """What is counted."""

    SEGMENTS = "segments"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Sliding:
    """Any window of `seconds`, wherever it begins."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Calendar:
    """Each hour, day or month as the clocks of `zone` (IANA) show it. An hour that is repeated is one window."""

    zone: str
    period: Literal["hour", "day", "month"] = "day"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which keys it concerns: `Scope("number", "*")` each number by itself, `Scope("carrier", "acme")` that one."""

    pattern: tuple[str, ...]

    def __init__(self, *pattern: str) -> None:
        object.__setattr__(self, "pattern", pattern)

    def matches(self, key: Key) -> bool:
        """Whether every part is the same, or `*`."""
        return len(key) == len(self.pattern) and all(
            want in ("*", part) for want, part in zip(self.pattern, key, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` units per window, for each key of the scope by itself.

    Attributes:
        name: unique; what is reserved in the database stands under it.
        slack_seconds: by so much sliding windows are lengthened, and the edges of calendar windows blurred, because a
            carrier counts arrivals. Half of it is the time from decision to hand-over (`Granted.good_until_us`), half
            is for the way; with less than a millisecond hardly anything is handed over in time. None: 1 % of a sliding
            window, but 1 ms to 1 s; 1 s for calendar windows.
        burst: at most so many units at once (in the part of the window that they are of the amount), for carriers that
            cut bursts; None does not smooth. For sliding windows only.
    """

    name: str
    scope: Scope
    amount: int
    per: Sliding | Calendar
    unit: Unit = Unit.SEGMENTS
    slack_seconds: float | None = None
    burst: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name, fault in _faults(self):
            raise WrongLimit(f"limit {self.name!r}: {fault}", field=name)

    @property
    def slack_us(self) -> int:
        if self.slack_seconds is not None:
            return round(self.slack_seconds * SECOND_US)
        if isinstance(self.per, Calendar):
            return round(MAX_SLACK_SECONDS * SECOND_US)
        return round(max(MIN_SLACK_SECONDS, min(MAX_SLACK_SECONDS, self.per.seconds / SLACK_PART)) * SECOND_US)

    @property
    def durable(self) -> bool:
        """Whether units are reserved in the database before they are used."""
        return isinstance(self.per, Calendar) or self.per.seconds > IN_MEMORY_SECONDS


def _faults(limit: Limit) -> list[tuple[str, str]]:
    """(field, what is wrong with it)."""
    faults = []
    if not limit.name:
        faults.append(("name", "a limit needs a name"))
    if not limit.scope.pattern:
        faults.append(("scope", "a scope names what is limited"))
    if limit.amount < 1:
        faults.append(("amount", "at least 1; to send nothing, pause the carrier"))
    if limit.slack_seconds is not None and limit.slack_seconds < 0:
        faults.append(("slack_seconds", "not less than 0"))
    if isinstance(limit.per, Calendar):
        return faults + _calendar_faults(limit, limit.per)
    if limit.per.seconds < 0.001:
        faults.append(("per", "a window has at least a millisecond"))
    if limit.burst is not None and not 1 <= limit.burst <= limit.amount:
        faults.append(("burst", f"from 1 to the amount, {limit.amount}"))
    return faults


def _calendar_faults(limit: Limit, per: Calendar) -> list[tuple[str, str]]:
    faults = []
    if limit.burst is not None:
        faults.append(("burst", "calendar windows are not smoothed; add a sliding limit"))
    try:
        ZoneInfo(per.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(("per", f"no time zone {per.zone!r}"))
    if per.period not in ("hour", "day", "month"):
        faults.append(("per", f"no period {per.period!r}: hour, day or month"))
    return faults
