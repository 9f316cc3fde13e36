"""The connector's counters on /metrics."""

from pathlib import Path

from prometheus_client.registry import CollectorRegistry

from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.metrics import TOLD, collector
from supervision.verbs import Site
from tests.actors.broker.harness import settings_for
from tests.actors.pipeline.connector.rig import rig


def test_every_counter_has_a_line() -> None:
    assert set(TOLD) == set(Counters().snapshot())


def test_the_counters_of_a_running_pipeline_are_shown(tmp_path: Path) -> None:
    with rig(tmp_path) as jobs:
        jobs.run()
        jobs.send("1", "2")
        jobs.handled(2)
        jobs.empty()
        registry = CollectorRegistry()
        registry.register(collector(Site(jobs.tree.system, settings_for(tmp_path))))
        assert registry.get_sample_value("rookery_connector_acked_total", {"pipeline": "/jobs"}) == 2
