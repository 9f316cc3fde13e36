"""Layers grow and shrink while messages flow; each message is worked once, and none is given back because of it."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from actors.pipeline import Handler, Message, Pipeline, WrongOption, pipeline_spec
from actors.pipeline.acknowledger import Acked, Requeued
from actors.pipeline.handover import StillWorking
from actors.pipeline.testing import Caller, ManualProducer
from supervision.reasons import Crashed
from supervision.testing import PATIENCE_SECONDS, Running, running


class Gated(Handler):
    """Holds messages called `hold` until the gate opens; notes how many are in hand at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.inside = threading.Semaphore(0)
        self.stages: set[str] = set()

    def handle_message(self, message: Message, context: Any) -> Message:
        self.stages.add(threading.current_thread().name.partition("#")[0])
        if message.data == "hold":
            self.inside.release()
            assert self.gate.wait(PATIENCE_SECONDS)
        return message

    def handle_batch(self, batcher: str, messages: list[Message], info: Any, context: Any) -> Sequence[Message]:
        self.stages.add(threading.current_thread().name.partition("#")[0])
        return messages


def spec(handler: Handler, processors: int, **options: Any) -> Any:
    layer = {"concurrency": processors, "max_demand": 1, "min_demand": 0}
    return pipeline_spec("mails", handler=handler, producer={"actor": ManualProducer}, processors=layer, **options)


def push(run: Running, caller: Caller, *data: Any) -> None:
    Pipeline(run.system, "/mails").push_messages([caller.message(one) for one in data])


def acked(caller: Caller, count: int) -> list[Any]:
    done: list[Any] = []
    while len(done) < count:
        done += [message.data for message in caller.expect_ack().successful]
    return done


def given_back(caller: Caller) -> list[Any]:
    return [one for one in caller.inbox.seen if isinstance(one, Requeued)]


def test_more_processors_work_at_once_and_fewer_do_not() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, 1)) as run:
        Pipeline(run.system, "/mails").resize(3)
        assert len(Pipeline(run.system, "/mails").topology().processors) == 3
        push(run, caller, *["hold"] * 3)
        for _ in range(3):
            assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        handler.gate.set()
        acked(caller, 3)
        Pipeline(run.system, "/mails").resize(1)
        assert [row.id for row in run.system.tree.children("/mails/processors")] == ["processor-1"]
        handler.stages.clear()
        push(run, caller, *range(20))
        assert acked(caller, 20) == list(range(20))
        assert handler.stages == {"/mails/processors/processor-1"}
        assert given_back(caller) == []


def test_a_stage_that_is_at_work_is_waited_for_and_loses_nothing() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, 2)) as run:
        push(run, caller, "hold", "hold", *range(10))
        for _ in range(2):
            assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        with pytest.raises(StillWorking, match="processor-2"):
            Pipeline(run.system, "/mails").resize(1, timeout=0.1)
        handler.gate.set()
        Pipeline(run.system, "/mails").resize(1)
        assert sorted(map(str, acked(caller, 12))) == sorted(map(str, ["hold", "hold", *range(10)]))
        assert given_back(caller) == []


def test_messages_flow_while_both_layers_are_resized() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, 2, batchers={"default": {"batch_size": 2, "batch_timeout_seconds": 0.05}})) as run:
        sent = 0
        for processors, workers in ((4, 3), (1, 1), (3, 2)):
            push(run, caller, *range(sent, sent + 40))
            sent += 40
            Pipeline(run.system, "/mails").resize(processors)
            Pipeline(run.system, "/mails").resize(batch_processors={"default": workers})
        assert sorted(acked(caller, sent)) == list(range(sent))
        assert given_back(caller) == []
        assert len(run.system.tree.children("/mails/batchers/default/batch-processors")) == 2


def test_a_crash_of_the_layer_brings_back_the_new_number() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, 1)) as run:
        Pipeline(run.system, "/mails").resize(2)
        before = run.system.whereis("/mails/processors/processor-2")
        actor = run.system.registry.running("/mails/processors/processor-1")
        assert actor is not None
        assert before is not None
        actor.request_stop(Crashed.of(RuntimeError("on purpose")))
        pause = threading.Event()
        for _ in range(1000):
            status = run.system.whereis("/mails/processors/processor-2")
            if status is not None and status.incarnation > before.incarnation and status.state == "running":
                break
            pause.wait(0.01)
        push(run, caller, 1)
        assert acked(caller, 1) == [1]
        assert len(run.system.tree.children("/mails/processors")) == 2


def test_a_drain_after_a_resize_waits_for_the_stages_there_are() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, 3)) as run:
        Pipeline(run.system, "/mails").resize(1)
        Pipeline(run.system, "/mails").resize(2)
        push(run, caller, *range(6))
        Pipeline(run.system, "/mails").stop(timeout=5.0)
        assert sorted(acked(caller, 6)) == list(range(6))
        assert all(isinstance(one, Acked) for one in caller.inbox.seen)


def test_what_cannot_be_resized_says_so() -> None:
    with running(spec(Gated(), 2)) as run:
        for wrong in (0, 1001, True):
            with pytest.raises(WrongOption):
                Pipeline(run.system, "/mails").resize(wrong)
        with pytest.raises(WrongOption, match="no batcher"):
            Pipeline(run.system, "/mails").resize(batch_processors={"nobody": 1})
