"""A pipeline fed by the broker, on the embedded engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.broker import Message, deaths
from actors.pipeline.connector import Retry, delays
from actors.pipeline.connector.retry import ATTEMPT
from actors.pipeline.operation.view import show
from supervision import SHUTDOWN
from tests.actors.broker.harness import Crash
from tests.actors.pipeline.connector.rig import CONSUMER, PRODUCER, Rig, rig

ONE = {"processors": {"concurrency": 1, "max_demand": 1, "min_demand": 0}}
SOON = delays(0.01, 0.02)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as world:
        yield world


def test_bw_135_successes_are_acknowledged_and_failures_rejected(jobs: Rig) -> None:
    jobs.run(on_failure="reject")
    jobs.send("1", "2", "fail", "4", "5")
    (dead,) = jobs.dead()
    assert dead.body == b"fail"
    assert deaths(dead.headers)[0].reason == "failed: no such person (from work)"
    jobs.empty()
    assert jobs.counts["acked"] == 4
    assert jobs.counts["rejected"] == 1


def test_a_failed_message_is_tried_again_with_its_attempt_and_dead_lettered_at_the_end(jobs: Rig) -> None:
    jobs.run(on_failure=Retry(attempts=3, backoff=SOON), metadata=("attempt", "routing_key", "headers"))
    jobs.send("raise", message_id="a", headers={"h": 1})
    seen = jobs.handled(3)
    assert [message.metadata["attempt"] for message in seen] == [1, 2, 3]
    assert {message.metadata["headers"]["h"] for message in seen} == {1}
    (dead,) = jobs.dead()
    assert dead.headers[ATTEMPT] == 3
    assert dead.message_id == "a"
    assert deaths(dead.headers)[0].reason == "Bad: on purpose (attempt 3 of 3, from work)"
    jobs.empty()
    assert jobs.counts["retried"] == 2


def test_bw_132_without_a_policy_failures_end_among_the_dead_letters_and_never_in_a_loop(jobs: Rig) -> None:
    jobs.run()
    assert isinstance(jobs.source.options.on_failure, Retry)
    assert jobs.source.options.on_failure.attempts < 10


def test_bw_140_without_acknowledgement_nothing_is_settled_twice(jobs: Rig) -> None:
    jobs.run(no_ack=True)
    jobs.send("fail")
    jobs.handled(1)
    jobs.empty()
    assert jobs.counts["acked"] == 1
    assert jobs.status("dead-letters").depth == 0


def test_bw_138_a_handler_that_configures_nonsense_fails_its_message(jobs: Rig) -> None:
    jobs.run(on_failure="reject")
    jobs.handler.configure = {"on_success": "wat"}
    jobs.send("1")
    (dead,) = jobs.dead()
    assert "wat" in deaths(dead.headers)[0].reason


def test_a_handler_may_choose_what_becomes_of_its_message(jobs: Rig) -> None:
    jobs.run(on_failure="reject")
    jobs.handler.configure = {"on_failure": "ack"}
    jobs.send("fail")
    jobs.handled(1)
    jobs.empty()
    assert jobs.counts["acked"] == 1


def test_bw_139_requeue_once_comes_twice_and_is_dead_lettered(jobs: Rig) -> None:
    jobs.run(on_failure="requeue_once", metadata=("delivery_count",))
    jobs.send("fail")
    assert [message.metadata["delivery_count"] for message in jobs.handled(2)] == [0, 1]
    jobs.dead()


def test_bw_133_handlers_see_the_properties_that_were_asked_for(jobs: Rig) -> None:
    jobs.run(metadata=("routing_key", "content_type"))
    jobs.send("1", content_type="text/plain", message_id="a", headers={"h": 1})
    (message,) = jobs.handled(1)
    assert message.metadata == {"routing_key": "work", "content_type": "text/plain", "consumer": CONSUMER}


def test_bw_141_a_drain_fetches_nothing_more_and_works_off_what_is_there(jobs: Rig) -> None:
    pipeline = jobs.run(options=ONE, prefetch=10)
    jobs.send("hold", *map(str, range(30)))
    jobs.handled(1)
    jobs.until(lambda: jobs.counts["received"] >= 10)
    jobs.handler.gate.set()
    pipeline.stop()
    acked = jobs.counts["acked"]
    assert acked >= 10
    assert jobs.status("work").ready == 31 - acked
    assert jobs.status("work").unacked == 0


def test_bw_142_145_the_producer_lives_on_when_its_consumer_dies(jobs: Rig) -> None:
    jobs.run()
    jobs.send("1")
    jobs.handled(1)
    consumer = jobs.tree.system.registry.running(CONSUMER)
    consumer.request_stop(SHUTDOWN)
    jobs.until(lambda: jobs.tree.system.registry.running(CONSUMER) not in (None, consumer))
    jobs.send("2")
    jobs.handled(1)
    assert jobs.tree.system.tree.get(PRODUCER).restarts == 0


def test_bw_144_156_what_an_earlier_session_delivered_is_settled_nowhere(jobs: Rig) -> None:
    jobs.run(options=ONE)
    jobs.send("hold:1")
    jobs.handled(1)
    consumer = jobs.tree.system.registry.running(CONSUMER)
    consumer.request_stop(SHUTDOWN)
    jobs.until(lambda: jobs.tree.system.registry.running(CONSUMER) not in (None, consumer))
    jobs.until(lambda: jobs.counts["received"] == 2)
    jobs.handler.gate.set()
    jobs.handled(1)
    jobs.empty()
    assert jobs.status("work").totals["stale_tags"] == 1
    assert jobs.status("work").totals["acked"] == 1


def test_what_waits_of_an_earlier_session_is_not_worked_twice(jobs: Rig) -> None:
    jobs.run(options=ONE)
    jobs.send("hold", "1", "2", "3")
    jobs.handled(1)
    jobs.until(lambda: jobs.counts["received"] == 4)
    consumer = jobs.tree.system.registry.running(CONSUMER)
    consumer.request_stop(SHUTDOWN)
    jobs.until(lambda: jobs.counts["received"] == 8)
    jobs.handler.gate.set()
    again = [message.data for message in jobs.handled(4)]
    assert sorted(again) == [b"1", b"2", b"3", b"hold"]
    jobs.empty()
    assert jobs.counts["stale"] == 3
    assert jobs.handler.inbox.nothing_more()


def test_bw_155_each_producer_may_have_a_queue_of_its_own(jobs: Rig) -> None:
    jobs.run(merge=lambda number: {"queue": f"work-{number}"}, options={"producer": {"concurrency": 2}})
    jobs.publish(*(Message(queue.encode(), queue) for queue in ("work-1", "work-2")))
    assert sorted(message.data for message in jobs.handled(2)) == [b"work-1", b"work-2"]


def test_a_stage_that_dies_gives_its_messages_back_at_once(jobs: Rig) -> None:
    jobs.run(options=ONE, metadata=("delivery_count",))
    jobs.send("hold", "1")
    jobs.handled(1)
    processor = "/jobs/processors/processor-1"
    jobs.tree.system.registry.running(processor).request_stop(SHUTDOWN)
    jobs.handler.gate.set()
    jobs.empty()


def test_the_consumer_is_a_child_of_the_pipeline(jobs: Rig) -> None:
    jobs.run()
    jobs.tree.wait_state(CONSUMER, "running")
    jobs.tree.wait_state("/jobs/connector/retrier", "running")


def test_a_crash_of_the_producer_returns_what_it_held(jobs: Rig) -> None:
    jobs.run(options=ONE)
    jobs.send("hold", "1", "2")
    jobs.handled(1)
    jobs.tree.system.address(PRODUCER).cast(Crash())
    jobs.handler.gate.set()
    jobs.empty()


def test_without_a_database_a_killer_ends_among_the_dead_letters(jobs: Rig) -> None:
    jobs.run(options={**ONE, "max_restarts": 1000})
    jobs.send("exit")
    (dead,) = jobs.dead()
    assert deaths(dead.headers)[0].reason == "given back 20 times"


def test_what_waits_in_the_producer_is_counted_and_its_age_is_seen(jobs: Rig) -> None:
    jobs.run(options=ONE, prefetch=10)
    jobs.send("hold", *"123", timestamp=jobs.tree.system.clock.time() - 100.0)
    jobs.handled(1)
    jobs.until(lambda: jobs.counts["received"] == 4)
    (producer,) = (stage for stage in show(jobs.tree.system, "/jobs")["stages"] if stage["path"] == PRODUCER)
    assert (producer["in_flight"], producer["oldest_seconds"] > 90.0) == (3, True)
    jobs.handler.gate.set()
    jobs.empty()
