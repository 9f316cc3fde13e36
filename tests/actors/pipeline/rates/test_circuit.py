"""A circuit opens on failures in a row, tries again, and closes on a success."""

import random

from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.rates.circuit import Circuit, Course, failed, succeeded
from supervision.backoff import Backoff

CIRCUIT = Circuit(3, (OSError,), Backoff(min_seconds=1.0, max_seconds=4.0, immediate=0, jitter=False))
RNG = random.Random(0)
DOWN = OSError("down")


def fail(course: Course, now: float, times: int = 1, error: object = DOWN) -> Course:
    for _ in range(times):
        course = failed(course, CIRCUIT, error, now, RNG)
    return course


def test_it_opens_on_failures_in_a_row_and_only_of_its_kind() -> None:
    assert not fail(Course(), 0.0, 2).is_open(0.0)
    assert not fail(Course(), 0.0, 9, ValueError("mine")).is_open(0.0)
    opened = fail(Course(), 0.0, 3)
    assert opened.is_open(0.9)
    assert not opened.is_open(1.0)
    assert "3 failures in a row" in opened.why


def test_a_success_in_between_starts_the_count_anew() -> None:
    course = succeeded(fail(Course(), 0.0, 2), 0.0)
    assert not fail(course, 0.0, 2).is_open(0.0)


def test_one_failed_trial_opens_it_for_longer_and_a_good_one_closes_it() -> None:
    opened = fail(Course(), 0.0, 3)
    again = fail(opened, 1.0)
    assert (again.is_open(2.9), again.is_open(3.1)) == (True, False)
    assert succeeded(again, 3.1) == Course()


def test_work_that_was_under_way_when_it_opened_changes_nothing() -> None:
    opened = fail(Course(), 0.0, 3)
    assert fail(opened, 0.5, 5) == opened
    assert succeeded(opened, 0.5) == opened


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans())))
def test_it_is_never_open_for_longer_than_its_backoff(steps: list[tuple[float, bool]]) -> None:
    course, now = Course(), 0.0
    for pause, good in steps:
        now += pause
        course = succeeded(course, now) if good else fail(course, now)
        assert not course.is_open(now + 4.0)
