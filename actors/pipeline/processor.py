"""The first layer of work: a stage that runs each message past the handler. Runs in its own thread.

Without batchers it is the last layer and acknowledges everything; with them it acknowledges failures and sends the
rest on, to the batcher that each message names.
"""

from typing import Any

from actors.pipeline.events import ProcessorStart, ProcessorStop, next_span
from actors.pipeline.member import Member
from actors.pipeline.message import Message
from actors.pipeline.plan import Plan
from actors.pipeline.processing import process
from actors.pipeline.stage import DemandDispatcher, Dispatcher, PartitionDispatcher, Subscription


class Processor(Member):
    """Subscribes to every producer, and again to one that was restarted."""

    def __init__(self, plan: Plan, index: int) -> None:
        super().__init__(plan, index, _dispatcher(list(plan.options.batchers)))

    def on_start(self) -> None:
        super().on_start()
        for producer in self.plan.topology.producers:
            self.join(producer)
        if self.plan.draining.is_set():
            self.last_producer_gone()

    def join(self, producer: str) -> None:
        if not self.plan.draining.is_set():
            super().join(producer)

    def terms(self) -> dict[str, Any]:
        options = self.plan.options.processors
        partition = None if self.plan.options.partitioning(options) is None else self.index
        return {"max_demand": options.max_demand, "min_demand": options.min_demand, "partition": partition}

    def producer_gone(self, subscription: Subscription) -> None:
        self.join_later(subscription.producer)

    def handle_events(self, events: list[Message], source: Subscription) -> None:
        about: dict[str, Any] = {"index": self.index, "context": self.desk.context, "span": next_span()}
        clock = self.plan.clock
        began = clock.monotonic()
        self.tally.begin(began)
        self.tell(ProcessorStart, messages=events, **about)
        outcome = process(events, self.desk)
        forwards = self.dispatcher is not None
        to_ack = [] if forwards else outcome.successful
        to_forward = outcome.successful if forwards else []
        self.desk.settle(to_ack, outcome.failed)
        self.in_hand = []
        self.emit(to_forward)
        now = clock.monotonic()
        self.tally.end(now, len(outcome.successful), len(outcome.failed))
        self.tell(
            ProcessorStop,
            duration_seconds=now - began,
            to_ack=to_ack,
            to_forward=to_forward,
            failed=outcome.failed,
            oldest_seconds=self.age(events),
            **about,
        )

    def finished(self) -> None:
        if self.dispatcher is None:
            self.plan.done.put(self.context.path)


def _dispatcher(batchers: list[str]) -> Dispatcher | None:
    if not batchers:
        return None
    if len(batchers) == 1:
        return DemandDispatcher()
    return PartitionDispatcher(batchers, lambda message: message.batcher)
