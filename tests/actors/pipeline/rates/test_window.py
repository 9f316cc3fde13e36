"""The promise itself, for any pattern of arrivals: no window of length T has more than `allowed` uses in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.rates.window import SLOTS, Rate, TooDear, Window, changed, charge
from tests.actors.pipeline.rates.things import most_in_any_window

leases = st.one_of(st.just(0), st.integers(1, 400))
rates = st.builds(Rate, allowed=st.integers(1, 20), interval_us=st.integers(1, 3000), lease_us=leases)
#: (time until the next taker comes, permits it wants, how much of its lease it lets pass before each use).
arrivals = st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 25), st.floats(0.0, 1.0)), min_size=1, max_size=60)


@given(rates, arrivals)
def test_no_window_has_more_uses_than_allowed(rate: Rate, arriving: list[tuple[int, int, float]]) -> None:
    window, now, uses = Window(), 0, []
    for pause, wanted, waited in arriving:
        now += pause
        taken = charge(window, rate, now, [1] * wanted)
        window = taken.window
        uses += [now + int(waited * rate.lease_us)] * taken.passed
    assert most_in_any_window(uses, rate.interval_us) <= rate.allowed


@given(rates, arrivals, st.data())
def test_a_clock_that_goes_back_never_lets_more_pass(
    rate: Rate, arriving: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    """The uses are judged by a clock that nobody turned."""
    window, true_now, error, uses = Window(), 10_000_000, 0, []
    for pause, wanted, waited in arriving:
        true_now += pause
        error -= data.draw(st.one_of(st.just(0), st.integers(0, 10_000)), label="step back")
        taken = charge(window, rate, true_now + error, [1] * wanted)
        window = taken.window
        uses += [true_now + int(waited * rate.lease_us)] * taken.passed
    assert most_in_any_window(uses, rate.interval_us) <= rate.allowed


@given(rates, arrivals, st.data())
def test_takers_that_die_and_a_lost_record_never_let_more_pass(
    rate: Rate, arriving: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    """A taker that died used any part of its permits; a lost record is taken up as full."""
    window, now, uses = Window(), 0, []
    for pause, wanted, waited in arriving:
        now += pause
        if data.draw(st.integers(0, 9), label="record") == 0:
            window = Window.full(rate, now)
        taken = charge(window, rate, now, [1] * wanted)
        used = data.draw(st.integers(0, taken.passed), label="used before it died")
        window = taken.window
        uses += [now + int(waited * rate.lease_us)] * used
    assert most_in_any_window(uses, rate.interval_us) <= rate.allowed


@given(rates, arrivals, st.integers(1, 20), st.integers(0, 59))
def test_a_new_figure_holds_for_every_window_that_begins_a_lease_after_the_change(
    rate: Rate, arriving: list[tuple[int, int, float]], allowed: int, change_at: int
) -> None:
    window, now, uses, changed_us = Window(), 0, [], 0
    for index, (pause, wanted, waited) in enumerate(arriving):
        now += pause
        if index == change_at:
            rate, changed_us, uses = replace(rate, allowed=allowed), now, []
        taken = charge(window, rate, now, [1] * wanted)
        window = taken.window
        uses += [now + int(waited * rate.lease_us)] * taken.passed
    later = [at for at in uses if at >= changed_us]
    assert most_in_any_window(later, rate.interval_us) <= rate.allowed


@given(rates, arrivals)
def test_what_waits_gets_its_permit_at_the_time_that_was_named(
    rate: Rate, arriving: list[tuple[int, int, float]]
) -> None:
    window, now = Window(), 0
    for pause, wanted, _ in arriving:
        now += pause
        taken = charge(window, rate, now, [1] * wanted)
        window = taken.window
        assert (taken.wait_us == 0) == (taken.passed == wanted)
        if not taken.passed:
            assert charge(window, rate, now + taken.wait_us - 1, [1]).passed == 0
            assert charge(window, rate, now + taken.wait_us, [1]).passed == 1


@given(rates, arrivals, st.integers(0, 5000))
def test_what_may_be_forgotten_answers_like_an_empty_window(
    rate: Rate, arriving: list[tuple[int, int, float]], later: int
) -> None:
    window, now = Window(), 0
    for pause, wanted, _ in arriving:
        now += pause
        window = charge(window, rate, now, [1] * wanted).window
    now += later
    if window.forgettable(rate, now):
        assert charge(window, rate, now, [1] * 30).passed == charge(Window(), rate, now, [1] * 30).passed


def test_somebody_who_always_wants_gets_nearly_all_that_is_allowed() -> None:
    rate = Rate.of(1000, 1.0)
    window, granted = Window(), 0
    for now in range(0, 60_000_000, 1000):
        taken = charge(window, rate, now, [1] * 10)
        window, granted = taken.window, granted + taken.passed
    assert granted >= 0.98 * 60_000


def test_the_record_stays_short_however_often_somebody_takes() -> None:
    rate = Rate.of(1_000_000, 1.0, lease_seconds=0.05)
    window = Window()
    for now in range(0, 3_000_000, 997):
        window = charge(window, rate, now, [1]).window
    assert len(window.charges) <= SLOTS * 1.05 + 2


def test_all_or_nothing_when_a_message_costs_more_than_one() -> None:
    rate = Rate.of(10, 1.0)
    window = charge(Window(), rate, 0, [8]).window
    refused = charge(window, rate, 0, [3])
    assert (refused.passed, refused.window.spent(rate, 0)) == (0, 8)
    assert charge(refused.window, rate, refused.wait_us, [3]).passed == 1


def test_costs_are_charged_in_their_order_and_never_in_part() -> None:
    taken = charge(Window(), Rate.of(10, 1.0), 0, [4, 5, 3, 1])
    assert (taken.passed, taken.window.spent(Rate.of(10, 1.0), 0)) == (2, 9)
    with pytest.raises(TooDear):
        charge(Window(), Rate.of(10, 1.0), 0, [11])


def test_a_clock_far_in_the_past_costs_one_interval_and_not_its_whole_error() -> None:
    rate = Rate.of(5, 1.0)
    window = charge(Window(), rate, 3_600_000_000, [1] * 5).window
    back = charge(window, rate, 0, [1])
    assert back.passed == 0
    assert charge(back.window, rate, rate.span_us + rate.slot_us, [1] * 5).passed == 5


def test_figures_that_are_no_rate_are_refused() -> None:
    for allowed, interval in ((0, 1.0), (1, 0.0), (-1, 1.0), (1, -1.0)):
        with pytest.raises(ValueError, match="a rate needs"):
            Rate.of(allowed, interval)
    assert changed(Rate.of(1, 2.0, 0.5), allowed=7) == Rate(7, 2_000_000, 500_000)
    assert changed(Rate.of(1, 2.0, 0.5), interval_seconds=3.0) == Rate(1, 3_000_000, 500_000)


def test_a_window_that_ends_where_a_lost_record_began_has_no_more_either() -> None:
    rate = Rate(1, 100, 10)
    full = Window.full(rate, 50)  # a use at 60 is possible, by a permit that was charged at 50
    assert charge(full, rate, 160, [1]).passed == 0
    assert charge(full, rate, 161, [1]).passed == 1
