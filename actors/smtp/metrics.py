"""What the senders handed over, for /metrics, read without asking the actors. Runs in the scraping thread.

Senders belong to the apps that start them, so an app that has some adds this collector to its own metrics.
"""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.smtp.sender import Sender
from supervision import System
from supervision.verbs import Site


class SenderCollector(Collector):
    """One series per running sender and outcome; the counts go on where they were after a restart."""

    def __init__(self, system: System) -> None:
        self._system = system

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "rookery_smtp_mails", "Mails tried by a sender, by what became of them.", labels=["child", "outcome"]
        )
        for actor in self._system.registry.all():
            if isinstance(actor, Sender):
                for outcome, count in actor.tally.counts().items():
                    family.add_metric([actor.context.path, outcome], count)
        yield family


def collector(site: Site) -> SenderCollector:
    return SenderCollector(site.system)
