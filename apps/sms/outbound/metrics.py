"""The way out for /metrics. Runs in the thread that scrapes; only the node that holds the lease has most of it."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.pipeline.topology import PipelineSupervisor
from apps.sms.outbound.asker import Asker
from apps.sms.outbound.authority import Authority
from apps.sms.outbound.clerk import Clerk
from apps.sms.outbound.receipts import Receipts
from supervision import System


def measured(system: System) -> Iterable[Metric]:
    """What left, what became of it, and how carriers and limits stand."""
    pieces = CounterMetricFamily("rookery_sms_pieces", "Pieces of texts, by what was done or said.", labels=["outcome"])
    outcomes = CounterMetricFamily(
        "rookery_sms_outbound", "Texts that were decided on, by outcome.", labels=["outcome"]
    )
    receipts = CounterMetricFamily("rookery_sms_receipts", "Receipts by what became of them.", labels=["outcome"])
    asked = CounterMetricFamily(
        "rookery_sms_questions",
        "Pieces that carriers were asked for, given up as unknown, or why a question brought no receipt.",
        labels=["outcome"],
    )
    waits = CounterMetricFamily("rookery_sms_limit_waits", "How often a limit held texts up.", labels=["limit"])
    throttles = CounterMetricFamily("rookery_sms_throttles", "Throttling answers, by carrier.", labels=["carrier"])
    health = GaugeMetricFamily(
        "rookery_sms_carrier_health", "0 up, 1 slowed, 2 away, 3 down, 4 paused; of the holder.", labels=["carrier"]
    )
    in_hand = GaugeMetricFamily("rookery_sms_in_hand", "Pieces that wait for a carrier's answer.", labels=["carrier"])
    claimed = GaugeMetricFamily("rookery_sms_claimed", "Texts that are claimed and not settled.")
    for actor in system.registry.all():
        if isinstance(actor, PipelineSupervisor) and isinstance(handler := actor.options.handler, Receipts):
            _add(receipts, handler.counts)
        elif isinstance(actor, Clerk):
            _add(outcomes, actor.counts)
            claimed.add_metric([], actor.claimed)
        elif isinstance(actor, Asker):
            _add(asked, actor.counts)
        elif isinstance(actor, Authority):
            _add(pieces, actor.counts)
            if (term := actor.term) is None:
                continue
            _add(waits, term.dock.waits)
            for name, state in actor.health().items():
                health.add_metric([name], state)
                in_hand.add_metric([name], actor.links.in_hand(name))
                throttles.add_metric([name], actor.pressure[name].throttles)
    yield from (pieces, outcomes, receipts, asked, waits, throttles, health, in_hand, claimed)


def _add(family: CounterMetricFamily, counts: dict[str, int]) -> None:
    for label, count in list(counts.items()):
        family.add_metric([label], count)
