"""The demo world for /metrics, read without asking its actors. Runs in the thread that scrapes."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.demo.petitions import PATH, Petitions
from apps.demo.texting import PATH as TEXTING
from apps.demo.texting import Texting
from supervision import System
from supervision.verbs import Site


class DemoCollector(Collector):
    """Counters since the actors' last start; nothing while they do not run."""

    def __init__(self, system: System) -> None:
        self._system = system

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the actor may not run."""
        return ()

    def collect(self) -> Iterable[Metric]:
        yield from self._petitions()
        yield from self._texting()

    def _petitions(self) -> Iterable[Metric]:
        site = self._system.registry.running(PATH)
        if not isinstance(site, Petitions):
            return
        yield CounterMetricFamily("rookery_demo_signatures", "Signatures on petitions.", value=site.signatures)
        yield CounterMetricFamily("rookery_demo_events", "Events that the broker confirmed.", value=site.published)
        held_back = CounterMetricFamily(
            "rookery_demo_held_back", "Seconds in which the world stood still.", labels=["reason"]
        )
        for reason, seconds in site.held_back.items():
            held_back.add_metric([reason], seconds)
        yield held_back

    def _texting(self) -> Iterable[Metric]:
        members = self._system.registry.running(TEXTING)
        if not isinstance(members, Texting):
            return
        texts = CounterMetricFamily("rookery_demo_texts", "Texts and broadcasts, by whose doing.", labels=["what"])
        for what, count in list(members.counts.items()):
            texts.add_metric([what], count)
        held_back = CounterMetricFamily(
            "rookery_demo_texts_held_back", "Seconds in which nobody texted.", labels=["reason"]
        )
        for reason, seconds in members.held_back.items():
            held_back.add_metric([reason], seconds)
        yield from (texts, held_back)


def collector(site: Site) -> DemoCollector:
    return DemoCollector(site.system)
