"""Waiting is bounded in places and time, and a busy key leaves places to the others."""

from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.rates.parking import MAX_DELAY_SECONDS, Waiting, delay_seconds, park, turns

waits = st.lists(
    st.builds(
        Waiting,
        item=st.integers(),
        key=st.sampled_from("abc"),
        since=st.floats(0, 100),
        ready_at=st.floats(100, 200),
    ),
    max_size=60,
)


@given(waits, st.integers(1, 30))
def test_everybody_stays_or_goes_back_and_nobody_stays_too_long(waiting: list[Waiting[int]], places: int) -> None:
    stay, back = park(waiting, places, max_seconds=60.0)
    assert [one for one in waiting if one in stay or one in back] == waiting
    assert len(stay) + len(back) == len(waiting)
    assert len(stay) <= places
    assert all(one.ready_at - one.since <= 60.0 for one in stay)
    if len(waiting) == 1 and waiting[0].ready_at - waiting[0].since <= 60.0:
        assert stay == waiting


def test_a_busy_key_leaves_places_to_others() -> None:
    busy = [Waiting(number, "busy", 0.0, 10.0) for number in range(1000)]
    stay, back = park([*busy, Waiting(-1, "other", 0.0, 10.0)], places=100)
    assert 40 <= sum(one.key == "busy" for one in stay) <= 60
    assert stay[-1].key == "other"
    assert [one.item for one in back] == list(range(len(stay) - 1, 1000))


def test_turns_come_by_interval() -> None:
    assert turns([1] * 5, 2, 10.0, 3.0) == [3.0, 3.0, 13.0, 13.0, 23.0]
    assert turns([4, 4, 4], 10, 1.0, 0.0) == [0.0, 0.0, 0.0]


@given(st.floats(0, 10_000))
def test_delays_are_few_and_no_shorter_than_the_wait(wait: float) -> None:
    delay = delay_seconds(wait)
    assert delay in {2.0**power for power in range(10)}
    assert delay >= min(wait, MAX_DELAY_SECONDS)
