from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.broadcast.forecast import Forecast, Hours, Load, forecast
from apps.sms.limits import Calendar, Key, Limit, Scope, Sliding
from apps.sms.limits.limit import Unit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOADS: dict[Key, Load] = {("carrier", "sim"): Load(1000, 600), ("number", "+1"): Load(1000, 600)}
CARRIER = Limit("partner", Scope("carrier", "sim"), 10, Sliding(1.0), slack_seconds=0)
NUMBER = Limit("number", Scope("number", "*"), 1, Sliding(1.0), Unit.MESSAGES, slack_seconds=0)


@pytest.mark.parametrize(
    ("limits", "spread", "seconds", "name"),
    [
        ([], 0, 0, None),
        ([], 90, 90, None),
        ([CARRIER], 0, 99, "partner"),
        ([CARRIER], 300, 300, None),
        ([CARRIER, NUMBER], 0, 599, "number"),
        ([Limit("other", Scope("carrier", "x"), 1, Sliding(60.0))], 0, 0, None),
    ],
)
def test_the_tightest_limit_decides(limits: list[Limit], spread: float, seconds: float, name: str | None) -> None:
    assert forecast(LOADS, limits, NOON, spread, None) == Forecast(NOON + timedelta(seconds=seconds), name)


def test_days_of_a_carrier_are_counted_by_its_clocks() -> None:
    daily = Limit("daily", Scope("carrier", "sim"), 400, Calendar("America/New_York", "day"))
    found = forecast(LOADS, [daily], NOON, 0, None)
    assert found == Forecast(datetime(2026, 11, 24, 5, tzinfo=UTC), "daily")


def test_only_the_hours_count() -> None:
    hours = Hours(time(8), time(21), "UTC")
    slow = Limit("slow", Scope("carrier", "sim"), 1, Sliding(60.0), slack_seconds=0)
    # 999 minutes: nine hours today, and 7 h 39 min from eight o'clock on tomorrow.
    assert forecast(LOADS, [slow], NOON, 0, hours).finish_at == datetime(2026, 11, 23, 15, 39, tzinfo=UTC)
    night = NOON.replace(hour=23)
    assert forecast({}, [], night, 0, hours).finish_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_what_never_ends_is_told_as_a_year() -> None:
    never = Limit("never", Scope("carrier", "sim"), 1, Sliding(86_400.0 * 30))
    assert forecast(LOADS, [never], NOON, 0, None).finish_at == NOON + timedelta(days=366)
    assert forecast(LOADS, [never], NOON, 0, Hours(time(8), time(9), "UTC")).finish_at <= NOON + timedelta(days=367)


@given(
    st.integers(0, 10**7),
    st.integers(1, 1000),
    st.sampled_from([Sliding(1.0), Sliding(3600.0), Calendar("UTC", "hour"), Calendar("UTC", "month")]),
    st.none() | st.just(Hours(time(8), time(21), "Asia/Kathmandu")),
)
def test_more_work_is_never_over_sooner(
    segments: int, amount: int, per: Sliding | Calendar, hours: Hours | None
) -> None:
    limit = Limit("one", Scope("carrier", "sim"), amount, per)
    less, more = (
        forecast({("carrier", "sim"): Load(count, count)}, [limit], NOON, 0, hours).finish_at
        for count in (segments, segments + amount)
    )
    assert NOON <= less <= more
