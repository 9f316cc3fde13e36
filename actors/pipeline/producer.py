"""Where messages enter a pipeline: subclass `Producer`, and `emit` messages, or events for a `transformer`.

What is emitted passes the transformer, then the rate limit, then goes to whichever processor asked. Override
`produce` to produce when asked, `prepare_for_draining` to stop producing. Runs in its own thread.

Not guaranteed: order across a death; what a producer held is given back and comes again later.
"""

import logging
import operator
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.pipeline.acknowledger import NO_ACK
from actors.pipeline.dealer import Dealer
from actors.pipeline.errors import BadReturn
from actors.pipeline.events import GivenBack, Produced, RateLimited
from actors.pipeline.member import Finish
from actors.pipeline.message import Message
from actors.pipeline.options import PartitionBy
from actors.pipeline.plan import Plan
from actors.pipeline.queued import Queued, queued
from actors.pipeline.rates.giving_back import give_back
from actors.pipeline.stage import DemandDispatcher, Dispatcher, PartitionDispatcher
from actors.pipeline.stage.messages import Mode
from supervision.clock import Timer
from supervision.spec import ChildSpec

logger = logging.getLogger(__name__)

#: How long what a stop sends back unworked stays away: without a delay the broker would count it as an attempt.
RETURN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Drain:
    """To a producer: the pipeline stops; produce nothing more."""


@dataclass(frozen=True, slots=True)
class Push:
    """A call to a producer: send these messages as its own, past the transformer and the rate limit.

    Whoever is not answered keeps them: one that ends gives back only what it took.
    """

    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Admit:
    """To a producer: ask the limiter again; its window is over, or it was changed."""


@dataclass(frozen=True, slots=True)
class More:
    """To itself: the limiter kept messages that were asked for; others may come in their place."""


