"""The second layer of work: a stage that runs each batch past the handler and acknowledges it. Runs in its own thread.

It has one batch in hand and none queued; the next ones wait in the batcher for whoever is free.
"""

from typing import Any

from actors.pipeline.batching import Batch
from actors.pipeline.events import BatchStart, BatchStop, next_span
from actors.pipeline.member import Member
from actors.pipeline.plan import Plan
from actors.pipeline.processing import work_batch
from actors.pipeline.stage import Subscription


class BatchProcessor(Member):
    """Subscribes to its batcher."""

    def __init__(self, plan: Plan, name: str, batcher: str, index: int) -> None:
        super().__init__(plan, index)
        self.name = name
        self.batcher = batcher

    def on_start(self) -> None:
        super().on_start()
        self.join(self.batcher)

    def terms(self) -> dict[str, Any]:
        partition_by = self.plan.options.partitioning(self.plan.options.batchers[self.name])
        return {"max_demand": 1, "min_demand": 0, "partition": None if partition_by is None else self.index}

    def handle_events(self, events: list[Batch], source: Subscription) -> None:
        for batch in events:
            self.work(batch)

    def work(self, batch: Batch) -> None:
        about: dict[str, Any] = {
            "index": self.index, "info": batch.info, "context": self.desk.context, "span": next_span()
        }  # fmt: skip
        clock = self.plan.clock
        began = clock.monotonic()
        self.tally.begin(began)
        self.tell(BatchStart, messages=batch.messages, **about)
        outcome = work_batch(batch, self.desk)
        self.desk.settle(outcome.successful, outcome.failed)
        self.in_hand = []
        now = clock.monotonic()
        self.tally.end(now, len(outcome.successful), len(outcome.failed))
        self.tell(
            BatchStop,
            duration_seconds=now - began,
            successful=outcome.successful,
            failed=outcome.failed,
            oldest_seconds=self.age(batch.messages),
            **about,
        )

    def finished(self) -> None:
        self.plan.done.put(self.context.path)
