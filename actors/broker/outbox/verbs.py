"""What can be asked about the outboxes of this machine: they share a file, which is read from outside. Any thread."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from actors.broker.outbox.store import refused, waiting
from actors.broker.specs import outbox_engine, section
from actors.errors import Unavailable
from supervision.config import Settings
from supervision.verbs import NoParams, Site


def outbox(site: Site, params: NoParams) -> dict[str, Any]:
    """What waits for the broker, per process. Raises Unavailable."""
    config = section(site.settings).outbox
    if config is None:
        return {"enabled": False}
    engine = outbox_engine(site.settings, config)
    outboxes = [asdict(one) for one in waiting(engine)]
    return {"enabled": True, "max_bytes": config.max_bytes, "outboxes": outboxes, "refused": refused(engine)}


def in_words(settings: Settings) -> str:
    """For /readyz: what waits, nothing when nothing does."""
    config = section(settings).outbox
    if config is None:
        return ""
    try:
        found = waiting(outbox_engine(settings, config))
    except Unavailable as error:
        return f"; the outbox: {error.why}"
    count, oldest = sum(one.messages for one in found), max((one.oldest_seconds or 0.0 for one in found), default=0.0)
    return f"; {count} messages wait in the outbox, the oldest for {oldest:.0f} s" if count else ""


def metrics(settings: Settings) -> Iterable[Metric]:
    """Nothing when there is no outbox, or its file cannot be read."""
    config = section(settings).outbox
    if config is None:
        return
    messages = GaugeMetricFamily("rookery_outbox_messages", "Messages that wait for the broker.", labels=["outbox"])
    oldest = GaugeMetricFamily(
        "rookery_outbox_oldest_seconds", "Age of the oldest message that waits, 0 when none does.", labels=["outbox"]
    )
    try:
        engine = outbox_engine(settings, config)
        for one in waiting(engine):
            messages.add_metric([one.outbox], one.messages)
            oldest.add_metric([one.outbox], one.oldest_seconds or 0.0)
        gone = refused(engine)
    except Unavailable:
        return
    yield messages
    yield oldest
    yield GaugeMetricFamily("rookery_outbox_refused", "Messages of the outbox that the broker refused.", value=gone)
    yield GaugeMetricFamily("rookery_outbox_max_bytes", "What the outbox's file may hold.", value=config.max_bytes)
