"""What happens while the broker cannot be reached: the supervisor's business, with backoff, for ever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.broker.specs import BACKOFF
from actors.errors import Unavailable
from actors.pipeline.acknowledger import NO_ACK, ack_immediately
from supervision import ChildExited, Crashed
from tests.actors.pipeline.connector.rig import CONSUMER, PRODUCER, Rig, rig


class Refusing:
    """An engine whose first consumers cannot connect."""

    def __init__(self, engine: Any, times: int) -> None:
        self.engine = engine
        self.times = times
        self.opened = 0

    def consume_channel(self, queue: str, clock: Any) -> Any:
        channel = self.engine.consume_channel(queue, clock)
        opening = channel.open

        def open(*args: Any) -> None:
            self.opened += 1
            if self.opened <= self.times:
                raise Unavailable("the broker", "here", "the test refused")
            opening(*args)

        channel.open = open
        return channel


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as world:
        yield world


def test_bw_147_151_a_refused_connection_is_tried_again_with_backoff_and_each_try_is_an_event(jobs: Rig) -> None:
    engine = Refusing(jobs.engine, 4)
    jobs.run(engine)  # type: ignore[arg-type]
    jobs.send("1")
    jobs.handled(1)
    exits = [jobs.tree.events.expect(ChildExited, lambda event: event.path == CONSUMER) for _ in range(4)]
    assert all("the test refused" in str(event.reason) for event in exits)
    for streak, event in enumerate(exits, start=1):
        assert 0.0 <= (event.restart_in or 0.0) <= BACKOFF.cap(streak)
    assert engine.opened == 5
    assert jobs.tree.system.tree.get(PRODUCER).restarts == 0


def test_rmq_17_any_error_of_the_connection_is_retried_and_the_pipeline_stays_up(jobs: Rig) -> None:
    jobs.run(Refusing(jobs.engine, 6))  # type: ignore[arg-type]
    jobs.send("1")
    jobs.handled(1)
    assert jobs.tree.system.tree.get("/jobs").restarts == 0


def test_bw_152_an_early_acknowledgement_to_a_consumer_that_is_gone_is_counted_and_raises_nothing(jobs: Rig) -> None:
    jobs.run()
    jobs.send("hold")
    (message,) = jobs.handled(1)
    jobs.call("/jobs/connector/consumers", terminate("consumer-1"))
    (acked,) = ack_immediately(message)
    assert jobs.counts["untold"] == 1
    assert acked.acknowledger[0] is NO_ACK
    jobs.handler.gate.set()


def terminate(id: str) -> Any:
    from supervision import TerminateChild

    return TerminateChild(id)


def test_a_dead_consumer_is_replaced_whatever_it_died_of(jobs: Rig) -> None:
    jobs.run()
    jobs.send("1")
    jobs.handled(1)
    before = jobs.tree.system.registry.running(CONSUMER)
    before.request_stop(Crashed.of(MemoryError("the test said so")))
    jobs.until(lambda: jobs.tree.system.registry.running(CONSUMER) not in (None, before))
