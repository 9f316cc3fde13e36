"""What stands in the database about texts, read now and then for /metrics. `/sms/measuring`, one in every node.

Runs in its own thread and waits there for the database. Queue and limits are of all nodes, so each tells the same;
opt-outs are counted by the one that hands texts over, from when it began. Not guaranteed: that each opt-out is counted
when another node takes over.
"""

import logging
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

from actors.database import Connection, Database, Unavailable
from apps.sms.outbound import lookup, pauses, silences
from apps.sms.outbound.report import NAME as REPORT
from apps.sms.states import Lane
from supervision import Actor, Backoff, ChildSpec, System

logger = logging.getLogger(__name__)

PATH = "/sms/measuring"
AUTHORITY = "/sms/outbound/authority"
MEASURE_SECONDS = 5.0
#: What a carrier takes longer to answer is in doubt, so that an opt-out of then is over.
OVER = timedelta(seconds=30)
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)


@dataclass(frozen=True, slots=True)
class Look:
    """To itself: it is time."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading. `lanes`: texts and seconds of the oldest; `limits`: the fullest key of each, 0 to 1."""

    lanes: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)


class Silences:
    """A histogram of seconds. It outlives the incarnations."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total_seconds = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total_seconds += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus has them: each with all before it."""
        names = [*map(str, BUCKETS), "+Inf"]
        return [(name, sum(self.counts[: place + 1])) for place, name in enumerate(names)]


class Measuring(Actor):
    """`measured` and `silences` may be read from any thread."""

    def __init__(self, silences: Silences) -> None:
        super().__init__()
        self.measured = Measured()
        self.silences = silences
        #: The last line of the ledger of consents that was looked at; None while somebody else hands texts over.
        self._after: int | None = None

    def on_start(self) -> None:
        self.database = Database(self.context.system)
        self.send_after(0.0, Look())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self._look()
                self.send_after(MEASURE_SECONDS, Look())
            case _:
                return super().on_receive(message)
        return None

    def _look(self) -> None:
        now = datetime.fromtimestamp(self.context.system.clock.time(), UTC)
        try:
            with self.database.read() as conn:
                self.measured = measure(conn, now)
                self._listen(conn, now)
        except Unavailable as error:
            logger.debug("%s waits: %s", self.context.path, error)

    def _listen(self, conn: Connection, now: datetime) -> None:
        if not self._hands_over():
            self._after = None
        elif self._after is None:
            self._after = silences.latest(conn)
        else:
            for one in silences.silenced(conn, self._after, now - OVER):
                self.silences.add(one.seconds)
                self._after = one.number

    def _hands_over(self) -> bool:
        authority = self.context.system.registry.running(AUTHORITY)
        return getattr(authority, "term", None) is not None


def measure(conn: Connection, now: datetime) -> Measured:
    """How queue and limits stand."""
    lanes = dict.fromkeys((lane.value for lane in Lane), (0, 0.0))
    for one in lookup.waiting(conn, now):
        texts, oldest = lanes[one["lane"]]
        lanes[one["lane"]] = (texts + one["texts"], max(oldest, one["oldest_seconds"]))
    said = pauses.reported(conn, REPORT)
    limits: dict[str, float] = {}
    for one in said.body.get("limits", ()) if said is not None else ():
        limits[one["limit"]] = max(limits.get(one["limit"], 0.0), one["used"] / one["amount"])
    return Measured(lanes, limits)


def measured(system: System) -> Iterable[Metric]:
    """For /metrics. Runs in the thread that scrapes."""
    queued = GaugeMetricFamily("rookery_sms_queued", "Texts that wait to leave, of all nodes.", labels=["lane"])
    oldest = GaugeMetricFamily(
        "rookery_sms_queued_age_seconds", "Since when the oldest of them might leave.", labels=["lane"]
    )
    used = GaugeMetricFamily(
        "rookery_sms_limit_used_ratio", "How much of a limit is used, by its fullest key.", labels=["limit"]
    )
    actor = system.registry.running(PATH)
    if not isinstance(actor, Measuring):
        return
    for lane, (texts, seconds) in actor.measured.lanes.items():
        queued.add_metric([lane], texts)
        oldest.add_metric([lane], seconds)
    for limit, share in actor.measured.limits.items():
        used.add_metric([limit], share)
    silent = HistogramMetricFamily(
        "rookery_sms_silence_seconds", "From an opt-out that came in to the last text that left in spite of it."
    )
    silent.add_metric([], actor.silences.buckets(), actor.silences.total_seconds)
    yield from (queued, oldest, used, silent)


def measuring_spec() -> ChildSpec:
    """Of this process."""
    return ChildSpec(id="measuring", actor=Measuring, args=(Silences(),), start="eventual", backoff=BACKOFF)
