"""The email app for /metrics and for readiness, read from the running actors without asking them. Any thread."""

import time
from collections.abc import Iterable, Sequence
from functools import partial

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actors.database import Database
from actors.pipeline.topology import PipelineSupervisor
from actors.smtp.metrics import SenderCollector
from apps.email.campaign.fanout import Fanout
from apps.email.decider import Deciding
from apps.email.lane import Lane
from apps.email.queues import LANES
from apps.email.rulebook.book import BadRule, Book
from apps.email.sidekiq import metrics as sidekiq
from apps.email.supervisor import CAMPAIGN, PATH
from supervision import Row, State, System
from supervision.verbs import Probe, Site

#: A sender that has been at one batch for so long is not counted on: the mail server has frozen, or wishes to be slow.
STALLED_SECONDS = 10.0


class EmailCollector(Collector):
    """What became of mails since the root started, by lane; the ledger's books are the whole truth."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._senders = SenderCollector(system)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the dispatchers may not run yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        mails = CounterMetricFamily("rookery_email_mails", "Mails by what became of them.", labels=["class", "outcome"])
        waiting = GaugeMetricFamily(
            "rookery_email_in_hand", "Jobs a dispatcher holds, not yet settled.", labels=["class"]
        )
        events = CounterMetricFamily("rookery_email_events", "Events by what became of them.", labels=["outcome"])
        sends = CounterMetricFamily("rookery_email_sends", "What the fan-out did for sends.", labels=["work"])
        for actor in self._system.registry.all():
            if isinstance(actor, Fanout):
                for work, count in list(actor.counts.items()):
                    sends.add_metric([work], count)
            if isinstance(actor, PipelineSupervisor) and isinstance(handler := actor.options.handler, Deciding):
                for outcome, count in list(handler.counts.items()):
                    events.add_metric([outcome], count)
            if isinstance(actor, Lane):
                for state, count in list(actor.counts.items()):
                    mails.add_metric([actor.label, state], count)
                waiting.add_metric([actor.label], actor.in_hand)
        yield events
        yield mails
        yield waiting
        yield sends
        yield from sidekiq.jobs(self._system)
        yield from self._senders.collect()


def collector(site: Site) -> EmailCollector:
    return EmailCollector(site.system)


def probes(site: Site) -> Sequence[Probe]:
    """One per lane: mails can leave as long as one of its senders runs. One that is parked is told of even then: it
    stays down until somebody starts it again. And one of the rules, since one that would not do any more holds up all
    decisions."""
    lanes = [Probe(f"email.{lane}", partial(_lane_fault, site.system, lane)) for lane in (*LANES, CAMPAIGN)]
    return [*lanes, Probe("email.rules", partial(_rules_fault, site), fine="valid")]


def _rules_fault(site: Site) -> str | None:
    """That the database is away is for its own probe to say."""
    try:
        Book(site.settings.section("email"), Database(site.system)).last_known()
    except BadRule as error:
        return str(error)
    return None


def _lane_fault(system: System, lane: str) -> str | None:
    lanes = system.tree.everywhere(f"{PATH}/{lane}/mta")
    rows = [row for path in lanes for row in system.tree.children(path)]
    faults = [_sender_fault(row, time.monotonic()) for row in rows]
    if parked := [f"{row.path} is parked: {row.last_reason}" for row in rows if row.state is State.FAILED]:
        return "; ".join(parked)
    if None in faults:
        return None
    return f"no sender of the lane {lane} gets on: " + "; ".join(sorted({fault for fault in faults if fault}))


def _sender_fault(row: Row, now: float) -> str | None:
    """Why this sender hands nothing over; None when it does, or would. `now` as of `time.monotonic`."""
    if row.state is not State.RUNNING:
        return f"{row.state}, {row.last_reason}" if row.last_reason else str(row.state)
    since = row.live.busy_since if row.live else None
    if since is not None and now - since > STALLED_SECONDS:
        return "the mail server has kept it waiting for too long"
    return None
