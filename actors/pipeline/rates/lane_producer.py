"""A producer with priority lanes: what is urgent overtakes what waits, until the moment a processor asks for it.

Subclass it, and `offer` messages to lanes as they come; they wait here, and leave by rank, weight and share (see
`lanes`) when processors want them. Keep the processors' `max_demand` small: what they were given is overtaken no more.

Runs in its own thread. Not guaranteed: order between lanes; inside a lane it is kept. What bounds the lanes is the
source, as a prefetch does.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from actors.pipeline.message import Message
from actors.pipeline.plan import Plan
from actors.pipeline.producer import Producer
from actors.pipeline.queued import Queued, queued
from actors.pipeline.rates.lanes import NO_CREDITS, Lane, check, merge


class LaneProducer(Producer):
    """Raises ValueError for lanes that promise too much or have one id."""

    def __init__(self, plan: Plan, index: int, lanes: Sequence[Lane]) -> None:
        super().__init__(plan, index)
        check(lanes)
        self.lanes = tuple(lanes)
        self.waiting_in: dict[str, deque[Message]] = {lane.id: deque() for lane in lanes}
        self.wanted = 0
        self._credits = NO_CREDITS

    def offer(self, lane: str, messages: Sequence[Message]) -> None:
        """Messages of one lane, in their order. Raises KeyError for a lane there is not."""
        self.waiting_in[lane].extend(messages)
        self._feed()

    def produce(self, count: int) -> None:
        self.wanted += count
        self._feed()

    def prepare_for_draining(self) -> None:
        """What waits is worked still, the urgent first."""
        self.wanted = sum(map(len, self.waiting_in.values()))
        self._feed()

    def take_held(self) -> list[Any]:
        held = [message for waiting in self.waiting_in.values() for message in waiting]
        for waiting in self.waiting_in.values():
            waiting.clear()
        return [*super().take_held(), *held]

    def queues(self) -> list[Queued]:
        return [*super().queues(), *map(queued, self.waiting_in.values())]

    def _feed(self) -> None:
        depths = {lane: len(waiting) for lane, waiting in self.waiting_in.items()}
        order, self._credits = merge(self.lanes, depths, self.wanted, self._credits)
        if order:
            self.wanted -= len(order)
            self.emit([self.waiting_in[lane].popleft() for lane in order])
