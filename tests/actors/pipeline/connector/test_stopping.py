"""A stop while something the pipeline needs is missing: what nobody began goes back, and no attempt is burnt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.pipeline.rates.valve import PipelineHeld
from supervision import DeleteChild
from supervision.verbs import Probe
from tests.actors.pipeline.connector.rig import TOPOLOGY, Rig, rig


@pytest.fixture(params=["make_embedded", "make_amqp"])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    make = request.getfixturevalue(request.param)
    with rig(tmp_path, engine=make(TOPOLOGY)) as world:
        yield world


def test_what_waits_in_the_producer_returns_to_its_queue(jobs: Rig) -> None:
    faults: list[str] = []
    needs = (Probe("mta", lambda: faults[0] if faults else None),)
    processors: dict[str, Any] = {"concurrency": 1, "max_demand": 1, "min_demand": 0}
    pipeline = jobs.run(options={"processors": processors, "needs": needs}, prefetch=20)
    jobs.send("hold", *map(str, range(19)))
    jobs.handled(1)
    jobs.until(lambda: jobs.counts["received"] == 20)
    faults.append("it is down")
    jobs.tree.events.expect(PipelineHeld)
    jobs.handler.gate.set()
    jobs.until(lambda: jobs.counts["acked"] == 1)
    pipeline.stop(timeout=10.0)
    assert jobs.handler.bodies == [b"hold"]
    assert jobs.counts["requeued"] == 19
    jobs.tree.system.address("/").call(DeleteChild("jobs"))
    jobs.run(metadata=("attempt",))
    again = jobs.handled(19)
    assert sorted(message.data for message in again) == sorted(str(number).encode() for number in range(19))
    assert {message.metadata["attempt"] for message in again} == {1}
    jobs.empty()
