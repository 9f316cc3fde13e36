"""Windows of calendars: days of 23 and 25 hours, hours that are shown twice, zones that are odd."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.limits.calendars import window_at, windows_between
from apps.sms.limits.limit import Calendar
from tests.apps.sms.limits.checker import SECOND

HOUR = 3600 * SECOND
ZONES = ["America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "UTC"]
LABELS = {"hour": "%Y-%m-%d %H", "day": "%Y-%m-%d", "month": "%Y-%m"}


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def label(per: Calendar, us: int) -> str:
    return datetime.fromtimestamp(us // SECOND, UTC).astimezone(ZoneInfo(per.zone)).strftime(LABELS[per.period])


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-02", 24)], ids=["short", "long", "usual"]
)
def test_days_of_los_angeles(day: str, hours: int) -> None:
    window = window_at(Calendar("America/Los_Angeles"), at(f"{day}T12:00", "America/Los_Angeles"))
    assert window.name == f"{day} America/Los_Angeles"
    assert window.start_us == at(f"{day}T00:00", "America/Los_Angeles")
    assert window.end_us - window.start_us == hours * HOUR


def test_an_hour_that_is_shown_twice_is_one_window() -> None:
    per = Calendar("America/Los_Angeles", "hour")
    first, second = (window_at(per, at("2026-11-01T08:30") + offset) for offset in (0, HOUR))
    assert first == second
    assert first.end_us - first.start_us == 2 * HOUR


def test_a_midnight_that_is_skipped_and_one_that_comes_twice() -> None:
    skipped = window_at(Calendar("Africa/Cairo"), at("2026-04-24T12:00", "Africa/Cairo"))
    assert skipped.end_us - skipped.start_us == 23 * HOUR
    twice = window_at(Calendar("America/Havana"), at("2026-11-01T12:00", "America/Havana"))
    assert twice.end_us - twice.start_us == 25 * HOUR


def test_a_month() -> None:
    window = window_at(Calendar("UTC", "month"), at("2026-12-31T23:59"))
    assert (window.name, window.start_us, window.end_us) == ("2026-12 UTC", at("2026-12-01"), at("2027-01-01"))


@given(st.sampled_from(ZONES), st.sampled_from(["hour", "day", "month"]), st.integers(1_600_000_000, 2_000_000_000))
def test_a_window_holds_its_moment_and_exactly_what_has_its_label(zone: str, period, second: int) -> None:
    per, moment = Calendar(zone, period), second * SECOND
    window = window_at(per, moment)
    assert window.start_us <= moment < window.end_us
    assert label(per, window.start_us) == label(per, moment) == label(per, window.end_us - 1)
    assert label(per, window.end_us) != label(per, moment) != label(per, window.start_us - 1)


def test_windows_between_two_moments() -> None:
    day, noon = 24 * HOUR, at("2026-06-01T12:00")
    names = [window.name[:10] for window in windows_between(Calendar("UTC"), noon, noon + 2 * day, 3) or ()]
    assert names == ["2026-06-01", "2026-06-02", "2026-06-03"]
    assert windows_between(Calendar("UTC"), noon, noon + 3 * day, 3) is None
    edge = windows_between(Calendar("UTC"), noon, at("2026-06-02"), 3) or []
    assert len(edge) == 2
