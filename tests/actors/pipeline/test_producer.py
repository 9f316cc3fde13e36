"""Producers: their options, their hooks, transformer, limit and buffer."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from actors.pipeline import Message, Plan, Producer, WrongOption, pipeline_spec
from actors.pipeline.acknowledger import Requeued
from actors.pipeline.producer import Drain
from actors.pipeline.testing import Caller, Emit, ManualProducer
from supervision import Actor, ChildSpec, Crashed
from supervision.testing import FakeClock, Inbox
from tests.actors.pipeline.harness import ONE, PRODUCER, Recorder, values, world


class Helper(Actor):
    """What a producer may need before it starts, such as a pool of connections."""


class Preparing(ManualProducer):
    """Which asks for a child and puts another producer in its own place."""

    @classmethod
    def prepare_for_start(cls, options: Any) -> tuple[Sequence[ChildSpec], Any]:
        changed = {**options, "producer": {**options["producer"], "actor": Needy}}
        return [ChildSpec(id="helper", actor=Helper)], changed


class Needy(ManualProducer):
    def on_start(self) -> None:
        super().on_start()
        assert self.context.system.registry.running("/pipe/helper") is not None


class Told(ManualProducer):
    """Shows the test what it was started with."""

    def __init__(self, plan: Plan, index: int, inbox: Inbox, word: str = "") -> None:
        super().__init__(plan, index)
        inbox.put((plan.path, index, plan.options.processors.concurrency, word))


class Asked(ManualProducer):
    """Shows the test what it was asked for."""

    def __init__(self, plan: Plan, index: int, inbox: Inbox) -> None:
        super().__init__(plan, index)
        self.inbox = inbox

    def produce(self, count: int) -> None:
        self.inbox.put(count)


class Deaf(ManualProducer):
    """Whose events come from casts and timers as well."""

    def receive(self, message: Any) -> Any:
        if message == "timer":
            return self.emit([1, 2, 3])
        if message == "start the timer":
            self.send_after(0.0, "timer")
            return None
        return super().receive(message)


def test_bw_10_a_producer_may_ask_for_children_and_change_the_options() -> None:
    with world(producer={"actor": Preparing}, batch={"batch_size": 2}) as pipe:
        assert isinstance(pipe.tree.system.registry.running(PRODUCER), Needy)
        pipe.emit([1, 3])
        assert pipe.batch().data == [1, 3]
        pipe.acks(2)


@pytest.mark.parametrize(
    ("answer", "text"),
    [(None, "prepare_for_start must return"), (((), {"producre": 1}), "producre: unknown option")],
)
def test_bw_11_what_prepare_for_start_returns_is_checked(answer: Any, text: str) -> None:
    class Wrong(ManualProducer):
        @classmethod
        def prepare_for_start(cls, options: Any) -> Any:
            return answer

    with pytest.raises(WrongOption, match=text):
        pipeline_spec("pipe", handler=Recorder(), producer={"actor": Wrong})


def test_bw_12_a_producer_knows_its_pipeline_its_index_and_its_own_arguments() -> None:
    inbox = Inbox()
    producer = {"actor": Told, "args": (inbox,), "kwargs": {"word": "hello"}, "concurrency": 2}
    with world(producer=producer):
        assert [inbox.expect(tuple) for _ in range(2)] == [("/pipe", 0, 1, "hello"), ("/pipe", 1, 1, "hello")]


@pytest.mark.parametrize("way", ["call", "cast", "timer"])
def test_bw_48_the_transformer_turns_events_into_messages(way: str) -> None:
    caller = Caller()
    with world(producer={"actor": Deaf, "transformer": lambda n: caller.message(n * 10)}, caller=caller) as pipe:
        address = pipe.tree.system.address(PRODUCER)
        match way:
            case "call":
                address.call(Emit([1, 2, 3]))
            case "cast":
                address.cast(Emit([1, 2, 3]))
            case "timer":
                address.cast("start the timer")
        assert pipe.acks(3) == ([10, 20, 30], [])


def test_bw_49_50_a_transformer_that_raises_restarts_its_producer_only() -> None:
    def transform(event: Any) -> Message:
        if event == "bad":
            raise ValueError("no such event")
        return pipe.caller.message(event)

    with world(producer={"transformer": transform}) as pipe:
        before = pipe.incarnations()
        address = pipe.tree.system.address(PRODUCER)
        address.call(Emit([1, 2, 3]))
        assert pipe.acks(3) == ([1, 2, 3], [])
        with pytest.raises(ValueError, match="no such event"):
            address.call(Emit(["bad"]))
        pipe.again(PRODUCER, before[PRODUCER])
        address.call(Emit([4, 5]))
        assert pipe.acks(2) == ([4, 5], [])
        after = pipe.incarnations()
        assert {path for path in after if after[path] != before[path]} == {PRODUCER}


def test_what_is_no_message_ends_the_producer() -> None:
    with world() as pipe, pytest.raises(Exception, match="emits messages, not int; use a transformer"):
        pipe.tree.system.address(PRODUCER).call(Emit([1]))


def test_bw_120_while_the_limit_holds_messages_back_nobody_is_asked_for_more() -> None:
    clock, asked = FakeClock(), Inbox()
    limit = {"allowed_messages": 2, "interval_seconds": 10}
    producer = {"actor": Asked, "args": (asked,), "rate_limiting": limit}
    with world(producer=producer, processors=ONE, clock=clock) as pipe:
        assert asked.expect(int) == 2
        pipe.emit([1, 2, 3])
        assert pipe.acks(2) == ([1, 2], [])
        pipe.until(lambda: pipe.pipeline.tallies().total("chunks") == 2)
        pipe.emit([])
        assert asked.nothing_more()
        clock.advance(10.0)
        assert pipe.acks(1) == ([3], [])
        assert asked.expect(int) == 1


def test_a_full_buffer_gives_back_what_it_cannot_hold() -> None:
    gate = threading.Event()

    def wait(message: Message) -> Message:
        assert gate.wait(10)
        return message

    with world(Recorder(wait), producer={"buffer_size": 3}, processors={"concurrency": 1, "max_demand": 1}) as pipe:
        pipe.emit(list(range(10)))
        assert sorted(values(pipe.caller.inbox.expect(Requeued).messages)) == [1, 2, 3, 4, 5, 6]
        gate.set()
        assert pipe.acks(4) == ([0, 7, 8, 9], [])


def test_no_more_than_a_buffer_full_waits_for_the_limit() -> None:
    limit, clock = {"allowed_messages": 1, "interval_seconds": 10}, FakeClock()
    with world(producer={"rate_limiting": limit, "buffer_size": 2}, clock=clock) as pipe:
        pipe.emit([1, 2, 3, 4, 5])
        ends: list[Any] = [pipe.caller.inbox.expect(object) for _ in range(2)]
        back = [values(end.messages) for end in ends if isinstance(end, Requeued)]
        assert back == [[4, 5]]
        for number in (2, 3):
            clock.advance(10)
            assert values(pipe.ack().successful) == [number]
            clock.wait_for_timers(3 - number)


def test_what_a_producer_holds_when_it_dies_is_given_back() -> None:
    limit = {"allowed_messages": 1, "interval_seconds": 1000}
    with world(producer={"rate_limiting": limit}, clock=FakeClock()) as pipe:
        pipe.emit([1, 2, 3])
        assert pipe.acks(1) == ([1], [])
        pipe.kill(PRODUCER, Crashed(RuntimeError("test")))
        assert values(pipe.caller.inbox.expect(Requeued).messages) == [2, 3]


def test_a_producer_that_drains_takes_nothing_more() -> None:
    with world() as pipe:
        pipe.tree.system.address(PRODUCER).call(Drain())
        pipe.emit([1])
        assert values(pipe.caller.inbox.expect(Requeued).messages) == [1]


def test_a_plain_producer_needs_no_hook() -> None:
    with world(producer={"actor": Producer}) as pipe:
        pipe.push([1])
        assert pipe.acks(1) == ([1], [])
