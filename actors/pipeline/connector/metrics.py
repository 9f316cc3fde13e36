"""The connector for /metrics: its counters, read without asking any actor. Runs in the scraping thread."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.producer import BrokerProducer
from supervision.system import System
from supervision.verbs import Site

TOLD = {
    "received": "Deliveries from the queue.",
    "emitted": "Messages handed to the stages.",
    "acked": "Messages that were done, or recognised as copies.",
    "rejected": "Messages that went to the dead letters.",
    "requeued": "Messages sent back to their queue.",
    "retried": "Messages published for another attempt.",
    "quarantined": "Messages put into quarantine.",
    "copies": "Messages that were handled within the window before.",
    "busy": "Messages sent back since the same was being handled.",
    "taken_over": "Messages whose former claim had a dead holder.",
    "alone": "Suspects that were handled alone.",
    "deaths": "Messages that were in hand when a stage died.",
    "postponed": "Messages sent back since database or broker did not work.",
    "stale": "Deliveries of an earlier session that were not worked on.",
    "untold": "Settlements whose consumer was gone.",
}


class ConnectorCollector(Collector):
    """Holds no state; of the pipelines of this process."""

    def __init__(self, system: System) -> None:
        self._system = system

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand."""
        return ()

    def collect(self) -> Iterable[Metric]:
        snapshots = {path: counters.snapshot() for path, counters in counters_of(self._system).items()}
        for name, documentation in TOLD.items():
            family = CounterMetricFamily(f"rookery_connector_{name}", documentation, labels=["pipeline"])
            for path, snapshot in snapshots.items():
                family.add_metric([path], snapshot[name])
            yield family


def counters_of(system: System) -> dict[str, Counters]:
    """By the path of the pipeline, of those that run. Any thread."""
    producers = [actor for actor in system.registry.all() if isinstance(actor, BrokerProducer)]
    return {producer.plan.path: producer.counters for producer in producers}


def collector(site: Site) -> ConnectorCollector:
    """Of the pipelines of this process."""
    return ConnectorCollector(site.system)
