"""How many open deliveries keep every stage busy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.prefetch import MAX_PREFETCH, MIN_PREFETCH, list_size_for, prefetch_for

NUMBERS = st.integers(1, 200)


def test_rmq_3_twice_what_the_processors_may_ask_for() -> None:
    assert prefetch_for(4, 10) == 80


def test_rmq_3_a_batch_in_each_hand_and_one_that_fills() -> None:
    assert prefetch_for(4, 10, [(100, 2)]) == 80 + 300


def test_several_producers_share_it() -> None:
    assert prefetch_for(4, 10, producers=3) == 27


def test_it_has_bounds() -> None:
    assert prefetch_for(1, 1) == MIN_PREFETCH
    assert prefetch_for(1000, 1000) == MAX_PREFETCH


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(WrongOption):
        prefetch_for(0, 10)
    with pytest.raises(WrongOption):
        prefetch_for(1, 10, [(0, 1)])


@given(NUMBERS, NUMBERS, st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3), st.integers(1, 5))
def test_no_stage_starves_behind_a_batch_that_fills(processors, demand, batchers, producers) -> None:
    window = prefetch_for(processors, demand, batchers, producers)
    filling = sum(size for size, _ in batchers)
    assert window == MAX_PREFETCH or window * producers >= processors * demand + filling


def test_lists_are_half_a_window() -> None:
    assert [list_size_for(window) for window in (1, 2, 200, 60_000)] == [1, 1, 100, 1000]
