"""Pipelines fed by the broker: retry with delay, quarantine of what kills its stage, and a window against copies."""

from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.dedupe import Window
from actors.pipeline.connector.options import BrokerOptions
from actors.pipeline.connector.producer import BrokerProducer
from actors.pipeline.connector.retry import Retry, Rule, delays
from actors.pipeline.connector.source import BrokerSource

__all__ = ["BrokerOptions", "BrokerProducer", "BrokerSource", "Counters", "Retry", "Rule", "Window", "delays"]
