"""An app's metrics over all processes of a tree: what the root measures itself, and what the nodes told last.

Runs in the thread that scrapes and asks no node. Samples of a node carry the label `node`, the id of its spec.
"""

from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from supervision.node.places import nodes
from supervision.system import System


class WholeCollector(Collector):
    """`local` is the app's collector in this process, `dotted` its name in the app's record."""

    def __init__(self, local: Collector, system: System, dotted: str) -> None:
        self._local = local
        self._system = system
        self._dotted = dotted

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the actors may not run yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        families = {family.name: family for family in self._local.collect()}
        for node in nodes(self._system):
            for family in node.measured(self._dotted):
                samples = [_labelled(sample, node.context.path.rpartition("/")[2]) for sample in family.samples]
                known = families.setdefault(family.name, _empty(family))
                known.samples = [*known.samples, *samples]
        yield from families.values()


def _labelled(sample: Sample, node: str) -> Sample:
    return sample._replace(labels={**sample.labels, "node": node})


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type, family.unit)
