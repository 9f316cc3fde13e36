"""The SMS app for /metrics, read from the running actors without asking them. Runs in the thread that scrapes."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from apps.sms import measuring
from apps.sms.hub import metrics as hub
from apps.sms.outbound import metrics as outbound
from apps.sms.phones import metrics as phones
from supervision import System
from supervision.verbs import Site

#: Each room's own.
ROOMS: Sequence[Callable[[System], Iterable[Metric]]] = (
    hub.measured,
    outbound.measured,
    phones.measured,
    measuring.measured,
)


class SmsCollector(Collector):
    """What all rooms measure. Labels are what happened, never numbers or people."""

    def __init__(self, system: System) -> None:
        self._system = system

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the actors may not run yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        for measured in ROOMS:
            yield from measured(self._system)


def collector(site: Site) -> SmsCollector:
    return SmsCollector(site.system)
