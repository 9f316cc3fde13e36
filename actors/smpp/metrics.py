"""What the binds of this process did, for /metrics, read without asking the actors. Runs in the scraping thread.

Binds belong to the apps that start them, so an app that has some adds this collector to its own metrics.
"""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.smpp.bind import Bind
from actors.smpp.tally import Tally
from supervision import System
from supervision.verbs import Site

CHILD = ["child"]


class BindCollector(Collector):
    """One series per running bind; the counts go on where they were after a restart."""

    def __init__(self, system: System) -> None:
        self._system = system

    def collect(self) -> Iterable[Metric]:
        pieces = CounterMetricFamily(
            "rookery_smpp_pieces", "Pieces that a bind took, by what was told of them.", labels=[*CHILD, "outcome"]
        )
        events = CounterMetricFamily(
            "rookery_smpp_events",
            "What else happened to a bind: late answers, deliveries sent back, PDUs that make no sense.",
            labels=[*CHILD, "event"],
        )
        in_use = GaugeMetricFamily("rookery_smpp_window_in_use", "Unanswered submit_sm.", labels=CHILD)
        size = GaugeMetricFamily("rookery_smpp_window", "Unanswered submit_sm that are allowed.", labels=CHILD)
        congestion = GaugeMetricFamily(
            "rookery_smpp_congestion", "How near its limit the SMSC says it is, 0 to 100.", labels=CHILD
        )
        answers = HistogramMetricFamily("rookery_smpp_answer_seconds", "From submit_sm to its answer.", labels=CHILD)
        for path, tally in self._tallies():
            for kind, count in tally.outcomes.copy().items():
                pieces.add_metric([path, kind], count)
            for name, count in tally.events.copy().items():
                events.add_metric([path, name], count)
            in_use.add_metric([path], tally.in_use)
            size.add_metric([path], tally.window)
            if tally.congestion is not None:
                congestion.add_metric([path], tally.congestion)
            answers.add_metric([path], buckets=tally.buckets(), sum_value=tally.answer_seconds)
        yield from (pieces, events, in_use, size, congestion, answers)

    def _tallies(self) -> Iterable[tuple[str, Tally]]:
        return [(actor.context.path, actor.tally) for actor in self._system.registry.all() if isinstance(actor, Bind)]


def collector(site: Site) -> BindCollector:
    return BindCollector(site.system)
