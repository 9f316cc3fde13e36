"""What every stage of a pipeline has in common: its plan, and that it gives back what it holds when it ends.

A stage that is to end with the pipeline lets its consumers go once nothing waits in it any more.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from actors.pipeline import acknowledger
from actors.pipeline.batching import Batch
from actors.pipeline.desk import Desk
from actors.pipeline.events import Dropped, GivenBack, PipelineEvent
from actors.pipeline.message import Message
from actors.pipeline.plan import Plan
from actors.pipeline.queued import Queued, queued
from actors.pipeline.stage import Dispatcher, PartitionDispatcher, Stage, Subscription
from actors.pipeline.stage.inlet import Chunk
from supervision.errors import NoProc
from supervision.reasons import SHUTDOWN, Crashed, Reason

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WillTerminate:
    """To a stage: the pipeline drains; look for no new producers."""


@dataclass(frozen=True, slots=True)
class Finish:
    """To itself, behind its events: let the consumers go."""


@dataclass(frozen=True, slots=True)
class Resubscribe:
    """To itself: `producer` may be back."""

    producer: str


@dataclass(frozen=True, slots=True)
class Retire:
    """To a stage: there shall be fewer of you; work what you were sent, and ask for no more."""


@dataclass(frozen=True, slots=True)
class IsQuiet:
    """To a stage, by call: is everything you were sent so far worked, and has it left?"""


class Member(Stage):
    """A stage of the pipeline of `plan`; `index` counts from 0 in its layer."""

    def __init__(
        self,
        plan: Plan,
        index: int = 0,
        dispatcher: Dispatcher | None = None,
        buffer_size: int | Literal["default"] | None = "default",
    ) -> None:
        super().__init__(dispatcher=dispatcher, buffer_size=buffer_size)
        self.plan = plan
        self.index = index
        self.dispatcher = dispatcher
        self.finishing = False
        self.retiring = False

    def on_start(self) -> None:
        path = self.context.path
        self.tally = self.plan.tallies.of(path)
        options = self.plan.options
        self.desk = Desk(
            path=path,
            pipeline=self.plan.path,
            handler=options.handler,
            context=options.context,
            tally=self.tally,
            clock=self.plan.clock,
            emit=self.context.system.events.emit,
            check_fence=self.check_fence,
            batchers=frozenset(options.batchers),
            message_events=options.message_events,
        )
        predecessor = self.plan.holdings.enter(path, self)
        if predecessor is not None:
            self.blame(predecessor.in_hand, "the handler hung, and its thread was given up")
            self.give_back(predecessor.take_held(), "its stage was given up")

    def terminate(self, reason: Reason) -> None:
        if self.plan.holdings.claim(self.context.path, self):
            if isinstance(reason, Crashed):
                self.blame(self.in_hand, reason.stack)
            self.give_back(self.take_held(), f"its stage ended: {reason}")

    def on_receive(self, message: Any) -> Any:
        answer = self.receive(message)
        if self.finishing:
            self.finish()
        return answer

    def receive(self, message: Any) -> Any:
        """One message of the mailbox."""
        match message:
            case Resubscribe(producer):
                self.join(producer)
            case Retire():
                self.retiring = True
                for subscription in self.producers:
                    self.cancel(subscription, SHUTDOWN)
            case IsQuiet():
                return not self.inlet.queue and not self.waiting() and not self._post.waiting
            case WillTerminate():
                if self.consumes and not self.producers:
                    self.last_producer_gone()
            case _:
                return super().on_receive(message)

    # --- giving back --------------------------------------------------------------------------------------------------

    def give_back(self, held: Sequence[Any], reason: str) -> None:
        """Requeue what cannot be finished here."""
        messages = unpacked(held)
        if not messages:
            return
        errors = acknowledger.requeue(messages, reason)
        self.tally.requeued += len(messages)
        self.tell(GivenBack, count=len(messages), reason=reason, errors=len(errors))

    def blame(self, in_hand: Sequence[Any], stack: str) -> None:
        """A stage died of one of these, or with it by chance."""
        acknowledger.blame(unpacked(in_hand), stack)

    def handle_discarded(self, events: Sequence[Any], reason: str) -> bool:
        """A full buffer loses nothing: what it cannot hold goes back to where it came from."""
        messages = unpacked(events)
        self.tally.dropped += len(messages)
        self.tell(Dropped, count=len(messages))
        self.give_back(messages, reason)
        return True

    def fail(self, messages: list[Message]) -> None:
        """These failed outside of the handler."""
        if messages:
            failed = self.desk.failing(messages)
            self.tally.failed += len(failed)
            self.desk.settle([], failed)

    def age(self, messages: Sequence[Message]) -> float | None:
        """Seconds since the origin of the first of these, if it tells its `timestamp`."""
        timestamp = messages[0].metadata.get("timestamp") if messages else None
        return None if timestamp is None else self.plan.clock.time() - timestamp

    def tell(self, kind: type[PipelineEvent], **facts: Any) -> None:
        self.context.system.events.emit(kind(path=self.context.path, pipeline=self.plan.path, **facts))

    # --- producers of this stage --------------------------------------------------------------------------------------

    def join(self, producer: str) -> None:
        """Subscribe to a producer; later, if it is not there now."""
        if self.retiring:
            return
        try:
            self.subscribe(producer, cancel="temporary", **self.terms())
        except NoProc:
            self.join_later(producer)

    def join_later(self, producer: str) -> None:
        self.send_after(self.plan.options.resubscribe_interval_seconds, Resubscribe(producer))

    def terms(self) -> dict[str, Any]:
        """Demand and partition to subscribe with."""
        return {}

    def producer_gone(self, subscription: Subscription) -> None:
        """A producer ended, outside of a drain."""

    def last_producer_gone(self) -> None:
        """In a drain: nothing more will come."""
        self.async_info(Finish())

    def handle_cancelled(self, subscription: Subscription, reason: Reason) -> None:
        if subscription.consumer != self.context.path:
            return
        if not self.plan.draining.is_set():
            self.producer_gone(subscription)
        elif not self.producers:
            self.last_producer_gone()

    # --- the end of a drain -------------------------------------------------------------------------------------------

    def handle_info(self, message: Any) -> None:
        if isinstance(message, Finish):
            self.finishing = True
            self.finish()
        else:
            super().handle_info(message)

    def finish(self) -> None:
        """Let the consumers go, unless some events still wait for theirs."""
        if not self.waiting():
            self.finishing = False
            self.cancel_consumers(SHUTDOWN)
            self.finished()

    def finished(self) -> None:
        """Nothing is left in this stage."""

    def retired(self) -> bool:
        """Whether nothing comes any more and nothing is left. Any thread."""
        return self.retiring and not self.producers and not self.in_hand and not self.waiting()

    def queues(self) -> list[Queued]:
        """All that is in this stage, but for its mailbox, queue by queue. Any thread."""
        chunks = [item.events for item in list(self.inlet.queue) if isinstance(item, Chunk)]
        buffered = [] if self.outlet is None else self.outlet.buffer.runs()
        parted = self.dispatcher.queues() if isinstance(self.dispatcher, PartitionDispatcher) else []
        return [queued(events) for events in (self.in_hand, *chunks, *buffered, *parted)]

    def waiting(self) -> int:
        """Events that have no consumer yet: in the buffer, or in a partition's queue."""
        parted = self.dispatcher.queued() if isinstance(self.dispatcher, PartitionDispatcher) else {}
        return self.buffered() + sum(parted.values())


def unpacked(held: Sequence[Any]) -> list[Message]:
    """The messages among events, batches opened, each once."""
    messages: dict[int, Message] = {}
    for one in held:
        for message in one.messages if isinstance(one, Batch) else (one,):
            if isinstance(message, Message):
                messages[message.serial] = message
    return list(messages.values())
