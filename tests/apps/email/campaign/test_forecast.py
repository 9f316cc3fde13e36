from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from apps.email.campaign import forecast
from apps.email.campaign.forecast import Hours, finish
from apps.email.campaign.sends import start_send
from apps.email.campaign.tables import SENDS
from tests.apps.email.campaign.world import NOW, order

DAY = Hours(time(9), time(20), "UTC")
ZONES = st.dictionaries(
    st.none() | st.sampled_from(["Europe/London", "Asia/Tokyo", "America/Chicago"]), st.integers(0, 10**6), max_size=4
)


def test_without_hours_it_takes_as_long_as_the_rate_says() -> None:
    assert finish({"Europe/London": 500, None: 500}, 10.0, None, NOW) == NOW + timedelta(seconds=100)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (None, "2026-11-22T10:00", "2026-11-22T10:10"),
        (None, "2026-11-22T22:00", "2026-11-23T09:10"),
        ("Asia/Tokyo", "2026-11-22T10:00", "2026-11-22T10:10"),
        ("Asia/Tokyo", "2026-11-22T12:00", "2026-11-23T00:10"),
    ],
)
def test_whose_hours_are_closed_waits_for_them(zone: str | None, start: str, end: str) -> None:
    began, ended = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    assert finish({zone: 600}, 1.0, DAY, began) == ended


def test_a_send_that_does_not_fit_into_its_hours_goes_on_the_next_day() -> None:
    start = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
    assert finish({None: 7200}, 1.0, DAY, start) == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert finish({None: 10**9}, 1.0, DAY, start) is None


@given(ZONES, st.floats(1, 10**5))
def test_hours_never_make_it_faster_and_more_people_never_either(zones: dict[str | None, int], rate: float) -> None:
    free, bound = finish(zones, rate, None, NOW), finish(zones, rate, DAY, NOW)
    assert free is not None
    # Rounding of parts of a microsecond apart.
    assert bound is None or bound >= free - timedelta(milliseconds=1)
    more = finish({**zones, None: zones.get(None, 0) + 10}, rate, DAY, NOW)
    assert more is None or (bound is not None and more >= bound - timedelta(milliseconds=1))


def test_a_rate_of_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="above nought"):
        finish({}, 0.0, None, NOW)


def test_terms_without_hours_allow_any_time() -> None:
    assert Hours.of({}) is None
    terms = {"opens": "09:00", "closes": "20:00", "zone": "Asia/Tokyo"}
    assert Hours.of(terms) == Hours(time(9), time(20), "Asia/Tokyo")


def test_the_last_large_send_says_how_fast_it_goes(engine: Engine) -> None:
    with engine.begin() as conn:
        assert forecast.forecast(conn, {None: 100}, {}, 50.0, NOW) == forecast.Forecast(
            100, 50.0, False, NOW + timedelta(seconds=2)
        )
        for name, handed in (("large", 2000), ("small", 10)):
            id, _ = start_send(conn, order(name), NOW)
            values = {"state": "finished", "sums": {"handed": handed}, "started_at": NOW}
            ended = NOW + timedelta(seconds=20)
            conn.execute(SENDS.update().where(SENDS.c.id == id).values(**values, ended_at=ended))
        assert forecast.measured_rate(conn) == 100.0
        found = forecast.forecast(conn, {None: 100}, {}, 50.0, NOW)
    assert (found.mails_per_second, found.measured) == (100.0, True)
