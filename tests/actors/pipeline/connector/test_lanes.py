"""Several queues in one pipeline, on both engines: the urgent overtakes, nobody starves, each keeps its own ways."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.broker import Ack, deaths
from actors.broker import Message as Sent
from actors.pipeline.connector import BrokerOptions, Lane, Retry, delays
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.quarantine import store
from supervision import Crashed
from tests.actors.pipeline.connector.rig import TOPOLOGY, Rig, rig

URGENT, BULK = "work-1", "work-2"
STRICT = {URGENT: Lane("urgent"), BULK: Lane("bulk", rank=1)}
FAIR = {URGENT: Lane("urgent"), BULK: Lane("bulk", rank=1, share=25)}
ONE: dict[str, Any] = {"processors": {"concurrency": 1, "max_demand": 1, "min_demand": 0}, "max_restarts": 100}
CONSUMERS = "/jobs/connector/consumers/consumer-1"


@pytest.fixture(params=["make_embedded", "make_amqp"])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    make = request.getfixturevalue(request.param)
    with rig(tmp_path, f"sqlite:///{tmp_path}/test.sqlite", make(TOPOLOGY)) as world:
        yield world


def run(jobs: Rig, lanes: dict[str, Lane], **said: Any) -> Any:
    return jobs.run(queue="", lanes=lanes, **{"options": ONE, **said})


def send(jobs: Rig, queue: str, *bodies: str) -> None:
    jobs.publish(*(Sent(body.encode(), queue) for body in bodies))


def bodies(lane: str, count: int) -> list[str]:
    return [f"{lane}-{number}" for number in range(count)]


def wait_until_paused(jobs: Rig, consumer: str) -> None:
    """Not only told: it has had its turn since."""
    jobs.until(lambda: jobs.tree.system.registry.running(consumer).paused)
    jobs.tree.system.address(consumer).call(Ack(()))


def test_what_is_urgent_overtakes_thousands_that_wait(jobs: Rig) -> None:
    run(jobs, STRICT, prefetch=100)
    send(jobs, BULK, "hold", *bodies("bulk", 3000))
    jobs.handled(1)
    jobs.until(lambda: jobs.counts["received"] == 50)
    send(jobs, URGENT, "urgent")
    jobs.until(lambda: jobs.counts["received"] == 51)
    jobs.handler.gate.set()
    assert [message.data for message in jobs.handled(2)] == [b"urgent", b"bulk-0"]
    jobs.until(lambda: len(jobs.handler.bodies) > 200)
    send(jobs, URGENT, "later")
    jobs.until(lambda: b"later" in jobs.handler.bodies)
    assert jobs.handler.bodies.index(b"later") < 2500


def test_the_prefetch_is_divided_and_the_lower_lane_gets_its_share(jobs: Rig) -> None:
    run(jobs, FAIR, prefetch=120)
    send(jobs, URGENT, "hold")
    jobs.handled(1)
    send(jobs, URGENT, *bodies("urgent", 200))
    send(jobs, BULK, *bodies("bulk", 200))
    jobs.until(lambda: jobs.counts["received"] == 120)
    assert jobs.status(BULK).ready == 140
    jobs.handler.gate.set()
    first = [message.data.split(b"-")[0] for message in jobs.handled(40)]
    assert first.count(b"bulk") == 10
    jobs.handled(360)
    for queue in (URGENT, BULK):
        jobs.empty(queue)
    assert jobs.counts["acked"] == 401
    assert jobs.counts["untold"] == 0


def test_equals_are_merged_by_their_weights(jobs: Rig) -> None:
    run(jobs, {URGENT: Lane("a", weight=3), BULK: Lane("b")}, prefetch=120)
    send(jobs, URGENT, "hold")
    jobs.handled(1)
    send(jobs, URGENT, *bodies("a", 60))
    send(jobs, BULK, *bodies("b", 60))
    jobs.until(lambda: jobs.counts["received"] >= 119)
    jobs.handler.gate.set()
    first = [message.data.split(b"-")[0] for message in jobs.handled(40)]
    assert first.count(b"b") == 10
    jobs.handled(80)


def test_each_failure_is_tried_again_in_its_own_queue_and_dead_lettered_from_there(jobs: Rig) -> None:
    run(jobs, STRICT, on_failure=Retry(attempts=2, backoff=delays(0.05, 0.1)), metadata=("queue", "attempt"))
    send(jobs, URGENT, "fail:u", "1")
    send(jobs, BULK, "fail:b", "2")
    seen = sorted((one.data, one.metadata["queue"], one.metadata["attempt"]) for one in jobs.handled(6))
    assert [one for one in seen if one[0].startswith(b"fail")] == [
        (b"fail:b", BULK, 1), (b"fail:b", BULK, 2), (b"fail:u", URGENT, 1), (b"fail:u", URGENT, 2),
    ]  # fmt: skip
    reasons = {dead.body: deaths(dead.headers)[0].reason for dead in jobs.dead(2)}
    assert f"from {URGENT}" in reasons[b"fail:u"]
    assert f"from {BULK}" in reasons[b"fail:b"]
    for queue in (URGENT, BULK):
        jobs.empty(queue)


def test_a_killer_ends_in_quarantine_under_the_name_of_its_queue(jobs: Rig) -> None:
    run(jobs, STRICT)
    send(jobs, BULK, "1", "exit", "2")
    send(jobs, URGENT, "3")
    jobs.until(lambda: jobs.counts["quarantined"] == 1)
    for queue in (URGENT, BULK):
        jobs.empty(queue)
    with jobs.database.begin() as conn:
        (held,) = store.listing(conn, store.OPEN, None, 10)
    assert held["queue"] == BULK
    assert {b"1", b"2", b"3"} <= set(jobs.handler.bodies)


def test_a_pause_holds_all_lanes_and_a_stop_leaves_nothing_open(jobs: Rig) -> None:
    pipeline = run(jobs, FAIR, prefetch=20)
    send(jobs, URGENT, "1")
    send(jobs, BULK, "2")
    jobs.handled(2)
    pipeline.pause()
    for lane in ("urgent", "bulk"):
        wait_until_paused(jobs, f"{CONSUMERS}-{lane}")
    before = jobs.counts["received"]
    send(jobs, URGENT, *bodies("urgent", 100))
    send(jobs, BULK, *bodies("bulk", 100))
    jobs.until(lambda: jobs.status(URGENT).ready == 100 and jobs.status(BULK).ready == 100)
    assert jobs.counts["received"] == before
    pipeline.resume()
    jobs.handled(50)
    pipeline.stop()
    handled = list(jobs.handler.bodies)
    assert len(handled) == len(set(handled))
    jobs.until(lambda: jobs.status(URGENT).ready + jobs.status(BULK).ready == 202 - len(handled))


def test_the_other_lane_goes_on_when_one_consumer_dies(jobs: Rig) -> None:
    run(jobs, STRICT, metadata=("queue",))
    send(jobs, URGENT, "1")
    send(jobs, BULK, "2")
    jobs.handled(2)
    consumer = jobs.tree.system.registry.running(f"{CONSUMERS}-bulk")
    consumer.request_stop(Crashed.of(ConnectionError("the test said so")))
    send(jobs, URGENT, "3")
    send(jobs, BULK, "4")
    again = {message.data: message.metadata["consumer"] for message in jobs.handled(2)}
    assert again == {b"3": f"{CONSUMERS}-urgent", b"4": f"{CONSUMERS}-bulk"}
    for queue in (URGENT, BULK):
        jobs.empty(queue)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"queue": "work", "lanes": STRICT}, "either a queue or lanes"),
        ({"lanes": {"work": "urgent"}}, "names of queues and their lanes"),
        ({"lanes": {"work": Lane("a/b")}}, "has no '/'"),
        ({"lanes": {"work": Lane("a"), "more": Lane("a")}}, "two lanes have one id"),
        ({"lanes": {"work": Lane("a", share=60), "more": Lane("b", share=60)}}, "120 per cent"),
    ],
)
def test_wrong_lanes_are_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongOption, match=message):
        BrokerOptions(**said)
