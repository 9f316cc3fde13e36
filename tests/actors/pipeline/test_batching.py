"""Batches as values: who goes with whom, and when."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline import EMIT, EMIT_BEFORE, Message
from actors.pipeline.acknowledger import NO_ACK
from actors.pipeline.batching import Batches, Counting


def message(data: Any, key: Any = "k", mode: Any = "bulk") -> Message:
    return Message(data, (NO_ACK, None, None), batch_key=key, batch_mode=mode)


def batches(size: int = 10, **more: Any) -> Batches:
    return Batches("default", 0, Counting(size), more.pop("max_open", 100), **more)


def taken(known: Batches) -> list[tuple[list[Any], str]]:
    return [([message.data for message in batch.messages], batch.info.trigger) for batch in known.take()]


def cap(limit: int) -> Any:
    """A hard ceiling on the sum."""

    def split(message: Message, total: int) -> Any:
        total += message.data
        return EMIT_BEFORE if total > limit else EMIT if total == limit else total

    return split


def test_bw_57_a_splitter_sees_each_message_and_begins_anew() -> None:
    def split(message: Message, left: int) -> Any:
        return EMIT if left - message.data <= 0 else left - message.data

    known = Batches("default", 16, split, 100)
    known.put([message(n) for n in (40, 1, 13, 3)], 0.0)
    assert taken(known) == [([40], "size"), ([1, 13, 3], "size")]


def test_bw_63_a_flush_ends_the_run_of_its_key_and_nothing_else() -> None:
    known = batches()
    known.put([message("a1", "a"), message("a2", "a", "flush"), message("b", "b"), message("a3", "a")], 0.0)
    assert taken(known) == [(["a1", "a2"], "flush")]
    known.flush(0.0)
    assert taken(known) == [(["b"], "flush"), (["a3"], "flush")]


def test_a_run_that_fills_its_batch_is_full_and_not_flushed() -> None:
    known = batches(2)
    known.put([message(1), message(2, mode="flush"), message(3)], 0.0)
    assert taken(known) == [([1, 2], "size")]
    assert len(known) == 1


def test_bw_54_the_age_counts_from_the_first_message_and_a_late_timer_finds_nothing() -> None:
    known = batches(2)
    known.put([message(1)], 10.0)
    ((slot, reference),) = known.started
    known.put([message(2)], 10.5)
    known.put([message(3)], 11.0)
    assert taken(known) == [([1, 2], "size")]
    known.timeout(slot, reference, 11.0)
    assert taken(known) == []
    known.timeout(*known.started[-1], 12.0)
    (batch,) = known.take()
    assert (batch.info.trigger, batch.info.waited_seconds, batch.info.size) == ("timeout", 1.0, 1)


def test_a_cap_is_never_exceeded_but_by_one_message_alone() -> None:
    known = Batches("default", 0, cap(10), 100)
    known.put([message(n) for n in (6, 5, 5, 99, 1)], 0.0)
    known.flush(0.0)
    assert [data for data, _ in taken(known)] == [[6], [5, 5], [99], [1]]


@given(st.lists(st.integers(1, 12)))
def test_nothing_is_lost_doubled_or_out_of_order(numbers: list[int]) -> None:
    known = Batches("default", 0, cap(10), 100)
    known.put([message(n) for n in numbers], 0.0)
    known.flush(0.0)
    parts = [data for data, _ in taken(known)]
    assert [n for part in parts for n in part] == numbers
    assert all(sum(part) <= 10 or len(part) == 1 for part in parts)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2))), st.integers(1, 4))
def test_each_key_and_partition_has_its_own_batch_and_few_are_open(items: list[tuple[int, int]], room: int) -> None:
    known = batches(3, max_open=room, partition_of=lambda message: message.data % 2)
    messages = [message(number, key) for number, (_, key) in enumerate(items)]
    for one in messages:
        known.put([one], 0.0)
        assert len(known) <= room
    known.flush(0.0)
    out = known.take()
    assert all(len({(m.batch_key, m.data % 2) for m in batch.messages}) == 1 for batch in out)
    assert all(batch.info.partition == batch.messages[0].data % 2 for batch in out)
    assert sorted(m.data for batch in out for m in batch.messages) == list(range(len(items)))


def test_one_batch_too_many_ends_the_oldest() -> None:
    known = batches(max_open=1)
    known.put([message(1, "a"), message(2, "b")], 0.0)
    assert taken(known) == [([1], "room")]


@pytest.mark.parametrize("which", ["splitter", "partition"])
def test_code_that_raises_fails_its_message_alone(which: str) -> None:
    def odd(message: Message, count: int = 0) -> int:
        return 1 // int(message.data % 2)

    more: dict[str, Any] = {"partition_of": odd} if which == "partition" else {}
    known = Batches("default", 0, odd if which == "splitter" else Counting(10), 100, **more)
    known.put([message(1), message(2), message(3)], 0.0)
    known.flush(0.0)
    assert taken(known) == [([1, 3], "flush")]
    assert [(failed.data, str(failed.status)[:23]) for failed in known.failed] == [(2, "error ZeroDivisionError")]
