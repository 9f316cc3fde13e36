"""What tests of pipelines get, and how pipelines are found."""

from typing import Any

from actors.pipeline import Message, Pipeline, all_running, pipeline_spec
from actors.pipeline.acknowledger import CallerAcknowledger
from actors.pipeline.testing import Caller
from supervision import Registry, StartChild, Via
from supervision.testing import Inbox
from tests.actors.pipeline.harness import PATH, Recorder, values, world


def test_bw_19_a_test_message_is_acknowledged_to_its_caller() -> None:
    with world(batch={"batch_size": 10}) as pipe:
        ref = pipe.caller.test_message(pipe.pipeline, "hello")
        (message,) = pipe.ack(ref).successful
        assert (message.data, message.metadata, message.batch_mode) == ("hello", {}, "flush")
        ref = pipe.caller.test_message(pipe.pipeline, "hello", metadata={"a": 1})
        assert pipe.ack(ref).successful[0].metadata == {"a": 1}


def test_bw_19_a_test_batch_may_have_an_acknowledger_of_its_own() -> None:
    mine = Inbox()
    own = Caller(mine)

    def receipt(data: Any, caller: Any) -> Any:
        assert isinstance(caller[0], CallerAcknowledger)
        return own.acknowledger, (caller[1], data), None

    with world(batch={"batch_size": 2}) as pipe:
        ref = pipe.test([1, 1], acknowledger=receipt)
        assert values(own.expect_ack((ref, 1)).successful) == [1, 1]
        assert pipe.caller.inbox.nothing_more()


def test_bw_20_a_pipeline_with_a_silent_producer_serves_test_messages() -> None:
    with world() as pipe:
        assert values(pipe.ack(pipe.test(["through"])).successful) == ["through"]
        assert pipe.pipeline.options().handler is pipe.handler


def test_bw_21_a_pipeline_can_have_a_name_in_a_registry() -> None:
    names = Registry("pipelines")
    with world() as pipe:
        extra: dict[str, Any] = {"handler": Recorder(), "producer": {"actor": type(_producer(pipe))}}
        spec = pipeline_spec("second", child={"name": Via(names, "mails")}, **extra)
        pipe.tree.system.address("/").call(_start(spec))
        actor = names.whereis("mails")
        assert actor is not None
        named = Pipeline(pipe.tree.system, actor.context.path)
        assert all(path.startswith("/second/") for path in named.topology().stages)
        assert values(pipe.ack(pipe.caller.test_message(named, 1)).successful) == [1]


def test_all_pipelines_of_a_process_are_found() -> None:
    with world() as pipe:
        assert all_running(pipe.tree.system) == [PATH]
        pipe.pipeline.stop()
        assert all_running(pipe.tree.system) == []


def _producer(pipe: Any) -> Any:
    return pipe.tree.system.registry.running(pipe.pipeline.producer_names()[0])


def _start(spec: Any) -> Any:
    return StartChild(spec)


def test_a_message_of_the_caller_is_a_plain_one() -> None:
    caller = Caller()
    message = caller.message(1, ref="r", batch_key=2)
    assert isinstance(message, Message)
    assert (message.acknowledger, message.batch_key) == ((caller.acknowledger, "r", None), 2)
