"""With a queue of the broker: what would wait too long for the limit is back in the queue, with a delay."""

from pathlib import Path

from tests.actors.pipeline.connector.rig import rig


def test_messages_beyond_the_limit_wait_in_the_broker_and_not_unacked(tmp_path: Path) -> None:
    rate = {"allowed_messages": 2, "interval_seconds": 86_400.0, "per_key": lambda message: message.data[:1].decode()}
    with rig(tmp_path) as jobs:
        jobs.run(options={"producer": {"rate_limiting": rate}})
        jobs.send("a1", "a2", "a3", "a4", "b1")
        assert sorted(message.data for message in jobs.handled(3)) == [b"a1", b"a2", b"b1"]
        jobs.until(lambda: jobs.status("work").delayed == 2)
        jobs.until(lambda: jobs.status("work").unacked == 0)
