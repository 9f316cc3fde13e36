"""Hours by a person's clock, also on the days on which clocks are changed."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.rulebook.hours import is_open, local, opens_at

ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))
#: Berlin's clocks go forward on 2027-03-28 and back on 2027-10-31; Lord Howe's by half an hour.
YEAR = st.datetimes(datetime(2026, 11, 1), datetime(2027, 12, 1))
MOMENTS = YEAR.map(lambda one: one.replace(tzinfo=UTC).timestamp())


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("now", "opens", "closes", "zone", "expected"),
    [
        ("2026-11-22T10:00+01:00", time(9), time(20), "Europe/Berlin", "2026-11-22T10:00+01:00"),
        ("2026-11-22T20:00+01:00", time(9), time(20), "Europe/Berlin", "2026-11-23T09:00+01:00"),
        ("2026-11-22T02:00+00:00", time(9), time(20), "Asia/Tokyo", "2026-11-22T11:00+09:00"),
        ("2026-11-22T12:00+01:00", time(22), time(6), "Europe/Berlin", "2026-11-22T22:00+01:00"),
        ("2026-11-22T03:00+01:00", time(22), time(6), "Europe/Berlin", "2026-11-22T03:00+01:00"),
        # The night before the clocks go forward is an hour shorter, the one before they go back an hour longer.
        ("2027-03-27T21:00+01:00", time(9), time(20), "Europe/Berlin", "2027-03-28T09:00+02:00"),
        ("2027-10-30T21:00+02:00", time(9), time(20), "Europe/Berlin", "2027-10-31T09:00+01:00"),
        # A window that begins in the hour that does not exist opens right after it; one that lies in it, a day later.
        ("2027-03-28T01:30+01:00", time(2, 30), time(4), "Europe/Berlin", "2027-03-28T03:00+02:00"),
        ("2027-03-28T01:30+01:00", time(2, 15), time(2, 45), "Europe/Berlin", "2027-03-29T02:15+02:00"),
        # One in the hour that comes twice opens twice.
        ("2027-10-31T02:50+02:00", time(2, 30), time(2, 45), "Europe/Berlin", "2027-10-31T02:30+01:00"),
    ],
)
def test_when_it_opens(now: str, opens: time, closes: time, zone: str, expected: str) -> None:
    assert local(opens_at(moment(now), opens, closes, zone), zone) == local(moment(expected), zone)


@given(MOMENTS, TIMES, TIMES, st.sampled_from(ZONES))
def test_it_is_open_then_and_was_not_before(now: float, opens: time, closes: time, zone: str) -> None:
    if opens == closes:
        return
    try:
        at = opens_at(now, opens, closes, zone)
    except ValueError:
        raise AssertionError("every window opens within three days") from None
    assert at >= now
    assert is_open(at, opens, closes, zone)
    steps = range(int((at - now) // 300))
    assert not any(is_open(now + 300.0 * step, opens, closes, zone) for step in steps)
    assert at - now <= timedelta(days=2).total_seconds()
