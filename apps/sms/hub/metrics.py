"""The way in and the hub for /metrics. Runs in the thread that scrapes."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.pipeline.topology import PipelineSupervisor
from apps.sms.hub.hub import Hub
from apps.sms.hub.news import News
from apps.sms.inbound import Inbound
from supervision import System


def measured(system: System) -> Iterable[Metric]:
    """What became of texts that came in, and what waits for the hub: each node tells the same of that."""
    arrived = CounterMetricFamily(
        "rookery_sms_arrived", "Texts that came in, by what became of them.", labels=["pipeline", "outcome"]
    )
    worked = CounterMetricFamily(
        "rookery_sms_worked", "Texts that the hub looked at, by what it did.", labels=["outcome"]
    )
    told = CounterMetricFamily("rookery_sms_news", "Members that joined or left, told to everybody.", labels=["state"])
    waiting = GaugeMetricFamily("rookery_sms_backlog", "Texts that wait for the hub, of all nodes.")
    oldest = GaugeMetricFamily("rookery_sms_backlog_age_seconds", "Since when the oldest of them waits.")
    for actor in system.registry.all():
        if isinstance(actor, PipelineSupervisor) and isinstance(handler := actor.options.handler, Inbound):
            _add(arrived, handler.counts, "stops" if handler.at_once else "inbound")
        elif isinstance(actor, Hub):
            _add(worked, actor.counts)
            waiting.add_metric([], actor.backlog.texts)
            oldest.add_metric([], actor.backlog.age_seconds(system.clock.time()))
        elif isinstance(actor, News):
            _add(told, actor.counts)
    yield from (arrived, worked, told, waiting, oldest)


def _add(family: CounterMetricFamily, counts: dict[str, int], *labels: str) -> None:
    for label, count in list(counts.items()):
        family.add_metric([*labels, label], count)
