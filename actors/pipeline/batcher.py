"""The accumulator of one batcher: collects messages of all processors into batches. Runs in its own thread.

One per batcher; how messages become batches is `batching`. Batches wait here until a batch processor asks for one.
"""

import logging
import operator
from dataclasses import dataclass
from typing import Any

from actors.pipeline.batching import Batches, Slot
from actors.pipeline.dealer import Dealer
from actors.pipeline.events import BatchEmitted, BatcherStart, BatcherStop, next_span
from actors.pipeline.message import Message
from actors.pipeline.options import PartitionBy
from actors.pipeline.plan import Plan
from actors.pipeline.queued import Queued, queued
from actors.pipeline.stage import DemandDispatcher, Dispatcher, PartitionDispatcher, Subscription
from supervision.clock import Timer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TooOld:
    """To itself: the batch of this slot, if it still is that one, has waited long enough."""

    slot: Slot
    reference: int


class Batcher(Dealer):
    """Subscribes to every processor."""

    def __init__(self, plan: Plan, name: str) -> None:
        options = plan.options.batchers[name]
        partition_by = plan.options.partitioning(options)
        dispatcher: Dispatcher = DemandDispatcher()
        self.partitions = options.concurrency
        if partition_by is not None:
            dispatcher = PartitionDispatcher(self.partitions, lambda batch: batch.info.partition)
        super().__init__(plan, 0, dispatcher)
        self.name = self.deals_for = name
        self.options = options
        initial, splitter = options.splitting
        partition_of = None if partition_by is None else self._partitioned(partition_by)
        self.batches = Batches(name, initial, splitter, options.max_open_batches, partition_of)
        self.timers: dict[int, Timer] = {}

    def on_start(self) -> None:
        super().on_start()
        for processor in self.plan.topology.processors:
            self.join(processor)

    def join(self, producer: str) -> None:
        super().join(producer)
        if self.plan.draining.is_set() and not self.producers:
            self.last_producer_gone()

    def terms(self) -> dict[str, Any]:
        partition = self.name if len(self.plan.options.batchers) > 1 else None
        return {"max_demand": self.options.demand, "min_demand": self.options.min_demand, "partition": partition}

    def receive(self, message: Any) -> Any:
        if not isinstance(message, TooOld):
            return super().receive(message)
        self.batches.timeout(message.slot, message.reference, self.plan.clock.monotonic())
        self.let_go()
        return None

    def handle_events(self, events: list[Message], source: Subscription) -> None:
        about: dict[str, Any] = {"batcher": self.name, "context": self.desk.context, "span": next_span()}
        began = self.plan.clock.monotonic()
        self.tally.begin(began)
        self.tell(BatcherStart, messages=events, **about)
        self.batches.put(events, began)
        self.in_hand = []
        self.start_timers()
        self.let_go()
        self.fail_odd_ones()
        now = self.plan.clock.monotonic()
        self.tally.end(now)
        self.tell(BatcherStop, duration_seconds=now - began, open=len(self.batches), **about)

    def last_producer_gone(self) -> None:
        self.batches.flush(self.plan.clock.monotonic())
        self.let_go()
        super().last_producer_gone()

    def take_held(self) -> list[Any]:
        self.batches.flush(self.plan.clock.monotonic())
        return [*super().take_held(), *self.batches.take(), *self.batches.failed]

    def queues(self) -> list[Queued]:
        return [*super().queues(), *map(queued, self.batches.open_batches())]

    def hold_back(self) -> None:
        """Batches are of one partition: those that are open end, and go to their owner of now."""
        self.batches.flush(self.plan.clock.monotonic())
        self.let_go()

    def is_held(self) -> bool:
        return super().is_held() and not self.waiting()

    def go_on(self) -> None:
        self._work_later()

    def start_timers(self) -> None:
        """For the batches that were opened and did not end in the same chunk."""
        started, self.batches.started = self.batches.started, []
        for slot, reference in started:
            if self.batches.is_open(slot, reference):
                self.timers[reference] = self.send_after(self.options.batch_timeout_seconds, TooOld(slot, reference))

    def let_go(self) -> None:
        """Offer the batches that have ended to the batch processors."""
        ended = self.batches.take()
        for batch in ended:
            timer = self.timers.pop(batch.reference, None)
            if timer is not None:
                timer.cancel()
        self.emit(ended)
        size = self.options.batch_size
        for batch in ended:
            fill = batch.info.size / size if isinstance(size, int) else None
            self.tell(BatchEmitted, info=batch.info, fill=fill, waiting=self.buffered())

    def fail_odd_ones(self) -> None:
        """Messages that the splitter or `partition_by` could not bear."""
        failed, self.batches.failed = self.batches.failed, []
        for message in failed:
            logger.error("%s: the splitter or partition_by raised on a message: %s", self.context.path, message.status)
        self.fail(failed)

    def _wanted_downstream(self) -> bool:
        return not self.holding and super()._wanted_downstream()

    def _partitioned(self, partition_by: PartitionBy) -> PartitionBy:
        return lambda message: operator.index(partition_by(message)) % self.partitions
