"""Batches of a running pipeline: who is in them, when they leave, and in which order they are worked."""

import random
import threading
from functools import partial
from typing import Any

import pytest

from actors.pipeline import EMIT, Message
from supervision.testing import FakeClock
from tests.actors.pipeline.harness import Handled, HandledBatch, Recorder, values, world


def parity(message: Message) -> Message:
    return message.put_batcher("odd" if message.data % 2 else "even")


def parity_key(message: Message) -> Message:
    return message.put_batch_key("odd" if message.data % 2 else "even")


def collect(handler: Recorder, messages: int) -> list[HandledBatch]:
    """The batches that hold the next so many messages."""
    batches: list[HandledBatch] = []
    while sum(batch.info.size for batch in batches) < messages:
        batches.append(handler.seen.expect(HandledBatch))
    return batches


def shapes(batches: list[HandledBatch], batcher: str) -> list[tuple[int, str]]:
    return [(batch.info.size, batch.info.trigger) for batch in batches if batch.info.batcher == batcher]


def test_bw_52_53_each_batcher_has_its_own_size_and_timeout() -> None:
    batchers = {
        "odd": {"batch_size": 10, "batch_timeout_seconds": 0.05},
        "even": {"batch_size": 5, "batch_timeout_seconds": 0.05},
    }
    with world(Recorder(parity), batchers=batchers) as pipe:
        pipe.push(list(range(1, 41)))
        batches = collect(pipe.handler, 40)
        assert shapes(batches, "odd") == [(10, "size")] * 2
        assert shapes(batches, "even") == [(5, "size")] * 4
        pipe.push([1, 3, 5])
        assert shapes(collect(pipe.handler, 3), "odd") == [(3, "timeout")]
        assert sorted(pipe.acks(43)[0]) == sorted([*range(1, 41), 1, 3, 5])


def test_bw_54_the_timer_runs_from_the_first_message() -> None:
    clock = FakeClock()
    with world(batch={"batch_size": 10, "batch_timeout_seconds": 0.05}, clock=clock) as pipe:
        tally = pipe.pipeline.tallies().of("/pipe/batchers/default/batcher")
        for chunk, pause in enumerate((0.0, 0.02, 0.02), 1):
            clock.advance(pause)
            pipe.push([1])
            pipe.until(partial(lambda number: tally.chunks == number, chunk))
        clock.advance(0.009)
        assert not any(isinstance(seen, HandledBatch) for seen in pipe.handler.seen.seen)
        clock.advance(0.001)
        batch = pipe.batch()
        assert (batch.info.size, batch.info.trigger) == (3, "timeout")
        assert batch.info.waited_seconds == pytest.approx(0.05)
        pipe.ack()


def test_bw_55_each_key_has_its_own_batch() -> None:
    with world(Recorder(parity_key), batch={"batch_size": 2}) as pipe:
        pipe.push(list(range(1, 11)))
        batches = collect(pipe.handler, 8)
        assert [(batch.data, batch.info.key, batch.info.trigger) for batch in batches[:2]] == [
            ([1, 3], "odd", "size"),
            ([2, 4], "even", "size"),
        ]


def test_bw_56_a_flush_ends_the_batch_of_its_key() -> None:
    with world(Recorder(parity_key), batch={"batch_size": 2}) as pipe:
        pipe.push([1, 2], batch_mode="flush")
        assert [values(pipe.ack().successful) for _ in range(2)] == [[1], [2]]


def test_bw_57_a_splitter_decides_by_what_is_in_the_messages() -> None:
    def split(message: Message, left: int) -> Any:
        return EMIT if left <= message.data else left - message.data

    with world(batch={"batch_size": (16, split), "max_demand": 10}) as pipe:
        pipe.push([40, 1, 13, 3])
        assert [(batch.data, batch.info.trigger) for batch in collect(pipe.handler, 4)] == [
            ([40], "size"),
            ([1, 13, 3], "size"),
        ]
        pipe.acks(4)


def test_bw_58_each_batcher_has_its_own_splitter() -> None:
    def split(weight: int) -> Any:
        return lambda message, left: EMIT if left <= weight * message.data else left - weight * message.data

    more = {"max_demand": 10, "batch_timeout_seconds": 0.05}
    batchers = {"odd": {"batch_size": (16, split(1)), **more}, "even": {"batch_size": (24, split(2)), **more}}
    with world(Recorder(parity), batchers=batchers) as pipe:
        pipe.push(list(range(1, 11)))
        batches = collect(pipe.handler, 10)
        odd = [(batch.data, batch.info.trigger) for batch in batches if batch.info.batcher == "odd"]
        even = [(batch.data, batch.info.trigger) for batch in batches if batch.info.batcher == "even"]
        assert odd == [([1, 3, 5, 7], "size"), ([9], "timeout")]
        assert even == [([2, 4, 6], "size"), ([8, 10], "size")]
        pipe.acks(10)


def test_bw_61_flushed_messages_of_small_chunks_go_alone() -> None:
    with world(batch={"batch_size": 2}) as pipe:
        pipe.push([1, 2, 3, 4, 5], batch_mode="flush")
        assert [batch.info.size for batch in collect(pipe.handler, 5)] == [1] * 5
        pipe.acks(5)


