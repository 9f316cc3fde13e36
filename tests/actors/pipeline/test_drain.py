"""The ordered end of a pipeline: nothing inside is lost, and it takes no longer than it may."""

import threading
import time
from typing import Any

import pytest

from actors.pipeline import Message, NotRunning, Pipeline, pipeline_spec
from actors.pipeline.acknowledger import Requeued
from actors.pipeline.testing import Caller, ManualProducer
from supervision import Supervisor
from supervision.testing import FakeClock, running
from tests.actors.pipeline.harness import BATCHER, PATH, Recorder, values, world


def stopping(pipe: Any) -> threading.Thread:
    thread = threading.Thread(target=pipe.pipeline.stop, daemon=True)
    thread.start()
    return thread


def test_bw_17_a_stopped_pipeline_is_down() -> None:
    with world(batch={"batch_size": 2}) as pipe:
        pipe.pipeline.stop()
        assert pipe.tree.system.registry.running(PATH) is None
        with pytest.raises(NotRunning):
            pipe.pipeline.topology()
        with pytest.raises(NotRunning):
            pipe.push([1])


def test_bw_114_incomplete_batches_are_flushed() -> None:
    with world(batch={"batch_size": 4, "batch_timeout_seconds": 1000}) as pipe:
        pipe.push([1, 2])
        pipe.pipeline.stop()
        batch = pipe.batch()
        assert (batch.data, batch.info.trigger) == ([1, 2], "flush")
        assert values(pipe.ack().successful) == [1, 2]


@pytest.mark.parametrize("limited", [False, True])
def test_bw_115_121_what_a_producer_emits_while_it_prepares_is_worked_and_nothing_later(limited: bool) -> None:
    caller, clock = Caller(), FakeClock()

    class Parting(ManualProducer):
        def prepare_for_draining(self) -> None:
            self.emit([caller.message("last words")])
            self.send_after(0.001, "later")

        def receive(self, message: Any) -> Any:
            if message == "later":
                return self.emit([caller.message("too late")])
            return super().receive(message)

    producer: dict[str, Any] = {"actor": Parting}
    if limited:
        producer["rate_limiting"] = {"allowed_messages": 2, "interval_seconds": 10}
    with world(producer=producer, batch={"batch_size": 1}, caller=caller, clock=clock) as pipe:
        pipe.emit([1, 2, 3])
        good, _ = pipe.acks(2 if limited else 3)
        stop = stopping(pipe)
        if limited:
            plan = pipe.pipeline.plan()
            assert plan.draining.wait(5)
            clock.wait_for_timers(2)
            clock.advance(10.0)
        good += pipe.acks(2 if limited else 1)[0]
        assert good == [1, 2, 3, "last words"]
        if not limited:
            clock.advance(0.001)
        stop.join(10)
        assert not stop.is_alive()
        left = [values(one.messages) for one in _rest(pipe) if isinstance(one, Requeued)]
        assert left in ([], [["too late"]])


def _rest(pipe: Any) -> list[Any]:
    rest = []
    while not pipe.caller.inbox.nothing_more():
        rest.append(pipe.caller.inbox.expect(object))
    return rest


def test_bw_116_a_handler_that_never_returns_is_cut_off_at_the_deadline_of_all() -> None:
    gate, stuck = threading.Event(), threading.Barrier(5)

    def hang(message: Message) -> Message:
        stuck.wait(5)
        assert gate.wait(30)
        return message

    options: dict[str, Any] = {"processors": {"concurrency": 4, "max_demand": 1}, "shutdown_seconds": 0.1}
    with world(Recorder(hang), **options) as pipe:
        pipe.push([1, 2, 3, 4])
        stuck.wait(5)
        began = time.monotonic()
        pipe.pipeline.stop()
        assert time.monotonic() - began < 5.0
        back = [data for one in _rest(pipe) for data in values(one.messages)]
        assert sorted(back) == [1, 2, 3, 4]
        gate.set()
        pipe.until(lambda: not pipe.tree.system.tree.zombies())
        assert _rest(pipe) == []


def test_the_caller_of_stop_may_give_less_time() -> None:
    gate, stuck = threading.Event(), threading.Event()

    def hang(message: Message) -> Message:
        stuck.set()
        assert gate.wait(30)
        return message

    with world(Recorder(hang), shutdown_seconds=1000) as pipe:
        pipe.push([1])
        assert stuck.wait(5)
        pipe.pipeline.stop(timeout=0.05)
        gate.set()
        pipe.until(lambda: not pipe.tree.system.tree.zombies())


@pytest.mark.parametrize("partitioned", [False, True])
def test_everything_inside_is_worked_before_the_end(partitioned: bool) -> None:
    options: dict[str, Any] = {"processors": {"concurrency": 3}, "batch": {"batch_size": 7, "concurrency": 2}}
    if partitioned:
        options["partition_by"] = lambda message: message.data
    with world(shutdown_seconds=30, **options) as pipe:
        pipe.push(list(range(500)))
        pipe.pipeline.stop()
        good, bad = pipe.acks(500)
        assert (sorted(good), bad) == (list(range(500)), [])
        assert _rest(pipe) == []


def test_bw_117_many_pipelines_that_stop_at_once_all_drain() -> None:
    """Twenty trees under one supervisor, each with a partial batch; the stop of that one drains them all."""
    caller, handler, count = Caller(), Recorder(), 20
    batchers = {"default": {"batch_size": 4, "batch_timeout_seconds": 1000}}
    options: dict[str, Any] = {"handler": handler, "producer": {"actor": ManualProducer}, "batchers": batchers}
    specs = [pipeline_spec(f"pipe-{n}", processors={"concurrency": 1}, **options) for n in range(count)]
    with running(Supervisor.spec("all", specs)) as tree:
        for n in range(count):
            Pipeline(tree.system, f"/all/pipe-{n}").push_messages([caller.message((n, k)) for k in range(3)])
    ends = [caller.expect_ack() for _ in range(count)]
    assert sorted(message.data for acked in ends for message in acked.successful) == [
        (n, k) for n in range(count) for k in range(3)
    ]


def test_a_pipeline_drains_though_a_stage_dies_on_the_way() -> None:
    def die(message: Message) -> Message:
        if message.data == "kill" and pipe.pipeline.plan().draining.wait(5):
            raise SystemExit(1)
        return message

    with world(Recorder(die), processors={"concurrency": 1}, batch={"batch_size": 10}) as pipe:
        pipe.push([1, 2, 3, 4, 5, "kill"])
        pipe.until(lambda: pipe.pipeline.tallies().of(BATCHER).chunks == 1)
        pipe.pipeline.stop()
        rest = _rest(pipe)
        ends = [value for one in rest for value in values(getattr(one, "messages", None) or one.successful)]
        assert sorted(map(str, ends)) == ["1", "2", "3", "4", "5", "kill"]
