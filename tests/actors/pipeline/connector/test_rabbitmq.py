"""A pipeline fed by a real RabbitMQ: the same promises, and what only its connection can do to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.broker import deaths
from actors.pipeline.connector import Retry, Window, delays
from actors.pipeline.connector.retry import ATTEMPT
from supervision import Crashed
from tests.actors.broker.harness import MakeEngine
from tests.actors.pipeline.connector.rig import CONSUMER, PRODUCER, TOPOLOGY, Rig, rig

ONE = {"processors": {"concurrency": 1, "max_demand": 1, "min_demand": 0}, "max_restarts": 100}


@pytest.fixture
def jobs(make_amqp: MakeEngine, tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, f"sqlite:///{tmp_path}/test.sqlite", make_amqp(TOPOLOGY)) as world:
        yield world


def test_successes_are_acknowledged_and_failures_tried_again_and_dead_lettered(jobs: Rig) -> None:
    jobs.run(on_failure=Retry(attempts=2, backoff=delays(0.05, 0.1)), deaths=None)
    jobs.send("1", "fail", "2")
    (dead,) = jobs.dead()
    assert dead.headers[ATTEMPT] == 2
    assert "attempt 2 of 2, from work" in deaths(dead.headers)[0].reason
    jobs.empty()
    assert jobs.counts["acked"] == 3  # two, and the original of the retried one
    assert sorted(jobs.handler.bodies) == [b"1", b"2", b"fail", b"fail"]


def test_bw_146_when_the_connection_goes_the_consumer_comes_back_and_the_producer_stays(jobs: Rig) -> None:
    jobs.run()
    jobs.send("1")
    jobs.handled(1)
    jobs.empty()
    before = jobs.tree.system.registry.running(CONSUMER)
    before.request_stop(crashed())
    jobs.until(lambda: jobs.tree.system.registry.running(CONSUMER) not in (None, before))
    jobs.send("2")
    jobs.handled(1)
    jobs.empty()
    assert jobs.tree.system.tree.get(PRODUCER).restarts == 0


def test_a_killer_ends_in_quarantine(jobs: Rig) -> None:
    jobs.run(options=ONE)
    jobs.send("1", "exit", "2")
    jobs.until(lambda: jobs.counts["quarantined"] == 1)
    jobs.empty()
    assert {b"1", b"2"} <= set(jobs.handler.bodies)


def test_a_copy_is_known(jobs: Rig) -> None:
    jobs.run(window=Window(60))
    jobs.send("1", message_id="a")
    jobs.handled(1)
    jobs.empty()
    jobs.send("1", message_id="a")
    jobs.until(lambda: jobs.counts["copies"] == 1)
    jobs.empty()


def test_an_ordered_stop_loses_and_doubles_nothing(jobs: Rig) -> None:
    pipeline = jobs.run(options={"processors": {"concurrency": 2}}, prefetch=20)
    jobs.send(*map(str, range(300)))
    jobs.handled(50)
    pipeline.stop()
    handled = list(jobs.handler.bodies)
    assert len(handled) == len(set(handled))
    jobs.until(lambda: jobs.status("work").ready == 300 - len(handled))


def crashed() -> Crashed:
    return Crashed.of(ConnectionError("the test said so"))
