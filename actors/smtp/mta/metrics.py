"""What the embedded server did with mails, for /metrics, read without asking the actor. Runs in the scraping thread."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.smtp.mta.server import PATH, Mta
from supervision import System
from supervision.verbs import Site

OUTCOMES = ("kept", "deferred", "refused", "dropped", "garbled", "failed")


class MtaCollector(Collector):
    """Shows nothing while the server does not run."""

    def __init__(self, system: System) -> None:
        self._system = system

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "rookery_mta_mails", "Mails the embedded server kept or was difficult about.", labels=["outcome"]
        )
        mta = self._system.registry.running(PATH)
        if isinstance(mta, Mta):
            for outcome in OUTCOMES:
                family.add_metric([outcome], mta.counts[outcome])
        yield family


def collector(site: Site) -> MtaCollector:
    return MtaCollector(site.system)
