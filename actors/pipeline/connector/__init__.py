"""Pipelines fed by the broker: retry with delay, quarantine of what kills its stage, and a window against copies.

source = BrokerSource(settings, BrokerOptions("email.events", on_failure=Retry(attempts=5)))
pipeline_spec("events", handler=Events(), producer={"actor": BrokerProducer, "args": (source,)})

The record brings the tables, verbs, commands and pages of the quarantine. The public names are loaded when first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from supervision.app import App

if TYPE_CHECKING:
    from actors.pipeline.connector.counters import Counters
    from actors.pipeline.connector.dedupe import Window
    from actors.pipeline.connector.options import BrokerOptions
    from actors.pipeline.connector.producer import BrokerProducer
    from actors.pipeline.connector.retry import Retry, Rule, delays
    from actors.pipeline.connector.source import BrokerSource
    from actors.pipeline.rates.lanes import Lane

__all__ = [
    "APP",
    "BrokerOptions",
    "BrokerProducer",
    "BrokerSource",
    "Counters",
    "Lane",
    "Retry",
    "Rule",
    "Window",
    "delays",
]

APP = App(
    name="connector",
    tables="actors.pipeline.connector.tables:METADATA",
    verbs="actors.pipeline.connector.quarantine.verbs:VERBS",
    commands="actors.pipeline.connector.quarantine.commands:quarantine",
    pages="actors.pipeline.connector.quarantine.pages:pages",
    metrics="actors.pipeline.connector.metrics:collector",
    placement="everywhere",
)

_HOMES = {
    "BrokerOptions": "options",
    "BrokerProducer": "producer",
    "BrokerSource": "source",
    "Counters": "counters",
    "Lane": "options",
    "Retry": "retry",
    "Rule": "retry",
    "Window": "dedupe",
    "delays": "retry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
