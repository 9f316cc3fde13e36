"""Links, intake and webhooks for /metrics. Runs in the thread that scrapes."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric

from actors.carrier.http.link import HttpLink
from actors.carrier.simulated.link import SimulatedLink
from apps.sms.intake import Intake
from apps.sms.routes import counts
from supervision import System


def measured(system: System) -> Iterable[Metric]:
    """By what became of them, since this process started."""
    pieces = CounterMetricFamily(
        "rookery_sms_link_pieces", "Segments that a link handed over, by verdict.", labels=["child", "outcome"]
    )
    taken = CounterMetricFamily("rookery_sms_intake", "What links brought, by what became of it.", labels=["outcome"])
    webhooks = CounterMetricFamily(
        "rookery_sms_webhooks", "Webhooks of carriers, by what became of them.", labels=["carrier", "outcome"]
    )
    for actor in system.registry.all():
        if isinstance(actor, HttpLink | SimulatedLink):
            for outcome, count in list(actor.counts.items()):
                pieces.add_metric([actor.context.path, outcome], count)
        elif isinstance(actor, Intake):
            for outcome, count in list(actor.counts.items()):
                taken.add_metric([outcome], count)
    for (carrier, outcome), count in list(counts(system).items()):
        webhooks.add_metric([carrier, outcome], count)
    yield from (pieces, taken, webhooks)
