"""An app's metrics over the root and its nodes."""

from collections.abc import Iterable
from threading import Event
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from supervision.node.metrics import WholeCollector
from supervision.testing import running
from supervision.verbs import Site
from tests.supervision.node.inside import node

DOTTED = "tests.supervision.node.test_metrics:collector"


class Mails(Collector):
    """Counts what its process is called."""

    def __init__(self, site: Site) -> None:
        self.place = site.system.base or "root"

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily("mails", "Mails.", labels=["place"])
        family.add_metric([self.place], 3)
        yield family


def collector(site: Site) -> Mails:
    return Mails(site)


def test_what_nodes_measured_stands_beside_the_roots_own_in_one_family() -> None:
    with running(node(options={"collectors": (DOTTED,)})) as tree:
        site: Any = Site(tree.system, None)  # type: ignore[arg-type]
        registry = CollectorRegistry()
        registry.register(WholeCollector(Mails(site), tree.system, DOTTED))
        pause = Event()
        for _ in range(200):
            text = generate_latest(registry).decode()
            if "node=" in text:
                break
            pause.wait(0.05)
        assert 'mails_total{place="root"} 3.0' in text
        assert 'mails_total{node="n",place="/n"} 3.0' in text
        assert text.count("# TYPE mails_total counter") == 1
