"""The tree of a pipeline: what is there, what falls with whom, and that nothing in hand is lost."""

import threading
from typing import Any

import pytest

from actors.pipeline import Message, Pipeline, Plan, pipeline_spec
from actors.pipeline.acknowledger import Acked, Requeued
from actors.pipeline.plan import topology_of
from actors.pipeline.testing import ManualProducer
from supervision import KILLED, Crashed, RestartChild, System, TerminateChild
from supervision.events import ChildExited
from supervision.reasons import Hung
from supervision.testing import running
from tests.actors.pipeline.harness import (
    BATCH_PROCESSOR,
    BATCHER,
    ONE,
    PATH,
    PROCESSOR,
    PRODUCER,
    Recorder,
    World,
    values,
    world,
)

CRASH = Crashed(RuntimeError("the test said so"))
FAST: dict[str, Any] = {"resubscribe_interval_seconds": 0.0}


def plan_of(**options: Any) -> Plan:
    with running(pipeline_spec("pipe", handler=Recorder(), producer={"actor": ManualProducer}, **options)) as tree:
        return Pipeline(tree.system, PATH).plan()


def settled(pipe: World, count: int) -> tuple[list[Any], list[Any]]:
    """(acknowledged as successful, requeued) of the next messages to end."""
    acked: list[Any] = []
    back: list[Any] = []
    while len(acked) + len(back) < count:
        match pipe.caller.inbox.expect(object):
            case Acked(successful=good, failed=bad):
                assert bad == []
                acked += values(good)
            case Requeued(messages=messages):
                back += values(messages)
    return acked, back


def test_a_handler_hears_of_every_start_of_its_pipeline_before_any_stage_runs() -> None:
    class Beginner(Recorder):
        def begin(self, system: System) -> None:
            begun.append(system.registry.running(f"{PATH}/processors/processor-1"))

    begun: list[Any] = []
    with running(pipeline_spec("pipe", handler=Beginner(), producer={"actor": ManualProducer})) as tree:
        tree.system.address("/").call(TerminateChild("pipe"))
        tree.system.address("/").call(RestartChild("pipe"))
    assert begun == [None, None]


def test_bw_8_one_batch_processor_per_batcher_unless_told() -> None:
    plan = plan_of(batchers={"p1": {}, "p2": {}})
    assert [layer.concurrency for layer in plan.topology.batchers] == [1, 1]
    plan = plan_of(batchers={"p1": {"concurrency": 2}, "p2": {"concurrency": 3}})
    assert [len(layer.batch_processors) for layer in plan.topology.batchers] == [2, 3]


def test_bw_15_16_the_topology_names_every_stage() -> None:
    batchers = {"b1": {"concurrency": 12}, "b2": {"concurrency": 13}}
    with world(processors={"concurrency": 20}, batchers=batchers) as pipe:
        topology = pipe.pipeline.topology()
        assert topology == topology_of(PATH, pipe.pipeline.options())
        assert topology.producers == pipe.pipeline.producer_names() == (PRODUCER,)
        assert topology.processors == tuple(f"{PATH}/processors/processor-{n}" for n in range(1, 21))
        assert [(layer.name, layer.concurrency) for layer in topology.batchers] == [("b1", 12), ("b2", 13)]
        assert topology.batchers[1].batcher == f"{PATH}/batchers/b2/batcher"
        assert topology.batchers[1].batch_processors[-1] == f"{PATH}/batchers/b2/batch-processors/batch-processor-13"
        rows = {row.path for row in pipe.tree.system.tree.rows() if row.state == "running"}
        assert set(topology.stages) < rows
        assert f"{PATH}/terminator" in rows


def test_bw_14_demands_are_as_the_options_say() -> None:
    with world(processors={"concurrency": 1, "min_demand": 3, "max_demand": 6}, batch={"batch_size": 123}) as pipe:
        processor: Any = pipe.tree.system.registry.running(PROCESSOR)
        batcher: Any = pipe.tree.system.registry.running(BATCHER)
        (terms,) = [link.terms for link in processor.inlet.links.values()]
        assert (terms.min_demand, terms.max_demand, terms.cancel) == (3, 6, "temporary")
        assert [link.demand.max for link in batcher.inlet.links.values()] == [123]


def test_bw_105_only_the_producer_that_ended_is_restarted() -> None:
    with world(batch={}, **FAST) as pipe:
        before = pipe.incarnations()
        pipe.kill(PRODUCER, CRASH)
        pipe.again(PRODUCER, before[PRODUCER])
        after = pipe.incarnations()
        assert {path for path in after if after[path] != before[path]} == {PRODUCER}


def test_bw_106_processors_subscribe_again() -> None:
    with world(batch={"batch_size": 1}, **FAST) as pipe:
        pipe.push([1])
        assert pipe.acks(1) == ([1], [])
        before = pipe.incarnation(PRODUCER)
        pipe.kill(PRODUCER, CRASH)
        pipe.again(PRODUCER, before)
        pipe.push([2])
        assert pipe.acks(1) == ([2], [])


def deadly(*wrong: Any) -> Any:
    """A handler that takes its thread with it, as a fault of the interpreter would."""

    def handle(message: Message) -> Message:
        if message.data in wrong:
            raise SystemExit(1)
        return message

    return handle


