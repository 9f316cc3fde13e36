"""The connector's counters on /metrics."""

import pickle
from pathlib import Path

from prometheus_client.registry import CollectorRegistry

from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.keeper import Working
from actors.pipeline.connector.metrics import TOLD, collector
from supervision.verbs import Site
from tests.actors.broker.harness import settings_for
from tests.actors.pipeline.connector.rig import rig


def test_every_counter_has_a_line() -> None:
    assert set(TOLD) == set(Counters().snapshot())


def test_counters_travel_into_a_node_and_what_a_process_works_on_does_not() -> None:
    counters = Counters(received=3, acked=2)
    assert pickle.loads(pickle.dumps(counters)) == counters
    working = Working()
    working["a message"] = 1.0
    there = pickle.loads(pickle.dumps(working))
    assert there == {} and there.process != working.process


def test_the_counters_of_a_running_pipeline_are_shown(tmp_path: Path) -> None:
    with rig(tmp_path) as jobs:
        jobs.run()
        jobs.send("1", "2")
        jobs.handled(2)
        jobs.empty()
        registry = CollectorRegistry()
        registry.register(collector(Site(jobs.tree.system, settings_for(tmp_path))))
        assert registry.get_sample_value("rookery_connector_acked_total", {"pipeline": "/jobs"}) == 2
