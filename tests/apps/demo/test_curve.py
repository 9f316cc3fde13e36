"""The curve keeps its promises for every speed and every moment."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.demo.curve import HOURS, HUNDREDS_PER_HOUR, Curve, goal_after

curves = st.builds(Curve, st.floats(0.1, 10_000), st.floats(0.1, 86_400))
cycles = st.floats(0, 5)


@given(curves, cycles, cycles)
def test_expected_signatures_never_fall(curve: Curve, one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert curve.expected(early * curve.cycle_seconds) <= curve.expected(late * curve.cycle_seconds) * (1 + 1e-9)


@given(curves, cycles)
def test_rates_lie_between_nought_and_the_peak(curve: Curve, at: float) -> None:
    assert 0 < curve.rate(at * curve.cycle_seconds) <= curve.peak_per_second


@given(curves, st.integers(0, 5))
def test_the_mean_over_whole_cycles_is_the_one_asked_for(curve: Curve, count: int) -> None:
    seconds = count * curve.cycle_seconds
    assert curve.expected(seconds) == pytest.approx(seconds / 60 * curve.signatures_per_minute)


@given(curves, st.integers(0, 2 * HOURS - 1), st.floats(0.01, 0.99))
def test_the_rate_is_the_slope_of_what_is_expected(curve: Curve, hour: int, part: float) -> None:
    length = 3600 / curve.compression
    start, inside = hour * length, (hour + part) * length
    rise = curve.expected(inside) - curve.expected(start)
    assert rise == pytest.approx(curve.rate((hour + 0.5) * length) * (inside - start), rel=1e-6)


def test_it_has_a_rush_hour_and_a_night() -> None:
    assert max(HUNDREDS_PER_HOUR) > 20 * min(HUNDREDS_PER_HOUR)
    assert HOURS == 48


@given(st.integers())
def test_moments_are_in_order_and_inside(seed: int) -> None:
    moments = Curve(600, 3600).arrivals(3.0, 9.0, random.Random(seed))
    assert moments == sorted(moments)
    assert all(3.0 <= moment < 9.0 for moment in moments)


def test_drawn_moments_follow_the_curve() -> None:
    curve = Curve(signatures_per_minute=6000, compression=3600)
    rng = random.Random(1)
    for hour in (8, 20, 30):
        expected = curve.expected(hour + 1) - curve.expected(hour)
        drawn = sum(len(curve.arrivals(hour, hour + 1, rng)) for _ in range(200)) / 200
        assert drawn == pytest.approx(expected, rel=0.1)


@given(st.integers(0, 10**9))
def test_a_goal_is_ahead_but_not_out_of_reach(signatures: int) -> None:
    assert signatures < goal_after(signatures) <= max(100, 2.5 * signatures + 1)
    assert goal_after(signatures) >= goal_after(max(0, signatures - 1))
