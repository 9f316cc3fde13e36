"""The backoff curve as properties: other projects shipped linear curves and nanoseconds of jitter under this name."""

import random

from hypothesis import given
from hypothesis import strategies as st

from supervision.backoff import Backoff

curves = st.builds(
    Backoff,
    min_seconds=st.floats(0.001, 5),
    max_seconds=st.floats(5, 600),
    factor=st.floats(1.1, 10),
    jitter=st.booleans(),
    immediate=st.integers(0, 3),
)


@given(curves, st.integers(1, 10_000))
def test_the_cap_never_falls_and_never_passes_the_maximum(curve, streak):
    assert curve.cap(streak) <= curve.cap(streak + 1) <= curve.max_seconds


@given(curves)
def test_the_first_failures_of_a_streak_are_retried_at_once(curve):
    assert [curve.cap(streak) for streak in range(1, curve.immediate + 1)] == [0.0] * curve.immediate
    assert curve.cap(curve.immediate + 1) == curve.min_seconds


@given(curves, st.integers(1, 200), st.integers())
def test_the_delay_is_a_draw_below_the_cap(curve, streak, seed):
    delay = curve.delay(streak, random.Random(seed))
    assert 0.0 <= delay <= curve.cap(streak)
    assert curve.jitter or delay == curve.cap(streak)


def test_it_is_exponential():
    curve = Backoff(min_seconds=1, max_seconds=100, factor=2, immediate=0)
    assert [curve.cap(streak) for streak in range(1, 9)] == [1, 2, 4, 8, 16, 32, 64, 100]


def test_jitter_spreads_over_the_whole_interval():
    curve, rng = Backoff(min_seconds=10, max_seconds=10, immediate=0), random.Random(1)
    draws = [curve.delay(1, rng) for _ in range(1000)]
    assert min(draws) < 1 and max(draws) > 9
