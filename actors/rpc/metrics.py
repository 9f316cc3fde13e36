"""Calls and requests for /metrics, read without asking the actors. Runs in the scraping thread."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.rpc.client import Client
from actors.rpc.contract import name_of
from actors.rpc.server import Server
from supervision import System
from supervision.verbs import Site


class RpcCollector(Collector):
    """What became of them since the process started; holds no state."""

    def __init__(self, system: System) -> None:
        self._system = system

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the actors may not run yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        calls = CounterMetricFamily("rookery_rpc_calls", "Calls made, by how they ended.", labels=["outcome"])
        awaited = GaugeMetricFamily("rookery_rpc_awaited", "Calls that await their reply.")
        requests = CounterMetricFamily(
            "rookery_rpc_requests", "Requests taken, by what became of them.", labels=["service", "outcome"]
        )
        for actor in self._system.registry.all():
            if isinstance(actor, Client):
                awaited.add_metric([], len(actor.pending))
                for outcome, count in list(actor.counts.items()):
                    calls.add_metric([outcome], count)
            elif isinstance(actor, Server):
                for outcome, count in list(actor.counts.items()):
                    requests.add_metric([name_of(actor.contract), outcome], count)
        yield from (calls, awaited, requests)


def collector(site: Site) -> RpcCollector:
    return RpcCollector(site.system)
