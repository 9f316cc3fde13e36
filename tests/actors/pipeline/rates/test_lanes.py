"""Who leaves first: the urgent, among equals by weight, and nobody starves who has a share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.rates.lanes import NO_CREDITS, Lane, check, merge

IDS = ("a", "b", "c", "d")
lane_sets = st.lists(
    st.builds(
        Lane, id=st.sampled_from(IDS), rank=st.integers(0, 2), weight=st.integers(1, 5), share=st.integers(0, 25)
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda lane: lane.id,
)
queues = st.dictionaries(st.sampled_from(IDS), st.integers(0, 300))


@given(lane_sets, queues, st.integers(0, 500))
def test_nobody_leaves_who_did_not_wait_and_no_place_stays_empty(
    lanes: list[Lane], waiting: dict[str, int], wanted: int
) -> None:
    order, _ = merge(lanes, waiting, wanted)
    there = {lane.id: waiting.get(lane.id, 0) for lane in lanes}
    assert all(order.count(id) <= count for id, count in there.items())
    assert len(order) == min(wanted, sum(there.values()))


@given(lane_sets, queues, st.lists(st.integers(0, 40), max_size=12))
def test_it_makes_no_difference_how_demand_is_cut(lanes: list[Lane], waiting: dict[str, int], asks: list[int]) -> None:
    left, credits, order = dict(waiting), NO_CREDITS, []
    for ask in asks:
        part, credits = merge(lanes, left, ask, credits)
        order += part
        for id in part:
            left[id] -= 1
    assert order == merge(lanes, waiting, sum(asks))[0]


@given(lane_sets, queues)
def test_without_shares_nobody_overtakes_a_higher_lane(lanes: list[Lane], waiting: dict[str, int]) -> None:
    strict = [Lane(lane.id, lane.rank, lane.weight) for lane in lanes]
    ranks = {lane.id: lane.rank for lane in strict}
    order, _ = merge(strict, waiting, 2000)
    assert [ranks[id] for id in order] == sorted(ranks[id] for id in order)


def test_a_higher_lane_overtakes_what_is_queued_in_the_lower_one() -> None:
    lanes = [Lane("stop", rank=0), Lane("bulk", rank=1)]
    _, credits = merge(lanes, {"bulk": 1000}, 10)
    assert merge(lanes, {"bulk": 990, "stop": 3}, 5, credits)[0] == ["stop", "stop", "stop", "bulk", "bulk"]


def test_equals_share_by_their_weights_and_never_in_long_runs() -> None:
    order, _ = merge([Lane("a", weight=3), Lane("b", weight=1)], {"a": 1000, "b": 1000}, 400)
    assert (order.count("a"), order.count("b")) == (300, 100)
    assert all("b" in order[at : at + 4] for at in range(396))


@given(st.integers(1, 50), st.integers(0, 400))
def test_a_share_is_kept_in_any_stretch_of_a_hundred(share: int, at: int) -> None:
    lanes = [Lane("high", rank=0), Lane("low", rank=1, share=share)]
    order, _ = merge(lanes, {"high": 1000, "low": 1000}, 500)
    assert abs(order[at : at + 100].count("low") - share) <= 1


def test_a_share_is_no_debt_to_a_lane_that_was_empty() -> None:
    lanes = [Lane("high", rank=0), Lane("low", rank=1, share=10)]
    _, credits = merge(lanes, {"high": 1000}, 1000)
    order, _ = merge(lanes, {"high": 100, "low": 100}, 50, credits)
    assert order[:9] == ["high"] * 9


def test_lanes_that_promise_too_much_are_refused() -> None:
    check([Lane("a", share=50), Lane("b", share=50)])
    with pytest.raises(ValueError, match="110 per cent"):
        check([Lane("a", share=60), Lane("b", share=50)])
    with pytest.raises(ValueError, match="one id"):
        check([Lane("a"), Lane("a")])
    for bad in ({"weight": 0}, {"share": 101}, {"share": -1}):
        with pytest.raises(ValueError, match="weight >= 1"):
            Lane("a", **bad)
