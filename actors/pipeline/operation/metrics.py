"""Pipelines for /metrics, read when scraped from the plans of this process. Labels are ids of pipelines and stages."""

from collections.abc import Iterable
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.pipeline.errors import NotRunning
from actors.pipeline.operation.lag import lags_of
from actors.pipeline.operation.view import show
from actors.pipeline.pipeline import all_running
from supervision import System
from supervision.verbs import Site

STAGE_COUNTS = (
    ("successful", "Messages that a stage worked well."),
    ("failed", "Messages that failed in a stage."),
    ("requeued", "Messages that a stage gave back to where they came from."),
    ("dropped", "Messages that found no place in a full buffer, and were given back."),
)
RATE_COUNTS = (
    ("granted", "Messages that passed the rate limit."),
    ("returned", "Messages that went back to the broker since they would have waited too long for the limit."),
    ("refused", "Messages that failed since they cost more than the rate allows, or have no key."),
    ("unavailable", "Times that nobody could be asked for permits."),
)


class PipelineCollector(Collector):
    """Holds nothing but the lags; scrape it from any thread."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._lags = lags_of(system)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the pipelines may not run yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        views = list(self._views())
        yield from _gauges(views)
        yield from _stages(views)
        yield from _rates([view for view in views if view["rate"] is not None])
        yield from self._lags.seconds.collect()

    def _views(self) -> Iterable[dict[str, Any]]:
        for path in all_running(self._system):
            try:
                yield show(self._system, path)
            except NotRunning:  # it ended between the two looks
                continue


def _gauges(views: list[dict[str, Any]]) -> Iterable[Metric]:
    held = GaugeMetricFamily("rookery_pipeline_held", "Whether the pipeline stands still.", labels=["pipeline"])
    flight = GaugeMetricFamily("rookery_pipeline_in_flight", "Messages inside the pipeline.", labels=["pipeline"])
    told = "Age of the oldest message inside, of the first ones of all queues that tell their origin."
    oldest = GaugeMetricFamily("rookery_pipeline_oldest_seconds", told, labels=["pipeline"])
    for view in views:
        held.add_metric([view["path"]], view["state"] == "held")
        flight.add_metric([view["path"]], view["in_flight"])
        if view["oldest_seconds"] is not None:
            oldest.add_metric([view["path"]], view["oldest_seconds"])
    yield from (held, flight, oldest)


def _stages(views: list[dict[str, Any]]) -> Iterable[Metric]:
    labels = ["pipeline", "stage"]
    busy = GaugeMetricFamily("rookery_pipeline_busy", "Share of its time that a stage works, 0 to 1.", labels=labels)
    for view in views:
        for stage in view["stages"]:
            busy.add_metric([view["path"], stage["id"]], stage["busy"])
    yield busy
    for name, documentation in STAGE_COUNTS:
        family = CounterMetricFamily(f"rookery_pipeline_{name}", documentation, labels=labels)
        for view in views:
            for stage in view["stages"]:
                family.add_metric([view["path"], stage["id"]], stage[name])
        yield family


def _rates(views: list[dict[str, Any]]) -> Iterable[Metric]:
    waiting = GaugeMetricFamily(
        "rookery_pipeline_rate_waiting", "Messages that wait for the rate limit.", labels=["pipeline"]
    )
    for view in views:
        waiting.add_metric([view["path"]], sum(stage["limited"] for stage in view["stages"]))
    yield waiting
    for name, documentation in RATE_COUNTS:
        family = CounterMetricFamily(f"rookery_pipeline_rate_{name}", documentation, labels=["pipeline"])
        for view in views:
            if name in view["rate"]:
                family.add_metric([view["path"]], view["rate"][name])
        yield family


def collector(site: Site) -> PipelineCollector:
    """Of the pipelines of this process."""
    return PipelineCollector(site.system)
