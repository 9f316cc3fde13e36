"""With a queue of the broker: what must wait waits there, and not unacknowledged in a process."""

from pathlib import Path

from actors.broker import Nack
from actors.pipeline.rates.valve import Pause, Resume
from actors.pipeline.stage.messages import CountBuffered
from tests.actors.pipeline.connector.rig import PIPELINE, rig


def test_messages_beyond_the_limit_wait_in_the_broker_and_not_unacked(tmp_path: Path) -> None:
    rate = {"allowed_messages": 2, "interval_seconds": 86_400.0, "per_key": lambda message: message.data[:1].decode()}
    with rig(tmp_path) as jobs:
        jobs.run(options={"producer": {"rate_limiting": rate}})
        jobs.send("a1", "a2", "a3", "a4", "b1")
        assert sorted(message.data for message in jobs.handled(3)) == [b"a1", b"a2", b"b1"]
        jobs.until(lambda: jobs.status("work").delayed == 2)
        jobs.until(lambda: jobs.status("work").unacked == 0)


def test_a_pipeline_that_stands_still_fetches_nothing(tmp_path: Path) -> None:
    with rig(tmp_path) as jobs:
        jobs.run()
        jobs.send("a")
        jobs.handled(1)
        jobs.empty()
        valve = jobs.tree.system.address(f"{PIPELINE}/valve")
        valve.call(Pause())
        jobs.tree.system.address(f"{PIPELINE}/producers/producer-1").call(CountBuffered())  # it has heard of the pause
        jobs.tree.system.address(f"{PIPELINE}/connector/consumers/consumer-1").call(Nack(()))  # and the consumer, too
        jobs.send("b", "c")
        jobs.until(lambda: jobs.status("work").ready == 2)
        assert jobs.status("work").unacked == 0
        valve.call(Resume())
        assert sorted(message.data for message in jobs.handled(2)) == [b"b", b"c"]
        jobs.empty()