def test_bw_107_a_processor_takes_down_what_is_downstream_only() -> None:
    with world(Recorder(deadly("kill")), batch={"batch_size": 1}, **FAST) as pipe:
        before = pipe.incarnations()
        pipe.push(["kill"])
        for path in (PROCESSOR, BATCHER, BATCH_PROCESSOR):
            pipe.again(path, before[path])
        assert pipe.incarnation(PRODUCER) == before[PRODUCER]
        pipe.push([1])
        assert settled(pipe, 2) == ([1], ["kill"])


def test_bw_108_109_what_a_crashed_processor_held_is_requeued() -> None:
    def kill(message: Message) -> Message:
        if message.data == "kill":  # once its neighbour is there
            processor: Any = pipe.tree.system.registry.running(PROCESSOR)
            pipe.until(lambda: processor.depth()[1] > 0 or bool(processor.inlet.queue))
        return deadly("kill")(message)  # type: ignore[no-any-return]

    with world(Recorder(kill), processors=ONE, batch={"batch_size": 1}, **FAST) as pipe:
        before = pipe.incarnation(PROCESSOR)
        pipe.push([1, 2, "kill", 3, 4, 5])
        acked, back = settled(pipe, 6)
        assert (sorted(acked), back) == ([1, 2, 4, 5], ["kill", 3])
        pipe.again(PROCESSOR, before)
        assert pipe.pipeline.tallies().total("requeued") == 2


def test_bw_110_what_a_crashed_batcher_held_is_requeued() -> None:
    def kill(messages: list[Message]) -> list[Message]:
        if messages[0].data == "kill":
            batcher: Any = pipe.tree.system.registry.running(BATCHER)
            pipe.until(lambda: len(batcher.inlet.queue) == 2)
            pipe.kill(BATCHER, KILLED)
            pipe.until(batcher.actor_stopped.is_set)
        return messages

    with world(Recorder(on_batch=kill), processors=ONE, batch={"batch_size": 2}, **FAST) as pipe:
        before = pipe.incarnation(BATCHER)
        pipe.push([1, 2, "kill", 3, 4, 5, 6, 7])
        acked, back = settled(pipe, 8)
        assert (acked, back) == ([1, 2, "kill", 3, 6, 7], [4, 5])
        pipe.again(BATCHER, before)
        pipe.push([8, 9])
        assert settled(pipe, 2) == ([8, 9], [])
        assert pipe.caller.inbox.nothing_more()


@pytest.mark.parametrize("path", [BATCHER, BATCH_PROCESSOR])
def test_bw_111_a_batcher_takes_down_its_own_branch_only(path: str) -> None:
    with world(batchers={"default": {"batch_size": 1}, "other": {}}, **FAST) as pipe:
        before = pipe.incarnations()
        pipe.kill(path, CRASH)
        mine = {BATCH_PROCESSOR} if path == BATCH_PROCESSOR else {BATCHER, BATCH_PROCESSOR}
        for one in mine:
            pipe.again(one, before[one])
        after = pipe.incarnations()
        assert {one for one in after if after[one] != before[one]} == mine
        pipe.push([1])
        assert pipe.acks(1) == ([1], [])


def test_bw_112_113_the_end_of_the_supervisor_is_the_end_of_the_pipeline() -> None:
    with world(batch={"batch_size": 2}) as pipe:
        before = pipe.incarnations()
        supervisor = pipe.incarnation(PATH)
        pipe.kill(PATH, KILLED)
        exited = pipe.tree.events.expect(ChildExited, lambda event: event.path == PATH)
        assert exited.reason == KILLED
        pipe.again(PATH, supervisor)
        after = pipe.incarnations()
        assert all(after[path] != before[path] for path in after)


def test_too_many_crashes_end_the_pipeline_and_nothing_is_lost() -> None:
    with world(Recorder(deadly("kill")), max_restarts=1, processors=ONE, **FAST) as pipe:
        supervisor = pipe.incarnation(PATH)
        for _ in range(2):
            before = pipe.incarnation(PROCESSOR)
            pipe.push(["kill"])
            pipe.again(PROCESSOR, before)
        pipe.again(PATH, supervisor)
        assert settled(pipe, 2) == ([], ["kill", "kill"])


def test_what_a_hung_handler_holds_is_given_back_by_its_successor() -> None:
    stuck, gate = threading.Event(), threading.Event()

    def hang(message: Message) -> Message:
        if message.data == "hang":
            stuck.set()
            assert gate.wait(30)
        return message

    with world(Recorder(hang), processors=ONE, handler_timeout_seconds=0.1, **FAST) as pipe:
        pipe.push(["hang", 1, 2])
        assert stuck.wait(5)
        exited = pipe.tree.events.expect(ChildExited, lambda event: event.path == PROCESSOR)
        assert isinstance(exited.reason, Hung)
        acked, back = settled(pipe, 3)
        assert back[0] == "hang"
        assert sorted(acked + back[1:]) == [1, 2]
        gate.set()  # the old thread goes on, and settles nothing any more
        pipe.until(lambda: not pipe.tree.system.tree.zombies())
        assert pipe.caller.inbox.nothing_more()
