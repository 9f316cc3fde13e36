"""The pool's gauges for /metrics, read without asking the actor. Runs in the thread that scrapes."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from actors.database.access import Database
from actors.database.meters import meters_of
from actors.database.pool import Pool
from actors.errors import Unavailable
from supervision import System
from supervision.verbs import Site


class PoolCollector(Collector):
    """Sizes and use of the pool while there is one, and what was counted since the root started."""

    def __init__(self, system: System) -> None:
        self._database = Database(system)
        self._meters = meters_of(system)

    def collect(self) -> Iterable[Metric]:
        yield from self._pool()
        for meter in (self._meters.acquire_seconds, self._meters.waiting, self._meters.unavailable):
            yield from meter.collect()

    def _pool(self) -> Iterable[Metric]:
        try:
            size, in_use = usage(self._database.pool())
        except Unavailable:
            yield _gauge("rookery_database_up", "Whether the pool is open.", 0)
            return
        yield _gauge("rookery_database_up", "Whether the pool is open.", 1)
        yield _gauge("rookery_database_pool_size", "Connections the pool may open.", size)
        yield _gauge("rookery_database_in_use", "Connections in use.", in_use)


def usage(pool: Pool) -> tuple[int, int]:
    """How many connections the pool may open, and how many are in use."""
    gate = pool.gate
    if gate is None or not isinstance(gate.engine.pool, QueuePool):
        return pool.config.pool_size, 0
    return gate.engine.pool.size(), gate.engine.pool.checkedout()


def _gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, value=value)


def collector(site: Site) -> PoolCollector:
    return PoolCollector(site.system)
