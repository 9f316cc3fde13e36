"""What is told about a pipeline on the one hook."""

from typing import Any, TypeVar

import pytest

from actors.pipeline import Crash, Message
from actors.pipeline.events import (
    BatchEmitted,
    BatcherStart,
    BatcherStop,
    BatchStart,
    BatchStop,
    GivenBack,
    HandleFailedException,
    HandleFailedStart,
    HandleFailedStop,
    MessageException,
    MessageStart,
    MessageStop,
    PipelineStarted,
    ProcessorStart,
    ProcessorStop,
    Produced,
    RateLimited,
    Settled,
)
from supervision import Crashed
from supervision.testing import FakeClock
from tests.actors.pipeline.harness import (
    BATCH_PROCESSOR,
    BATCHER,
    PATH,
    PROCESSOR,
    PRODUCER,
    Mourning,
    Recorder,
    World,
    values,
    world,
)

T = TypeVar("T")


def failing(message: Message) -> Message:
    return message.failed("no") if message.data == "fail" else message


def told(pipe: World, kind: type[T]) -> T:
    return pipe.tree.events.expect(kind)


def test_bw_124_125_every_layer_tells_of_its_chunks_and_batches() -> None:
    clock = FakeClock()
    with world(Recorder(failing), batch={"batch_size": 4}, clock=clock, context="context") as pipe:
        started = told(pipe, PipelineStarted)
        assert (started.pipeline, started.at, started.options) == (PATH, clock.time(), pipe.pipeline.options())
        pipe.push([1, "fail", 2], metadata={"timestamp": clock.time() - 7})
        start, stop = told(pipe, ProcessorStart), told(pipe, ProcessorStop)
        assert (start.path, start.pipeline, start.index, start.context) == (PROCESSOR, PATH, 0, "context")
        assert (start.span, values(start.messages)) == (stop.span, [1, "fail", 2])
        assert (values(stop.to_ack), values(stop.to_forward), values(stop.failed)) == ([], [1, 2], ["fail"])
        assert stop.oldest_seconds == 7
        began, ended = told(pipe, BatcherStart), told(pipe, BatcherStop)
        assert (began.path, began.batcher, values(began.messages)) == (BATCHER, "default", [1, 2])
        assert (ended.span, ended.open) == (began.span, 1)
        clock.advance(1.0)
        emitted = told(pipe, BatchEmitted)
        assert (emitted.info.trigger, emitted.info.size, emitted.fill) == ("timeout", 2, 0.5)
        first, last = told(pipe, BatchStart), told(pipe, BatchStop)
        assert (first.path, first.info, values(first.messages)) == (BATCH_PROCESSOR, emitted.info, [1, 2])
        assert (last.span, values(last.successful), values(last.failed)) == (first.span, [1, 2], [])
        assert last.oldest_seconds == 8


def test_producers_tell_what_waits_and_why() -> None:
    limit = {"allowed_messages": 1, "interval_seconds": 10}
    with world(producer={"rate_limiting": limit}, clock=FakeClock()) as pipe:
        pipe.emit([1, 2, 3])
        limited = told(pipe, RateLimited)
        assert (limited.path, limited.held, limited.retry_seconds) == (PRODUCER, 2, 10)
        produced = told(pipe, Produced)
        assert (produced.count, produced.buffered, produced.limited) == (3, 0, 2)
        pipe.acks(1)


def test_the_end_of_messages_is_told() -> None:
    with world(Recorder(failing)) as pipe:
        pipe.push([1, "fail"])
        settled = told(pipe, Settled)
        assert (settled.path, settled.successful, settled.failed, settled.errors) == (PROCESSOR, 1, 1, 0)
        pipe.emit([2])
        pipe.kill(PRODUCER, _crash())
        pipe.acks(2)


def test_what_is_given_back_is_told() -> None:
    with world(Recorder(_die), resubscribe_interval_seconds=0.0) as pipe:
        pipe.push([1])
        back = told(pipe, GivenBack)
        assert (back.path, back.count, back.errors) == (PROCESSOR, 1, 0)
        assert "SystemExit" in back.reason


@pytest.mark.parametrize("layer", ["processor", "batch"])
def test_bw_126_handle_failed_is_told_with_its_pipeline(layer: str) -> None:
    handler = Mourning(
        lambda messages: messages,
        on_message=failing if layer == "processor" else lambda message: message,
        on_batch=lambda messages: [failing(message) for message in messages],
    )
    with world(handler, batch={"batch_size": 1}, context="context") as pipe:
        pipe.push(["fail"])
        start, stop = told(pipe, HandleFailedStart), told(pipe, HandleFailedStop)
        path = PROCESSOR if layer == "processor" else BATCH_PROCESSOR
        assert (start.path, start.pipeline, start.handler, start.context) == (path, PATH, handler, "context")
        assert (stop.span, values(stop.messages)) == (start.span, ["fail"])
        pipe.acks(1)


def test_bw_126_a_crash_in_handle_failed_is_told_with_its_stack() -> None:
    def mourn(messages: list[Message]) -> Any:
        raise ValueError("cannot mourn")

    with world(Mourning(mourn, on_message=failing)) as pipe:
        pipe.push(["fail"])
        crash = told(pipe, HandleFailedException).crash
        assert (crash.kind, str(crash.error)) == ("error", "cannot mourn")
        assert "in mourn" in crash.stack
        pipe.acks(1)


@pytest.mark.parametrize("wanted", [False, True])
def test_single_messages_are_told_only_if_wanted(wanted: bool) -> None:
    def handle(message: Message) -> Message:
        if message.data == "crash":
            raise ValueError("no")
        return failing(message)

    with world(Recorder(handle), message_events=wanted) as pipe:
        pipe.push([1, "fail", "crash"])
        pipe.acks(3)
        told(pipe, ProcessorStop)
        kinds = MessageStart | MessageStop | MessageException
        seen = [event for event in pipe.tree.events.seen if isinstance(event, kinds)]
    assert len(seen) == (6 if wanted else 0)
    if wanted:
        ok, failed, crashed = seen[1], seen[3], seen[5]
        assert isinstance(ok, MessageStop) and ok.message.data == 1
        assert isinstance(failed, MessageStop) and not failed.message.ok
        assert isinstance(crashed, MessageException) and isinstance(crashed.crash, Crash)


def _die(message: Message) -> Message:
    raise SystemExit(1)


def _crash() -> Any:
    return Crashed(RuntimeError("test"))
