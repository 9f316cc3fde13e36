"""What became of jobs, for /metrics. Light: imports nothing of Redis, so that it may be asked without the extra."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

from supervision import Actor
from supervision.system import System


class Counting(Actor):
    """Counts jobs by what became of them: events, retry, dead, discarded, malformed, recovered, unavailable."""

    counts: Counter[str]


def jobs(system: System) -> Iterator[Metric]:
    """Nothing where no reader runs. Any thread."""
    family = CounterMetricFamily(
        "rookery_email_sidekiq_jobs", "Sidekiq's jobs by what became of them.", labels=["outcome"]
    )
    for actor in system.registry.all():
        if isinstance(actor, Counting):
            for outcome, count in list(actor.counts.items()):
                family.add_metric([outcome], count)
    if family.samples:
        yield family
