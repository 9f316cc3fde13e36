"""Copies, killers and the quarantine in a running pipeline, with a database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.broker.message import Delivery, Tag
from actors.pipeline.connector import Retry, Window, deaths, delays
from actors.pipeline.connector.deaths import KILLED
from actors.pipeline.connector.quarantine import store
from actors.pipeline.connector.quarantine.store import HELD
from actors.pipeline.connector.suspicion import identity
from supervision import Crashed, DeleteChild
from tests.actors.pipeline.connector.rig import CONSUMER, KEEPER, Rig, rig

ONE = {"processors": {"concurrency": 1, "max_demand": 1, "min_demand": 0}, "max_restarts": 100}
SOON = delays(0.01, 0.02)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, f"sqlite:///{tmp_path}/test.sqlite") as world:
        yield world


def held(jobs: Rig) -> list[dict[str, Any]]:
    with jobs.database.read() as conn:
        return store.listing(conn, [HELD], None, 100)


def test_a_copy_within_the_window_is_acknowledged_and_not_handled(jobs: Rig) -> None:
    jobs.run(window=Window(60))
    jobs.send("1", message_id="a")
    jobs.handled(1)
    jobs.empty()
    jobs.send("1", message_id="a")
    jobs.send("2", message_id="b")
    assert jobs.handled(1)[0].data == b"2"
    jobs.empty()
    assert jobs.counts["copies"] == 1
    assert jobs.counts["acked"] == 3


def test_a_copy_is_known_to_the_next_pipeline_too(jobs: Rig) -> None:
    pipeline = jobs.run(window=Window(60))
    jobs.send("1", message_id="a")
    jobs.handled(1)
    jobs.empty()
    pipeline.stop()
    jobs.tree.system.address("/").call(DeleteChild("jobs"))
    jobs.run(window=Window(60))
    jobs.send("1", message_id="a")
    jobs.until(lambda: jobs.counts["copies"] == 1)
    jobs.empty()


def test_a_copy_of_what_is_being_handled_waits_for_how_that_ends(jobs: Rig) -> None:
    jobs.run(window=Window(60))
    jobs.send("hold", message_id="a")
    jobs.handled(1)
    jobs.send("hold", message_id="a")
    jobs.until(lambda: jobs.counts["busy"] == 1)
    jobs.handler.gate.set()
    jobs.empty()
    assert jobs.counts["copies"] == 1


def test_a_failed_message_is_no_copy_of_itself(jobs: Rig) -> None:
    jobs.run(window=Window(60), on_failure=Retry(attempts=3, backoff=SOON))
    jobs.send("fail", message_id="a")
    jobs.handled(3)
    jobs.dead()
    assert jobs.counts["copies"] == 0


def test_what_is_put_aside_by_policy_is_in_the_table_before_it_is_acknowledged(jobs: Rig) -> None:
    jobs.run(on_failure="quarantine")
    jobs.send("raise", message_id="a", headers={"h": 1})
    jobs.empty()
    (entry,) = held(jobs)
    assert entry["reason"] == "Bad: on purpose"
    with jobs.database.begin() as conn:
        full = store.find(conn, entry["id"])
    assert "Traceback" in full.traceback
    assert (full.body, full.headers, full.message_id) == (b"raise", {"h": 1}, "a")


def test_a_killer_is_handled_alone_after_its_first_death_and_put_aside_after_the_third(jobs: Rig) -> None:
    jobs.run(options=ONE)
    jobs.send("exit")
    jobs.until(lambda: jobs.counts["quarantined"] == 1)
    jobs.empty()
    (entry,) = held(jobs)
    assert entry["deaths"] == 3
    with jobs.database.begin() as conn:
        assert "the message said so" in store.find(conn, entry["id"]).traceback
    assert jobs.counts["alone"] == 2
    assert len(jobs.handled(3)) == 3


def test_the_neighbours_of_a_killer_are_handled(jobs: Rig) -> None:
    jobs.run(options={"processors": {"concurrency": 1, "max_demand": 10}, "max_restarts": 100})
    jobs.send("1", "2", "exit", "3", "4")
    jobs.until(lambda: jobs.counts["quarantined"] == 1)
    jobs.empty()
    assert [entry["bytes"] for entry in held(jobs)] == [4]
    assert {b"1", b"2", b"3", b"4"} <= set(jobs.handler.bodies)
    assert jobs.handler.bodies.count(b"exit") == 3


def test_a_pipeline_waits_for_the_database_and_goes_on(jobs: Rig) -> None:
    jobs.run(window=Window(60))
    jobs.stop("database")
    jobs.send("1", message_id="a")
    jobs.until(lambda: jobs.counts["received"] == 1)
    assert jobs.handler.inbox.nothing_more()
    jobs.restart("database")
    jobs.handled(1)
    jobs.empty()


def test_without_the_database_what_goes_into_quarantine_is_sent_back_for_a_while(jobs: Rig) -> None:
    jobs.run(on_failure="quarantine")
    jobs.stop("database")
    jobs.send("fail")
    jobs.until(lambda: jobs.counts["postponed"] == 1)
    jobs.until(lambda: jobs.status("work").delayed == 1)
    assert jobs.status("work").totals.get("acked", 0) == 0
    jobs.restart("database")
    jobs.until(lambda: jobs.counts["quarantined"] == 1)
    jobs.empty()


def test_a_keeper_that_dies_costs_nothing(jobs: Rig) -> None:
    jobs.run(window=Window(60))
    jobs.send("hold", message_id="a")
    jobs.handled(1)
    keeper = jobs.tree.system.registry.running(KEEPER)
    keeper.request_stop(Crashed.of(RuntimeError("the test said so")))
    jobs.until(lambda: jobs.tree.system.registry.running(KEEPER) not in (None, keeper))
    jobs.handler.gate.set()
    jobs.empty()
    jobs.send("hold", message_id="a")
    jobs.until(lambda: jobs.counts["copies"] == 1)


def test_a_message_that_killed_the_whole_process_while_alone_is_put_aside_by_the_next(jobs: Rig) -> None:
    """The former process left an open trial, and the broker delivers again."""
    jobs.run(options=ONE, deaths=1)
    jobs.send("hold")
    jobs.handled(1)
    with jobs.database.begin() as conn:
        (waiting,) = jobs.engine.peek("work", 1, 100)
        killer = Delivery(Tag(1, 1), waiting.message, "work", True, 1)
        deaths.open_trials(conn, [identity(killer)], "a process that is no more", 1000.0)
    consumer = jobs.tree.system.registry.running(CONSUMER)
    consumer.request_stop(Crashed.of(ConnectionError("the test said so")))
    jobs.until(lambda: jobs.counts["quarantined"] == 1)
    jobs.handler.gate.set()
    jobs.empty()
    with jobs.database.begin() as conn:
        assert store.find(conn, held(jobs)[0]["id"]).traceback == KILLED


def test_what_a_dying_keeper_had_not_looked_at_comes_again(jobs: Rig) -> None:
    jobs.run(window=Window(60))
    jobs.stop("database")
    jobs.send("1", "2", message_id="")
    jobs.send("3", message_id="c")
    jobs.until(lambda: jobs.counts["received"] == 3)
    keeper = jobs.tree.system.registry.running(KEEPER)
    keeper.request_stop(Crashed.of(RuntimeError("the test said so")))
    jobs.until(lambda: jobs.tree.system.registry.running(KEEPER) not in (None, keeper))
    jobs.restart("database")
    jobs.empty()
    assert sorted(jobs.handler.bodies) == [b"1", b"2", b"3"]
