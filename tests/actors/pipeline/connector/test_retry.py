"""When a failed message is tried again."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.retry import (
    ATTEMPT,
    FIRST_SEEN,
    TEXT_CHARACTERS,
    Again,
    Failure,
    GiveUp,
    History,
    Retry,
    Rule,
    delays,
    next_step,
)

RNG = random.Random(0)
LATE = Failure("TimeoutError", "too late", TimeoutError("too late"))


def decide(policy: Retry, attempt: int, failure: Failure = LATE, first_seen: float = 100.0, now: float = 100.0):
    return next_step(policy, History(attempt, first_seen), failure, "work", now, RNG)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (None, None, (1.0, 300.0)),
        (None, 2.0, (1.0, 2.0)),
        (None, 0.5, (0.5, 0.5)),
        (20.0, None, (20.0, 300.0)),
        (350.0, None, (350.0, 350.0)),
    ],
)
def test_bw_158_one_bound_of_the_delays_follows_the_other(low, high, expected) -> None:
    curve = delays(low, high)
    assert (curve.min_seconds, curve.max_seconds) == expected


@pytest.mark.parametrize("bounds", [(-1, None), (0, None), ("3", None), (True, None), (None, -3), (1.0, 0.5)])
def test_bw_158_bounds_that_make_no_sense_are_refused(bounds) -> None:
    with pytest.raises(WrongOption):
        delays(*bounds)


def test_bw_159_without_jitter_each_delay_is_twice_the_one_before_up_to_the_bound() -> None:
    curve = delays(1.0, 30.0, jitter=False)
    drawn = [curve.delay(attempt, RNG) for attempt in range(1, 21)]
    assert drawn[:6] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert set(drawn[5:]) == {30.0}
    assert curve.delay(1, RNG) == 1.0  # nothing is remembered from call to call


def test_bw_159_with_jitter_delays_vary_within_their_bound_and_follow_the_seed() -> None:
    curve = delays(1.0, 30.0)
    drawn = [curve.delay(10, random.Random(seed)) for seed in range(20)]
    assert all(0 <= delay <= 30.0 for delay in drawn)
    assert len(set(drawn)) > 10
    assert drawn == [curve.delay(10, random.Random(seed)) for seed in range(20)]


def test_the_next_attempt_is_numbered_and_remembers_the_first() -> None:
    found = decide(Retry(backoff=delays(1.0, 8.0, jitter=False)), 2)
    assert found == Again(2.0, {ATTEMPT: 3, FIRST_SEEN: 100.0})


def test_after_the_last_attempt_the_reason_tells_error_text_attempt_and_queue() -> None:
    assert decide(Retry(attempts=3), 3) == GiveUp("TimeoutError: too late (attempt 3 of 3, from work)", "dead-letter")


def test_the_end_may_be_the_quarantine() -> None:
    assert decide(Retry(attempts=1, then="quarantine"), 1).then == "quarantine"


def test_a_rule_holds_for_an_error_its_subclasses_and_its_name() -> None:
    policy = Retry(attempts=5, rules=(Rule((OSError,), attempts=1), Rule(("ValueError",), attempts=2)))
    assert isinstance(decide(policy, 1), GiveUp)  # TimeoutError is an OSError
    by_name = Failure("ValueError", "x")
    assert isinstance(decide(policy, 1, by_name), Again)
    assert isinstance(decide(policy, 2, by_name), GiveUp)
    assert isinstance(decide(policy, 4, Failure("KeyError", "x")), Again)


def test_a_rule_may_have_delays_of_its_own() -> None:
    policy = Retry(rules=(Rule((OSError,), backoff=delays(60.0, 60.0, jitter=False)),))
    assert decide(policy, 1).delay_seconds == 60.0


def test_what_would_be_too_old_is_not_tried_again() -> None:
    policy = Retry(backoff=delays(10.0, 10.0, jitter=False), max_age_seconds=30.0)
    assert isinstance(decide(policy, 1, now=120.0), Again)
    assert "older than 30 s" in decide(policy, 1, now=120.1).reason


@pytest.mark.parametrize("headers", [{}, {ATTEMPT: "7"}, {ATTEMPT: True}, {ATTEMPT: 0}, {FIRST_SEEN: 2e9}])
def test_headers_that_are_not_ours_mean_a_first_attempt(headers) -> None:
    assert History.of(headers, 1000.0) == History(1, 1000.0)


def test_the_history_survives_in_the_headers() -> None:
    assert History.of(History(4, 12.5).next(), 1000.0) == History(5, 12.5)


def test_a_long_text_is_cut_and_put_on_one_line() -> None:
    short = Failure("E", "a\nb " + "x" * 500).short()
    assert short.startswith("E: a b x")
    assert len(short) == len("E: ") + TEXT_CHARACTERS


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"max_age_seconds": 0}, {"then": "drop"}, {"rules": (Rule((OSError,), attempts=0),)}]
)
def test_a_policy_is_checked(wrong) -> None:
    with pytest.raises(WrongOption):
        Retry(**wrong)


@given(st.integers(1, 30), st.integers(0, 2**32))
def test_every_message_gets_its_attempts_and_no_more(attempts: int, seed: int) -> None:
    policy, rng = Retry(attempts=attempts, backoff=delays(1.0, 60.0)), random.Random(seed)
    history, now, handled = History(1, 1000.0), 1000.0, 1
    times = [now]
    while isinstance(found := next_step(policy, history, LATE, "work", now, rng), Again):
        now += found.delay_seconds
        history = History.of(found.headers, now)
        assert history.first_seen == 1000.0
        handled += 1
        times.append(now)
    assert handled == attempts
    assert all(0 <= after - before <= 60.0 for before, after in pairwise(times))


def test_policies_are_values() -> None:
    assert replace(Retry(), attempts=2) != Retry()