class Producer(Dealer):
    """The base of all producers. `producer.args` and `kwargs` follow `plan` and `index` (from 0) in its constructor."""

    def __init__(self, plan: Plan, index: int) -> None:
        partition_by = plan.options.partitioning(plan.options.processors)
        dispatcher: Dispatcher = DemandDispatcher(shuffle=True)
        self.partitions = plan.size_of(None)
        if partition_by is not None:
            dispatcher = PartitionDispatcher(self.partitions, self._partitioned(partition_by))
        super().__init__(plan, index, dispatcher, plan.options.producer.buffer_size)
        #: What the valve says.
        self.mode: Mode = "forward"
        self._limited: list[Message] = []
        self._demanded: deque[int] = deque()
        self._retry: Timer | None = None
        self._draining = False
        self._returning = False

    @classmethod
    def prepare_for_start(cls, options: Mapping[str, Any]) -> tuple[Sequence[ChildSpec], Mapping[str, Any]]:
        """Children that run before the producers, and the pipeline's options, perhaps changed; checked again."""
        return (), options

    # --- to override --------------------------------------------------------------------------------------------------

    def produce(self, count: int) -> None:
        """Processors want `count` messages more: emit them now or later. Others may decide when, as a broker does."""

    def prepare_for_draining(self) -> None:
        """Stop fetching. What is emitted in here is still worked, what is emitted later is not."""

    # --- to call ------------------------------------------------------------------------------------------------------

    def emit(self, events: Sequence[Any]) -> None:
        """Send messages, or foreign events if there is a transformer, whose errors end this producer."""
        if not events:
            return
        messages = self._messages(events)
        if self._draining:
            self.give_back(messages, "the pipeline drains")
        elif self._returning:
            self._return(messages)
        elif self.plan.limiter is None:
            super().emit(messages)
        else:
            self._limited += messages
            self._admit(len(messages))
            self._bound_limited()
        self.tell(Produced, count=len(messages), buffered=self.buffered(), limited=len(self._limited))

    def set_demand_mode(self, mode: Mode) -> None:
        self.mode = mode
        if not self.holding:
            super().set_demand_mode(mode)

    def limited(self) -> int:
        """How many messages wait for the rate limit."""
        return len(self._limited)

    # --- messages -----------------------------------------------------------------------------------------------------

    def receive(self, message: Any) -> Any:
        match message:
            case Push(messages):
                super().emit(messages)
            case Admit():
                self._admit()
            case More():
                self._ask_for_more()
            case Drain():
                self._drain()
            case _:
                return super().receive(message)

    def take_held(self) -> list[Any]:
        limited, self._limited = self._limited, []
        return [*super().take_held(), *limited]

    def queues(self) -> list[Queued]:
        return [*super().queues(), queued(self._limited)]

    def waiting(self) -> int:
        return super().waiting() + len(self._limited)

    def hold_back(self) -> None:
        super().set_demand_mode("accumulate")

    def go_on(self) -> None:
        super().set_demand_mode(self.mode)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _messages(self, events: Sequence[Any]) -> list[Message]:
        transformer = self.plan.options.producer.transformer
        messages = list(events) if transformer is None else [transformer(event) for event in events]
        for message in messages:
            if not isinstance(message, Message):
                raise BadReturn(f"{self.context.path} emits messages, not {type(message).__name__}; use a transformer")
        return messages

    def _admit(self, fresh: int = 0) -> None:
        """Let go what the limiter allows; ask again when it says."""
        limiter, now = self.plan.limiter, self.plan.clock.monotonic()
        if limiter is None or not self._limited:
            return
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        admission = limiter.admit(self._limited, now)
        gone = len(self._limited) - len(admission.held) - len(admission.passed)
        self._limited = list(admission.held)
        super().emit(admission.passed)
        if self._limited:
            self._retry = self.send_after(admission.retry_seconds, Admit())
            self.tell(RateLimited, held=len(self._limited), retry_seconds=admission.retry_seconds)
        else:
            self._ask_for_more()
        self._replace(fresh - len(admission.passed) if self._selective else gone)

    def _bound_limited(self) -> None:
        """What waits for the limit is bounded as the buffer is; here the newest go, so that the order stays."""
        most = self.plan.options.producer.buffer_size
        if len(self._limited) > most:
            excess, self._limited = self._limited[most:], self._limited[:most]
            self.handle_discarded(excess, f"{most} messages wait for the rate limit already")

    def _replace(self, count: int) -> None:
        """What the limiter keeps or gave back met no demand. By a message, since what comes may be kept as well."""
        if count > 0:
            self._demanded.append(count)
            self.actor_inbox.put_unbounded(More())

    @property
    def _selective(self) -> bool:
        """Whether messages that wait for the limit are no reason for others to wait."""
        return getattr(self.plan.limiter, "selective", False)

    def handle_demand(self, count: int) -> None:
        """While messages wait for the limit nobody is asked for more; what was asked meanwhile is asked then."""
        self._demanded.append(count)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        while self._demanded and (self._selective or not self._limited):
            self.produce(self._demanded.popleft())

    def _drain(self) -> None:
        """What waits is worked off; while the valve is closed it goes back to where it came from."""
        self.release()
        self._returning = self.mode == "accumulate"
        self.prepare_for_draining()
        if self._returning and self.outlet is not None:
            limited, self._limited = self._limited, []
            self._return([*self.outlet.clear(), *limited])
            super().set_demand_mode("forward")
        self._draining = True
        self.async_info(Finish())

    def _return(self, messages: Sequence[Message]) -> None:
        """Send them back, but for those that were acknowledged on arrival and are nowhere else."""
        reason = "the pipeline stops while something it needs is missing"
        back = [message for message in messages if message.acknowledger[0] is not NO_ACK]
        give_back(back, RETURN_SECONDS, reason)
        self.tally.requeued += len(back)
        if back:
            self.tell(GivenBack, count=len(back), reason=reason, errors=0)
        super().emit([message for message in messages if message.acknowledger[0] is NO_ACK])

    def _partitioned(self, partition_by: PartitionBy) -> Callable[[Message], int | None]:
        def partition_of(message: Message) -> int | None:
            try:
                return operator.index(partition_by(message)) % self.partitions
            except Exception as error:
                logger.exception("%s: partition_by raised; the message fails", self.context.path)
                self.fail([message.crashed(error)])
                return None

        return partition_of
