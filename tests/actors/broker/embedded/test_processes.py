"""Real processes on one broker file: killed in the middle of things, and many at once."""

import random
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from actors.broker import Ack, Delivery
from actors.broker.port import QueueStatus
from tests.actors.broker.embedded.processes import TOPOLOGY, child
from tests.actors.broker.harness import World, engine_for, world

pytestmark = pytest.mark.timeout(120)


def stored(home: Path) -> list[str]:
    """The ids of all messages in the queue."""
    waiting = engine_for(home, TOPOLOGY).peek("work", 1_000_000, 0)
    return [letter.message.message_id for letter in waiting]


def status(home: Path) -> QueueStatus:
    return next(status for status in engine_for(home, TOPOLOGY).statuses() if status.name == "work")


@pytest.mark.parametrize("size", [1, 50])
def test_what_was_confirmed_before_a_kill_is_there(tmp_path: Path, size: int) -> None:
    confirmed: list[str] = []
    for round in range(4):
        with child("publish", tmp_path, f"round{round}", 1_000_000, size) as publisher:
            publisher.read(random.randint(1, 60))
            publisher.kill()
            confirmed += publisher.said["confirmed"]
    there = stored(tmp_path)
    assert len(there) == len(set(there)), "nothing is there twice"
    assert set(confirmed) <= set(there)
    assert len(there) - len(confirmed) <= 4 * size, "at most one unconfirmed list for each kill"


def drain(rig: World, count: int) -> list[Delivery]:
    """Receive and acknowledge that many."""
    got: list[Delivery] = []
    while len(got) < count:
        deliveries = rig.receive(1)
        rig.call("/consumer", Ack(tuple(delivery.tag for delivery in deliveries)))
        got += deliveries
    return got


def test_what_a_killed_consumer_held_comes_again_at_once(tmp_path: Path) -> None:
    """The survivor runs already, in this process; nothing but the dead one's lock tells it."""
    with child("publish", tmp_path, "m", 10, 20) as publisher, child("consume", tmp_path, "c", 40, 10, 3) as victim:
        publisher.finish()
        while len(victim.said.get("got", ())) < 70:
            victim.read(1)
        with world(engine_for(tmp_path, TOPOLOGY)) as rig:
            rig.subscribe()
            rig.consume("work", prefetch=1, batch=1)
            victim.kill()
            killed_at = time.monotonic()
            rig.until(lambda: status(tmp_path).consumers == 1)
            assert time.monotonic() - killed_at < 3.0
            left = status(tmp_path).depth
            again = drain(rig, left)
        assert status(tmp_path).depth == 0
    ids = [delivery.message.message_id for delivery in again]
    published, acked = set(publisher.said["confirmed"]), set(victim.said["acked"])
    seen = {entry.partition(":")[0] for entry in victim.said["got"]}
    assert len(ids) == len(set(ids))
    assert acked.isdisjoint(ids), "what was acknowledged never comes back"
    assert published - set(ids) <= acked | set(victim.said["acking"]), "nothing else is missing"
    open_at_death = {delivery.message.message_id for delivery in again if delivery.redelivered}
    assert seen - acked - (published - set(ids)) <= open_at_death, "what it had seen is marked as redelivered"


def test_the_next_start_recovers_what_a_killed_root_held(tmp_path: Path) -> None:
    with child("publish", tmp_path, "m", 1, 10) as publisher, child("consume", tmp_path, "c", 10, 10, 10) as victim:
        publisher.finish()
        while len(victim.said.get("got", ())) < 10:
            victim.read(1)
        victim.kill()
    assert status(tmp_path).unacked == 10
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        rig.subscribe()
        rig.consume("work")
        again = rig.receive(10)
        assert all(delivery.redelivered and delivery.delivery_count == 1 for delivery in again)
        assert [delivery.message.message_id for delivery in again] == publisher.said["confirmed"]
    assert list(tmp_path.glob("broker.sqlite-sessions/*")) == []


def test_many_processes_handle_each_message_once(tmp_path: Path) -> None:
    lists, size = 25, 10
    with ExitStack() as stack:
        consumers = [stack.enter_context(child("consume", tmp_path, f"c{n}", 20, 10, 0)) for n in range(3)]
        publishers = [stack.enter_context(child("publish", tmp_path, f"p{n}", lists, size)) for n in range(3)]
        for publisher in publishers:
            publisher.finish()
        confirmed = [id for publisher in publishers for id in publisher.said["confirmed"]]
        assert len(confirmed) == 3 * lists * size
        pause, deadline = threading.Event(), time.monotonic() + 30
        while status(tmp_path).depth and time.monotonic() < deadline:
            pause.wait(0.02)
        for consumer in consumers:
            consumer.finish()
        acked = [id for consumer in consumers for id in consumer.said.get("acked", ())]
    assert sorted(acked) == sorted(confirmed)
    assert not any(entry.endswith(":1") for consumer in consumers for entry in consumer.said.get("got", ()))
