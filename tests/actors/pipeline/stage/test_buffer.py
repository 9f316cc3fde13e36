from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.stage import StageError
from actors.pipeline.stage.buffer import PIECE, Buffer


def test_bw_104_events_and_notes_keep_their_order() -> None:
    buffer = Buffer(10)
    buffer.store(["t1", "t2"])
    assert buffer.note("p1") and buffer.note("p2")
    buffer.store(["t3", "t4", "t5"])
    assert buffer.note("p3") and buffer.note("p4")
    buffer.store(["t6"])
    assert buffer.note("p5")
    assert buffer.take(3) == (["t1", "t2"], ["p1", "p2"])
    assert buffer.take(4) == (["t3", "t4", "t5"], ["p3", "p4"])
    assert buffer.take(2) == (["t6"], ["p5"])
    assert not buffer


@pytest.mark.parametrize(("keep", "kept", "lost"), [("first", "abcde", "fgh"), ("last", "defgh", "abc")])
def test_bw_80_it_keeps_the_first_or_the_last(keep: Any, kept: str, lost: str) -> None:
    buffer = Buffer(5, keep)
    assert buffer.store("abcde") == ([], [])
    assert buffer.store("fgh") == (list(lost), [])
    assert buffer.count == 5
    assert buffer.take(10) == (list(kept), [])


@pytest.mark.parametrize(("keep", "kept"), [("first", "abc"), ("last", "fgh")])
def test_bw_81_one_list_larger_than_the_buffer_overflows_it_too(keep: Any, kept: str) -> None:
    buffer = Buffer(3, keep)
    discarded, _ = buffer.store("abcdefgh")
    assert len(discarded) == 5
    assert buffer.take(9) == (list(kept), [])


def test_dem_12_a_note_with_nothing_before_it_is_due_at_once() -> None:
    assert not Buffer(3).note("now")


def test_dem_12_a_note_that_an_overflow_displaces_is_handed_out() -> None:
    buffer = Buffer(3)
    buffer.store("ab")
    buffer.note("after b")
    buffer.store("c")
    buffer.note("after c")
    assert buffer.store("de") == (["a", "b"], ["after b"])
    assert buffer.take(5) == (["c"], ["after c"])
    assert buffer.take(5) == (["d", "e"], [])


def test_what_is_given_back_is_first_and_not_bounded() -> None:
    buffer = Buffer(2)
    buffer.store("cd")
    buffer.give_back("ab")
    assert buffer.count == 4
    assert buffer.take(3) == (["a", "b", "c"], [])


def test_a_buffer_without_bound_takes_long_lists() -> None:
    buffer = Buffer(None)
    numbers = list(range(3 * PIECE + 7))
    assert buffer.store(numbers) == ([], [])
    assert buffer.take(PIECE + 1) == (numbers[: PIECE + 1], [])
    assert buffer.clear() == numbers[PIECE + 1 :]
    assert (buffer.count, bool(buffer)) == (0, False)


@pytest.mark.parametrize(("size", "keep"), [(-1, "last"), (True, "last"), (3, "middle")])
def test_options_out_of_range_are_refused(size: Any, keep: Any) -> None:
    with pytest.raises(StageError, match="not"):
        Buffer(size, keep)


@given(
    st.none() | st.integers(0, 8),
    st.sampled_from(["first", "last"]),
    st.lists(st.one_of(st.tuples(st.just("store"), st.integers(0, 12)), st.tuples(st.just("take"), st.integers(1, 9)),
                       st.tuples(st.just("note"), st.just(0)))),
)  # fmt: skip
def test_nothing_is_lost_doubled_or_reordered(size: int | None, keep: Any, actions: list[tuple[str, int]]) -> None:
    """Every event is taken or discarded once, what is taken comes in order, and notes come in order."""
    buffer, number = Buffer(size, keep), 0
    taken: list[int] = []
    discarded: list[int] = []
    notes: list[int] = []
    for action, count in actions:
        match action:
            case "store":
                lost, due = buffer.store(range(number, number + count))
                number += count
                discarded += lost
                notes += due
            case "take":
                some, due = buffer.take(count)
                assert len(some) <= count
                taken += some
                notes += due
            case "note":
                number += 1
                if not buffer.note(number - 1):
                    notes.append(number - 1)
        assert size is None or buffer.count <= size
    while buffer:
        some, due = buffer.take(1000)
        taken += some
        notes += due
    assert taken == sorted(taken)
    assert notes == sorted(notes)
    assert sorted(taken + discarded + notes) == list(range(number))
