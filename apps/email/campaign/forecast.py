"""When a send will be over, from what is known before it starts. `forecast` is pure, the rest a function of rows.

The people whose hours are open get their mails at the expected rate; whoever's are closed waits. What a destination
allows, and how long it has mails wait, is not known before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from actors.database import Connection
from apps.email.campaign.sends import listed
from apps.email.campaign.states import SendState
from apps.email.rulebook.hours import is_open

#: Hours are looked at in steps of that length, and not beyond that many days.
STEP_SECONDS, MAX_DAYS = 900, 14
#: Sends that say something about the rate: so many mails, and not longer ago than the last so many sends.
TELLING_MAILS, TELLING_SENDS = 1000, 20


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` to before `closes` by the person's clock; in `zone` where nobody knows the person's."""

    opens: time
    closes: time
    zone: str

    @staticmethod
    def of(terms: Mapping[str, Any]) -> "Hours | None":
        """What a send's terms say; None when it may write at any time."""
        opens, closes = terms.get("opens"), terms.get("closes")
        if opens is None or closes is None:
            return None
        return Hours(time.fromisoformat(opens), time.fromisoformat(closes), str(terms.get("zone") or "UTC"))

    def open_at(self, at: float, zone: str | None) -> bool:
        return is_open(at, self.opens, self.closes, zone or self.zone)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`finishes_at` is None when it is not within sight: `MAX_DAYS` from the start."""

    people: int
    mails_per_second: float
    measured: bool
    finishes_at: datetime | None


def finish(zones: Mapping[str | None, int], per_second: float, hours: Hours | None, start: datetime) -> datetime | None:
    """When the last of so many people, by time zone, has got their mail. Raises ValueError for a rate that is none."""
    if per_second <= 0:
        raise ValueError(f"a rate must be above nought, not {per_second}")
    if hours is None:
        return start + timedelta(seconds=sum(zones.values()) / per_second)
    left = {zone: float(people) for zone, people in zones.items() if people}
    for number in range(MAX_DAYS * 86_400 // STEP_SECONDS):
        if not left:
            return start + timedelta(seconds=number * STEP_SECONDS)
        at = start.timestamp() + number * STEP_SECONDS
        room = per_second * STEP_SECONDS
        for zone in [zone for zone in left if hours.open_at(at, zone)]:
            done = min(room, left[zone])
            left[zone] -= done
            room -= done
            if not left[zone]:
                del left[zone]
        if not left:
            return start + timedelta(seconds=number * STEP_SECONDS + STEP_SECONDS - room / per_second)
    return None if left else start + timedelta(days=MAX_DAYS)


def measured_rate(conn: Connection) -> float | None:
    """Mails per second of the last send that was large enough to tell; None when there was none."""
    for send in listed(conn, TELLING_SENDS):
        if send.state is SendState.FINISHED and send.sums and send.started_at and send.ended_at:
            seconds = (send.ended_at - send.started_at).total_seconds()
            if send.sums["handed"] >= TELLING_MAILS and seconds > 0:
                return float(send.sums["handed"]) / seconds
    return None


def forecast(
    conn: Connection, zones: Mapping[str | None, int], terms: Mapping[str, Any], assumed: float, now: datetime
) -> Forecast:
    """For so many people, by time zone; `assumed` mails per second as long as nothing was measured."""
    measured = measured_rate(conn)
    rate = measured or assumed
    return Forecast(sum(zones.values()), rate, measured is not None, finish(zones, rate, Hours.of(terms), now))
