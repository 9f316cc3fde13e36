"""When a member may be written to."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.outbound.quiet import opens_at

START, END = time(8), time(21)
BERLIN, YORK, TOKYO = "Europe/Berlin", "America/New_York", "Asia/Tokyo"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zones", "opens"),
    [
        ("2026-11-22 12:00", [BERLIN], "2026-11-22 12:00"),
        ("2026-11-22 03:00", [BERLIN], "2026-11-22 07:00"),
        ("2026-11-22 20:00", [BERLIN], "2026-11-23 07:00"),
        ("2026-11-22 12:00", [YORK], "2026-11-22 13:00"),
        ("2026-11-22 09:00", [BERLIN, YORK], "2026-11-22 13:00"),
        # The night in which the clocks change.
        ("2026-03-29 00:30", [BERLIN], "2026-03-29 06:00"),
    ],
)
def test_the_first_moment_that_suits_all_zones(now: str, zones: list[str], opens: str) -> None:
    assert opens_at(at(now), zones, START, END) == at(opens)


def test_zones_that_are_never_open_together_count_one_by_one() -> None:
    assert opens_at(at("2026-11-22 03:00"), [BERLIN, TOKYO], time(12), time(13)) == at("2026-11-22 11:00")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    st.lists(st.sampled_from([BERLIN, YORK, "UTC", "America/Los_Angeles"]), min_size=1, max_size=3),
)
def test_it_is_open_then_in_all_of_them(naive: datetime, zones: list[str]) -> None:
    now = naive.replace(tzinfo=UTC)
    opens = opens_at(now, zones, START, END)
    assert opens >= now
    assert all(START <= opens.astimezone(ZoneInfo(zone)).time() < END for zone in zones)
