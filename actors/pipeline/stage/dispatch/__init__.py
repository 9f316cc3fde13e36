"""Who gets which events: dispatchers decide for a producer between its consumers. Pure; the producer's thread.

`DemandDispatcher` gives to whoever asked for most, `PartitionDispatcher` to the consumer of the event's partition,
`BroadcastDispatcher` to everybody.
"""

from actors.pipeline.stage.dispatch.broadcast import BroadcastDispatcher
from actors.pipeline.stage.dispatch.demand import DemandDispatcher
from actors.pipeline.stage.dispatch.partition import PartitionDispatcher
from actors.pipeline.stage.dispatch.port import Delivery, Dispatcher

__all__ = ["BroadcastDispatcher", "Delivery", "DemandDispatcher", "Dispatcher", "PartitionDispatcher"]
