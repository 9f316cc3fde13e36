"""The broker for /metrics, read from its engine when scraped. Labels are names of queues; the scraping thread.

With the broker unreadable only `rookery_broker_up 0` is shown.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.broker.outbox.verbs import metrics
from actors.broker.port import Engine, QueueStatus
from actors.broker.specs import engine_of
from actors.errors import Unavailable
from supervision.verbs import Site

GAUGES = (
    ("ready", "Messages that wait for a consumer."),
    ("unacked", "Messages that a consumer holds."),
    ("delayed", "Messages whose time has not come."),
    ("oldest_seconds", "Age of the oldest message, where there is one and the broker tells."),
    ("consumers", "Consumers of the queue."),
)
TOTALS = (
    ("published", "Messages that reached the queue."),
    ("acked", "Messages that were done."),
    ("dead_lettered", "Messages that were rejected or came back too often."),
    ("dropped", "Messages that died in a queue without a way for dead letters."),
    ("stale_tags", "Settlements that came too late or twice and had no effect."),
)


class QueueCollector(Collector):
    """Holds no state; scrape it from any thread."""

    def __init__(self, engine: Engine, more: Callable[[], Iterable[Metric]] = tuple) -> None:
        self._engine = engine
        self._more = more

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the queues may not be there yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        yield from self._more()
        try:
            statuses, unroutable = self._engine.statuses(), self._engine.unroutable()
        except Unavailable:
            yield GaugeMetricFamily("rookery_broker_up", "Whether the broker can be read.", value=0)
            return
        yield GaugeMetricFamily("rookery_broker_up", "Whether the broker can be read.", value=1)
        yield CounterMetricFamily("rookery_broker_unroutable", "Messages that reached no queue.", value=unroutable)
        yield from _gauges(statuses)
        yield from _totals(statuses)


def _gauges(statuses: Sequence[QueueStatus]) -> Iterable[Metric]:
    for name, documentation in GAUGES:
        family = GaugeMetricFamily(f"rookery_broker_{name}", documentation, labels=["queue"])
        for status in statuses:
            value = getattr(status, name)
            if value is not None:
                family.add_metric([status.name], value)
        yield family


def _totals(statuses: Sequence[QueueStatus]) -> Iterable[Metric]:
    for name, documentation in TOTALS:
        family = CounterMetricFamily(f"rookery_broker_{name}", documentation, labels=["queue"])
        for status in statuses:
            family.add_metric([status.name], status.totals.get(name, 0))
        yield family


def collector(site: Site) -> QueueCollector:
    """Of the engine that the settings ask for, and of the outbox."""
    return QueueCollector(engine_of(site.settings), partial(metrics, site.settings))
