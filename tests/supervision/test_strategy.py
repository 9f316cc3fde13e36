"""Who falls with whom, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.strategy import STRATEGIES, Plan, plan


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("one_for_one", Plan(stop=(), start=("b",))),
        ("one_for_all", Plan(stop=("c", "a"), start=("a", "b", "c"))),
        ("rest_for_one", Plan(stop=("c",), start=("b", "c"))),
    ],
)
def test_the_plan_for_the_middle_of_three(strategy, expected):
    assert plan(strategy, ("a", "b", "c"), "b") == expected


@given(st.sampled_from(STRATEGIES), st.lists(st.text(min_size=1), min_size=1, unique=True), st.data())
def test_stop_is_the_reverse_of_start_without_the_failed(strategy, ids, data):
    failed = data.draw(st.sampled_from(ids))
    found = plan(strategy, ids, failed)
    assert failed in found.start
    assert found.stop == tuple(id for id in reversed(found.start) if id != failed)
    assert [id for id in ids if id in found.start] == list(found.start)
