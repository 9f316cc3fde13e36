"""The window's arithmetic, by OTP's cases and as a property."""

from hypothesis import given
from hypothesis import strategies as st

from supervision.intensity import Window


def deaths(window, times):
    """Whether each death in turn makes the supervisor give up."""
    kept: tuple[float, ...] = ()
    verdicts = []
    for time in times:
        kept, exceeded = window.add(kept, time)
        verdicts.append(exceeded)
    return verdicts


def test_F2_with_intensity_zero_the_first_death_ends_it():
    assert deaths(Window(0, 5), [0.0]) == [True]


def test_F4_deaths_further_apart_than_the_period_are_independent():
    assert deaths(Window(1, 5), [0.0, 6.0]) == [False, False]


def test_F5_the_window_slides_and_does_not_tumble():
    assert deaths(Window(2, 10), [0, 9, 11, 18]) == [False, False, False, True]


def test_the_boundary_is_inclusive():
    assert deaths(Window(1, 5), [0.0, 5.0]) == [False, True]


def test_left_counts_what_is_still_tolerated():
    window = Window(3, 10)
    assert window.left((), now=0.0) == 3
    assert window.left((0.0, 4.0), now=5.0) == 1
    assert window.left((0.0, 4.0), now=12.0) == 2
    assert window.left((0.0, 0.1, 0.2, 0.3), now=1.0) == 0


@given(
    intensity=st.integers(0, 5),
    period=st.floats(0.1, 100),
    gaps=st.lists(st.floats(0, 50), max_size=40),
)
def test_it_gives_up_exactly_when_a_window_holds_more_than_intensity(intensity, period, gaps):
    window, now, all_times = Window(intensity, period), 0.0, []
    kept: tuple[float, ...] = ()
    for gap in gaps:
        now += gap
        all_times.append(now)
        kept, exceeded = window.add(kept, now)
        inside = [time for time in all_times if time >= now - period]
        assert exceeded == (len(inside) > intensity)
        assert list(kept) == inside
