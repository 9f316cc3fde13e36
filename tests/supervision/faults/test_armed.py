"""Counting and holding of one rule at one path, without threads."""

import random

from hypothesis import given
from hypothesis import strategies as st

from supervision import FaultRule
from supervision.faults import Armed, Entry


def armed(**fields):
    return Armed(1, FaultRule("crash", "/a", **fields), None, random.Random(fields.get("seed", 0)))


@given(every=st.integers(1, 20), times=st.integers(1, 10), after=st.integers(0, 50), messages=st.integers(0, 300))
def test_after_every_and_times_say_exactly_which_messages_are_struck(every, times, after, messages):
    one = armed(every=every, times=times, after=after)
    struck = [number for number in range(1, messages + 1) if one.strikes(0.0)]
    assert struck == list(range(after + every, messages + 1, every))[:times]


@given(st.integers(0, 300))
def test_probability_zero_never_strikes_and_one_always_does(messages):
    never, always = armed(probability=0.0, times=None), armed(probability=1.0, times=None)
    assert [(never.strikes(0.0), always.strikes(0.0)) for _ in range(messages)] == [(False, True)] * messages


def test_release_undoes_what_is_held_once_and_ends_all_strikes():
    undone = []
    one = armed(times=None)
    assert one.strikes(0.0)
    one.hold(lambda: undone.append("held"))
    with one.held(lambda: undone.append("passing")):
        pass
    one.release()
    one.release()
    assert undone == ["held"]
    assert not one.strikes(0.0)
    one.hold(lambda: undone.append("late"))
    assert undone == ["held", "late"]


def test_a_path_that_comes_after_the_end_of_the_rule_is_spared():
    entry = Entry(1, FaultRule("crash", "/**", times=None), None)
    entry.release()
    assert not entry.at("/late").strikes(0.0)
