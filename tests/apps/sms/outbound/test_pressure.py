"""A carrier that says "too fast" is given less, and more again when it does not."""

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.outbound.pressure import MAX_PAUSE_SECONDS, MIN_PAUSE_SECONDS, Pressure


def test_it_has_all_of_its_window_until_it_is_throttled() -> None:
    pressure = Pressure()
    assert pressure.allowed(0.0, 50) == 50 and not pressure.slowed(0.0)
    pressure.throttled(10.0, handed_at=9.9)
    assert pressure.allowed(10.0, 50) == 0 and pressure.slowed(10.0)
    assert pressure.allowed(10.0 + MIN_PAUSE_SECONDS, 50) == 25


def test_pieces_that_were_in_flight_do_not_count_twice() -> None:
    pressure = Pressure()
    for _ in range(20):
        pressure.throttled(10.0, handed_at=9.9)
    assert pressure.share == 0.5 and pressure.throttles == 20


def test_the_pause_doubles_and_the_carrier_may_ask_for_a_longer_one() -> None:
    pressure = Pressure()
    pressure.throttled(10.0, handed_at=10.0)
    pressure.throttled(20.0, handed_at=20.0)
    assert pressure.resume_at == 20.0 + 2 * MIN_PAUSE_SECONDS
    pressure.throttled(30.0, handed_at=30.0, retry_after_seconds=7.5)
    assert pressure.resume_at == 37.5
    pressure.throttled(40.0, handed_at=40.0, retry_after_seconds=1e9)
    assert pressure.resume_at == 40.0 + MAX_PAUSE_SECONDS


def test_it_gets_back_what_it_had_a_piece_per_window() -> None:
    pressure = Pressure()
    pressure.throttled(0.0, handed_at=0.0)
    pressure.accepted(5, 10)
    assert pressure.share == 0.6
    for _ in range(40):
        pressure.accepted(1, 10)
    assert pressure.share == 1.0 and not pressure.slowed(100.0)


@given(st.lists(st.one_of(st.just(None), st.integers(1, 50)), max_size=100), st.integers(1, 200))
def test_it_is_always_given_something_once_the_pause_is_over_and_never_too_much(
    story: list[int | None], window: int
) -> None:
    pressure, now = Pressure(), 0.0
    for step in story:
        now += 1.0
        if step is None:
            pressure.throttled(now, handed_at=now)
        else:
            pressure.accepted(step, window)
        assert 1 <= pressure.allowed(pressure.resume_at, window) <= window
    assert pressure.allowed(now, 0) == 0
