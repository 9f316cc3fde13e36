"""In a running pipeline: the urgent overtakes, nothing is lost at a stop or a crash."""

import threading
from dataclasses import dataclass
from typing import Any

from actors.pipeline import Handler, Message, Pipeline, pipeline_spec
from actors.pipeline.acknowledger import Requeued
from actors.pipeline.rates.lane_producer import LaneProducer
from actors.pipeline.rates.lanes import Lane
from actors.pipeline.testing import Caller
from supervision.reasons import Crashed
from supervision.testing import PATIENCE_SECONDS, Running, running

PRODUCER = "/texts/producers/producer-1"


@dataclass(frozen=True, slots=True)
class Offer:
    lane: str
    messages: list[Message]


class Offered(LaneProducer):
    def receive(self, message: Any) -> Any:
        match message:
            case Offer(lane, messages):
                self.offer(lane, messages)
            case _:
                return super().receive(message)


class Gated(Handler):
    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.seen: list[str] = []

    def handle_message(self, message: Message, context: Any) -> Message:
        self.begun.set()
        assert self.gate.wait(PATIENCE_SECONDS)
        self.seen.append(message.data)
        return message


def spec(handler: Handler, *lanes: Lane) -> Any:
    return pipeline_spec(
        "texts",
        handler=handler,
        producer={"actor": Offered, "args": (lanes,)},
        processors={"concurrency": 1, "max_demand": 1, "min_demand": 0},
    )


def offer(run: Running, caller: Caller, lane: str, count: int) -> None:
    messages = [caller.message(f"{lane}{number}") for number in range(count)]
    run.system.address(PRODUCER).call(Offer(lane, messages))


STOP, BULK = Lane("stop", rank=0), Lane("bulk", rank=1)


def test_what_is_urgent_overtakes_everything_that_waits() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, STOP, BULK)) as run:
        offer(run, caller, "bulk", 5)
        assert handler.begun.wait(PATIENCE_SECONDS)
        offer(run, caller, "stop", 2)
        handler.gate.set()
        for _ in range(7):
            caller.expect_ack()
    assert handler.seen == ["bulk0", "stop0", "stop1", "bulk1", "bulk2", "bulk3", "bulk4"]


def test_a_stop_works_what_waits_in_the_lanes() -> None:
    handler, caller = Gated(), Caller()
    handler.gate.set()
    with running(spec(handler, STOP, BULK)) as run:
        offer(run, caller, "bulk", 30)
        Pipeline(run.system, "/texts").stop(timeout=5.0)
    assert len(handler.seen) == 30


def test_a_crash_gives_back_what_waits_in_the_lanes() -> None:
    handler, caller = Gated(), Caller()
    with running(spec(handler, STOP, BULK)) as run:
        offer(run, caller, "bulk", 5)
        assert handler.begun.wait(PATIENCE_SECONDS)
        producer = run.system.registry.running(PRODUCER)
        assert producer is not None
        producer.request_stop(Crashed.of(RuntimeError("on purpose")))
        back = caller.inbox.expect(Requeued)
        handler.gate.set()
        assert [message.data for message in back.messages] == ["bulk1", "bulk2", "bulk3", "bulk4"]