def test_bw_62_bulk_messages_wait_for_a_full_batch_or_the_timeout() -> None:
    with world(batch={"batch_size": 2, "batch_timeout_seconds": 0.05}) as pipe:
        pipe.push([1, 2, 3, 4, 5])
        assert [(batch.data, batch.info.trigger) for batch in collect(pipe.handler, 5)] == [
            ([1, 2], "size"),
            ([3, 4], "size"),
            ([5], "timeout"),
        ]
        pipe.acks(5)


def test_bw_63_a_flush_in_a_chunk_ends_the_run_of_its_key() -> None:
    clock = FakeClock()
    with world(Recorder(lambda m: m.put_batch_key(m.data[0])), batch={"batch_size": 10}, clock=clock) as pipe:
        messages = pipe.messages(["a1", "a2", "b1", "a3"])
        messages[1] = messages[1].put_batch_mode("flush")
        pipe.pipeline.push_messages(messages)
        batch = pipe.batch()
        assert (batch.data, batch.info.trigger) == (["a1", "a2"], "flush")
        clock.wait_for_timers(2)
        clock.advance(1.0)
        rest = collect(pipe.handler, 2)
        assert sorted((batch.data, batch.info.trigger) for batch in rest) == [(["a3"], "timeout"), (["b1"], "timeout")]
        pipe.acks(4)


def test_bw_64_one_call_per_session_with_its_successes_and_failures() -> None:
    def fail(messages: list[Message]) -> list[Message]:
        return [message.failed("odd one") if message.data in (2, 5) else message for message in messages]

    with world(Recorder(on_batch=fail), batch={"batch_size": 6}) as pipe:
        pipe.pipeline.push_messages([pipe.caller.message(n, ref=n % 2) for n in range(1, 7)])
        acks = sorted((pipe.ack() for _ in range(2)), key=lambda acked: str(acked.ref))
        assert [(values(acked.successful), values(acked.failed)) for acked in acks] == [([4, 6], [2]), ([1, 3], [5])]
        assert pipe.caller.inbox.nothing_more()


def test_bw_67_68_messages_of_a_partition_stay_in_order_in_both_layers() -> None:
    rng = random.Random(7)

    def dawdle(message: Message) -> Message:
        threading.Event().wait(rng.random() * 0.005)
        return message

    options: dict[str, Any] = {
        "partition_by": lambda message: message.data,
        "processors": {"concurrency": 2},
        "batch": {"batch_size": 2, "concurrency": 2, "batch_timeout_seconds": 0.05},
    }
    with world(Recorder(dawdle), **options) as pipe:
        pipe.push(list(range(1, 21)))
        pipe.acks(20)
        seen = pipe.handler.seen
        handled, batches = [], []
        while not seen.nothing_more():
            one = seen.expect(object)
            (handled if isinstance(one, Handled) else batches).append(one)
    for parity in (0, 1):
        mine = [one for one in handled if one.data % 2 == parity]
        assert [one.data for one in mine] == [n for n in range(1, 21) if n % 2 == parity]
        assert len({one.thread for one in mine}) == 1
        worked = [batch for batch in batches if batch.info.partition == parity]
        assert [data for batch in worked for data in batch.data] == [n for n in range(1, 21) if n % 2 == parity]
        assert len({batch.thread for batch in worked}) == 1


def test_bw_69_a_batch_is_of_one_key_and_one_partition() -> None:
    def key(message: Message) -> Message:
        return message.put_batch_key("over_twenty") if message.data >= 20 else message

    options: dict[str, Any] = {
        "partition_by": lambda message: message.data,
        "processors": {"concurrency": 2},
        "batch": {"batch_size": 4, "concurrency": 2, "batch_timeout_seconds": 0.08},
    }
    with world(Recorder(key), **options) as pipe:
        pipe.push(list(range(16, 24)))
        assert sorted(batch.data for batch in collect(pipe.handler, 8)) == [[16, 18], [17, 19], [20, 22], [21, 23]]
        pipe.acks(8)


@pytest.mark.parametrize("partitioned", [False, True])
def test_bw_71_batches_of_one_key_overlap_unless_partitioned(partitioned: bool) -> None:
    meeting = threading.Barrier(2)
    met: list[bool] = []

    def meet(messages: list[Message]) -> list[Message]:
        try:
            meeting.wait(0.2 if partitioned else 5.0)
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)
            meeting.reset()
        return messages

    more = {"partition_by": lambda message: 0} if partitioned else {}
    with world(Recorder(on_batch=meet), batch={"batch_size": 1, "concurrency": 2, **more}) as pipe:
        pipe.push([1, 2])
        pipe.acks(2)
    assert met == [not partitioned] * 2


@pytest.mark.parametrize("where", ["processors", "batch"])
def test_a_partition_that_cannot_be_told_fails_its_message(where: str) -> None:
    def odd(message: Message) -> int:
        return 1 // int(message.data % 2)

    options: dict[str, Any] = {"processors": {"concurrency": 2}, "batch": {"batch_size": 1, "concurrency": 2}}
    options[where] = {**options[where], "partition_by": odd}
    with world(**options) as pipe:
        pipe.push([1, 2, 3])
        good, bad = pipe.acks(3)
        assert (sorted(good), bad) == ([1, 3], [2])
