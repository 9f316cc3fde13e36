"""Stages: actors that pass events on in lists, as many as were asked for. GenStage's demand protocol.

class Counter(Stage):                                   # a producer
    def handle_demand(self, count): self.emit(next_ones(count))

class Printer(Stage):                                   # a consumer
    def on_start(self): self.subscribe("/counter", max_demand=100)
    def handle_events(self, events, source): print(events)
"""

from actors.pipeline.stage.dispatch import BroadcastDispatcher, DemandDispatcher, Dispatcher, PartitionDispatcher
from actors.pipeline.stage.errors import BadSubscription, ProtocolViolation, StageError, UnknownPartition
from actors.pipeline.stage.messages import (
    CountBuffered,
    Events,
    Info,
    SetDemandMode,
    SubscribeTo,
    Subscription,
    Terms,
    events_in,
)
from actors.pipeline.stage.per_event import ConsumerSupervisor
from actors.pipeline.stage.stage import Stage
from actors.pipeline.stage.streams import IterableProducer, stream

__all__ = [
    "BadSubscription",
    "BroadcastDispatcher",
    "ConsumerSupervisor",
    "CountBuffered",
    "DemandDispatcher",
    "Dispatcher",
    "Events",
    "Info",
    "IterableProducer",
    "PartitionDispatcher",
    "ProtocolViolation",
    "SetDemandMode",
    "Stage",
    "StageError",
    "SubscribeTo",
    "Subscription",
    "Terms",
    "UnknownPartition",
    "events_in",
    "stream",
]
