"""Whatever is settled in whatever order: the frames settle exactly that, and nothing else that is open."""

from hypothesis import given
from hypothesis import strategies as st

from actors.broker.rabbitmq.settling import coalesce


@st.composite
def settlements(draw: st.DrawFn) -> tuple[list[int], set[int]]:
    outstanding = sorted(draw(st.sets(st.integers(1, 60))))
    settled = draw(st.sets(st.sampled_from(outstanding))) if outstanding else set()
    return outstanding, settled


def what_the_broker_does(outstanding: list[int], frames: list[tuple[int, bool]]) -> set[int]:
    settled: set[int] = set()
    for tag, multiple in frames:
        assert tag in outstanding, "an unknown tag closes the channel"
        assert tag not in settled, "a tag settled twice closes the channel"
        settled |= {one for one in outstanding if one <= tag} if multiple else {tag}
    return settled


@given(settlements())
def test_exactly_what_is_settled(case: tuple[list[int], set[int]]) -> None:
    outstanding, settled = case
    assert what_the_broker_does(outstanding, coalesce(outstanding, settled)) == settled


@given(settlements())
def test_never_more_frames_than_tags_and_one_for_all_from_the_oldest_on(case: tuple[list[int], set[int]]) -> None:
    outstanding, settled = case
    assert len(coalesce(outstanding, settled)) <= len(settled)
    assert len(coalesce(outstanding, set(outstanding))) == bool(outstanding)


def test_what_stays_open_in_front_forbids_multiple() -> None:
    assert coalesce([1, 2, 3, 4, 5], {2, 3, 5}) == [(2, False), (3, False), (5, False)]
    assert coalesce([1, 2, 3, 4, 5], {1, 2, 4}) == [(2, True), (4, False)]
    assert coalesce([7], {7}) == [(7, False)]
