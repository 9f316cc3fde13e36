"""Each key has the whole rate for itself, and forgetting keys never gives one of them more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.rates.keyed import KeyedWindows
from actors.pipeline.rates.window import Rate, TooDear
from tests.actors.pipeline.rates.things import most_in_any_window

RATE = Rate(5, 1000)
arrivals = st.lists(st.tuples(st.integers(0, 700), st.sampled_from("abcdefgh"), st.integers(1, 7)), max_size=80)


@given(arrivals, st.integers(1, 8))
def test_no_key_exceeds_its_rate_however_few_keys_are_remembered(
    arriving: list[tuple[int, str, int]], max_keys: int
) -> None:
    keyed, now, uses = KeyedWindows(RATE, max_keys), 0, dict[str, list[int]]()
    for pause, key, wanted in arriving:
        now += pause
        uses.setdefault(key, []).extend([now] * keyed.take(key, [1] * wanted, now).passed)
        assert len(keyed) <= max_keys
    assert all(most_in_any_window(times, RATE.interval_us) <= RATE.allowed for times in uses.values())


@given(arrivals)
def test_with_room_for_all_a_key_never_waits_for_another(arriving: list[tuple[int, str, int]]) -> None:
    together, alone, now = KeyedWindows(RATE, 8), {key: KeyedWindows(RATE, 1) for key in "abcdefgh"}, 0
    for pause, key, wanted in arriving:
        now += pause
        assert together.take(key, [1] * wanted, now) == alone[key].take(key, [1] * wanted, now)


def test_a_new_key_waits_while_nothing_may_be_forgotten() -> None:
    keyed = KeyedWindows(RATE, 2)
    keyed.take("a", [1], 0)
    keyed.take("b", [1], 500)
    refused = keyed.take("c", [1], 600)
    assert refused.passed == 0
    assert keyed.take("c", [1], 600 + refused.wait_us - 1).passed == 0
    assert keyed.take("c", [1], 600 + refused.wait_us).passed == 1
    assert keyed.spent("a", 2000) == 0


def test_what_was_refused_takes_no_place() -> None:
    keyed = KeyedWindows(RATE, 2)
    with pytest.raises(TooDear):
        keyed.take("a", [9], 0)
    assert len(keyed) == 0
