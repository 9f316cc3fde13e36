"""Whose turn it is among lanes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.outbound.turns import SHARES, Turns
from apps.sms.states import Lane


def take(turns: Turns, waiting: set[Lane]) -> Lane:
    lane = turns.order(waiting)[0]
    turns.gave(lane, waiting)
    return lane


def test_the_first_lane_goes_first_and_the_others_get_their_shares() -> None:
    turns, all_wait = Turns(), set(Lane)
    given = Counter(take(turns, all_wait) for _ in range(1000))
    assert given[Lane.CONFIRMATION] > 550
    for lane in (Lane.ANSWER, Lane.LEADER, Lane.BROADCAST):
        assert abs(given[lane] - 1000 * SHARES[lane]) <= 3


def test_a_lane_that_waits_alone_has_every_turn() -> None:
    turns = Turns()
    assert {take(turns, {Lane.BROADCAST}) for _ in range(50)} == {Lane.BROADCAST}


def test_who_did_not_wait_for_long_has_no_credit_for_it() -> None:
    turns = Turns()
    for _ in range(10_000):
        take(turns, {Lane.BROADCAST, Lane.ANSWER})
    first = [take(turns, {Lane.CONFIRMATION, Lane.BROADCAST}) for _ in range(100)]
    assert first.count(Lane.BROADCAST) <= 13


@given(st.lists(st.sets(st.sampled_from(list(Lane)), min_size=1), min_size=1, max_size=200))
def test_only_who_waits_has_a_turn(story: list[set[Lane]]) -> None:
    turns = Turns()
    for waiting in story:
        assert take(turns, waiting) in waiting
