"""A pipeline stands still as long as there is a reason, goes on alone, and nothing fails because of it."""

import threading
from collections.abc import Sequence
from typing import Any

from actors.pipeline import Handler, Message, Pipeline, pipeline_spec
from actors.pipeline.acknowledger import NO_ACK, Requeued
from actors.pipeline.rates.circuit import Circuit
from actors.pipeline.rates.valve import OPERATOR, Pause, PipelineHeld, Resume
from actors.pipeline.testing import Caller, Emit, ManualProducer
from supervision import Actor, ChildSpec, Supervisor
from supervision.backoff import Backoff
from supervision.calls import RestartChild, TerminateChild
from supervision.testing import Running, running


class Quiet(Handler):
    def handle_message(self, message: Message, context: Any) -> Message:
        return message


class Brittle(Quiet):
    """A sink that is down until it is repaired."""

    def __init__(self) -> None:
        self.repaired = False
        self.tried = 0
        self.slow = threading.Event()

    def handle_batch(self, batcher: str, messages: list[Message], info: Any, context: Any) -> Sequence[Message]:
        self.tried += 1
        if not self.repaired:
            self.slow.wait(0.02)  # no sink says no in no time
            raise ConnectionError("the sink is down")
        return messages


def spec(handler: Handler, **options: Any) -> ChildSpec:
    processors = {"concurrency": 1, "max_demand": 2, "min_demand": 0}
    return pipeline_spec("mails", handler=handler, producer={"actor": ManualProducer}, processors=processors, **options)


def valve(run: Running, message: Any) -> Any:
    return run.system.address("/mails/valve").call(message)


def test_paused_it_works_nothing_and_resumed_it_works_everything() -> None:
    with running(spec(Quiet())) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        assert valve(run, Pause("maintenance")) == {OPERATOR: "maintenance"}
        pipeline.push_messages([caller.message(number) for number in range(5)])
        pipeline.push_messages([])  # the producer has had its turn
        # What was asked for before the pause may still pass; then nothing does.
        assert run.events.expect(PipelineHeld).reasons == ((OPERATOR, "maintenance"),)
        assert valve(run, Resume()) == {}
        worked: list[Any] = []
        while len(worked) < 5:
            worked += [message.data for message in caller.expect_ack().successful]
        assert worked == [0, 1, 2, 3, 4]


def test_the_operators_pause_outlives_a_restart_of_the_valve() -> None:
    with running(spec(Quiet())) as run:
        valve(run, Pause("maintenance"))
        run.system.address("/mails").call(TerminateChild("valve"))
        run.system.address("/mails").call(RestartChild("valve"))
        assert valve(run, Pause("again")) == {OPERATOR: "again"}
        assert valve(run, Resume()) == {}


def test_it_stands_still_while_what_it_needs_is_down_and_goes_on_alone() -> None:
    database = Supervisor.spec("database", [ChildSpec(id="pool", actor=Actor)])
    with running(database, spec(Quiet(), needs=("/database/pool",))) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        run.system.address("/database").call(TerminateChild("pool"))
        held = run.events.expect(PipelineHeld)
        assert held.reasons[0][0] == "/database/pool"
        pipeline.push_messages([caller.message(number) for number in range(3)])
        assert caller.inbox.nothing_more()
        run.system.address("/database").call(RestartChild("pool"))
        assert run.events.expect(PipelineHeld).reasons == ()
        worked = [message.data for message in caller.expect_ack().successful]
        while len(worked) < 3:
            worked += [message.data for message in caller.expect_ack().successful]
        assert worked == [0, 1, 2]


def test_a_circuit_stops_burning_attempts_and_tries_again_by_itself() -> None:
    handler = Brittle()
    circuit = Circuit(3, (ConnectionError,), Backoff(min_seconds=0.3, max_seconds=0.3, immediate=0, jitter=False))
    batchers = {"default": {"batch_size": 1}}
    with running(spec(handler, batchers=batchers, circuit=circuit)) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        pipeline.push_messages([caller.message(number) for number in range(100)])
        held = run.events.expect(PipelineHeld)
        assert "the sink is down" in held.reasons[0][1]
        run.events.expect(PipelineHeld, lambda event: event.reasons == ())
        handler.repaired = True
        caller.inbox.expect(object, lambda acked: bool(getattr(acked, "successful", ())))
        assert handler.tried < 100


def test_a_stop_drains_also_what_waits_behind_a_closed_valve() -> None:
    with running(spec(Quiet())) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        valve(run, Pause())
        pipeline.push_messages([caller.message(number) for number in range(4)])
        pipeline.stop(timeout=5.0)
        assert sum(len(caller.expect_ack().successful) for _ in range(2)) == 4


def test_a_stop_while_something_is_missing_sends_back_what_nobody_began() -> None:
    database = Supervisor.spec("database", [ChildSpec(id="pool", actor=Actor)])
    with running(database, spec(Quiet(), needs=("/database/pool",))) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        run.system.address("/database").call(TerminateChild("pool"))
        run.events.expect(PipelineHeld)
        pipeline.push_messages([caller.message(number) for number in range(4)])
        pipeline.push_messages([Message("early", (NO_ACK, None, None))])
        tallies = pipeline.tallies()
        pipeline.stop(timeout=5.0)
        assert [message.data for message in caller.inbox.expect(Requeued).messages] == [0, 1, 2, 3]
        assert caller.inbox.nothing_more()
        assert (tallies.total("requeued"), tallies.total("successful")) == (4, 1)


def test_what_fails_between_two_looks_is_seen_at_the_stop() -> None:
    database = Supervisor.spec("database", [ChildSpec(id="pool", actor=Actor)])
    with running(database, spec(Quiet(), needs=("/database/pool",))) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        valve(run, Pause())
        pipeline.push_messages([caller.message(number) for number in range(4)])
        run.system.address("/database").call(TerminateChild("pool"))
        pipeline.stop(timeout=5.0)
        assert len(caller.inbox.expect(Requeued).messages) == 4


def test_a_valve_that_is_restarted_lets_go_what_its_predecessor_held() -> None:
    database = Supervisor.spec("database", [ChildSpec(id="pool", actor=Actor)])
    with running(database, spec(Quiet(), needs=("/database/pool",))) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        run.system.address("/database").call(TerminateChild("pool"))
        run.events.expect(PipelineHeld)
        run.system.address("/mails").call(TerminateChild("valve"))
        run.system.address("/database").call(RestartChild("pool"))
        pipeline.push_messages([caller.message(1)])
        run.system.address("/mails").call(RestartChild("valve"))
        assert [message.data for message in caller.expect_ack().successful] == [1]


def test_what_waits_for_the_limit_goes_back_as_well() -> None:
    database = Supervisor.spec("database", [ChildSpec(id="pool", actor=Actor)])
    rate = {"allowed_messages": 1, "interval_seconds": 3600.0}
    limited = pipeline_spec(
        "mails",
        handler=Quiet(),
        producer={"actor": ManualProducer, "rate_limiting": rate},
        processors={"concurrency": 1},
        needs=("/database/pool",),
    )
    with running(database, limited) as run:
        caller, pipeline = Caller(), Pipeline(run.system, "/mails")
        emit = Emit([caller.message(number) for number in range(4)])
        run.system.address("/mails/producers/producer-1").call(emit)
        assert [message.data for message in caller.expect_ack().successful] == [0]
        run.system.address("/database").call(TerminateChild("pool"))
        run.events.expect(PipelineHeld)
        pipeline.stop(timeout=5.0)
        assert [message.data for message in caller.inbox.expect(Requeued).messages] == [1, 2, 3]
