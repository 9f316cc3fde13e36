"""The stage actor: producer, producer-consumer or consumer of events, with demand flowing up and events flowing down.

A stage that overrides `handle_events` consumes; one that overrides `handle_demand`, or is given a dispatcher, produces.
What is decided is decided in `inlet` and `outlet`; this actor carries it out, in its own thread, one chunk per message,
so that a stop never waits for more than the chunk in hand.

Between stages there are only casts. Events that find nobody go back to where they came from. A stage that breaks the
protocol is answered with a cancel and a reason, and nobody dies of it.

Not guaranteed: that events cast to a consumer that dies before it works them come back. They are in its `take_held`.
"""

import itertools
import logging
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from actors.pipeline.stage.buffer import Buffer, Keep
from actors.pipeline.stage.demand import check
from actors.pipeline.stage.dispatch import Delivery, DemandDispatcher, Dispatcher
from actors.pipeline.stage.errors import BadSubscription, ProtocolViolation, StageError
from actors.pipeline.stage.inlet import Chunk, End, Inlet
from actors.pipeline.stage.messages import (
    Ask,
    Cancel,
    Cancelled,
    CountBuffered,
    Events,
    Info,
    Mode,
    Policy,
    Selector,
    SetDemandMode,
    Subscribe,
    SubscribeTo,
    Subscription,
    Terms,
    events_in,
)
from actors.pipeline.stage.outlet import Discard, Inform, Outlet, Produce, Step
from actors.pipeline.stage.post import Post
from supervision.actor import Actor, Stop
from supervision.messages import Down
from supervision.reasons import NOPROC, NORMAL, Crashed, Reason

logger = logging.getLogger(__name__)

#: Events a producer keeps for which nobody has asked; a producer-consumer works only on demand and needs no bound.
BUFFER_SIZE = 10_000
#: Pause before a full mailbox is tried again.
RETRY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Work:
    """To itself: go on with the next chunk."""


@dataclass(frozen=True, slots=True)
class Refill:
    """To itself: events went to nobody, so ask for others."""


@dataclass(frozen=True, slots=True)
class Resend:
    """To itself: try again what full mailboxes refused."""


@dataclass(frozen=True, slots=True)
class Gone:
    """To itself, behind all that it sent: a producer has ended."""

    down: Down


class Stage(Actor):
    """Override the hooks; everything else is there to be called from the stage's own thread."""

    # Whoever sends within the demand must never be refused, and the bound must be known before the subscriptions are:
    # so it is as large as the demand of a thousand peers with the default of 1000 each.
    mailbox_bound = 1_000_000

    def __init__(
        self,
        *,
        dispatcher: Dispatcher | None = None,
        buffer_size: int | Literal["default"] | None = "default",
        buffer_keep: Keep = "last",
        demand_mode: Mode = "forward",
    ) -> None:
        super().__init__()
        self.consumes = type(self).handle_events is not Stage.handle_events
        asks_for_more = type(self).handle_demand is not Stage.handle_demand
        if not (self.consumes or asks_for_more or dispatcher):
            raise StageError(f"{type(self).__name__} overrides neither handle_demand nor handle_events")
        self.inlet = Inlet()
        self.outlet: Outlet | None = None
        if dispatcher is not None or asks_for_more:
            size = (None if self.consumes else BUFFER_SIZE) if buffer_size == "default" else buffer_size
            buffer = Buffer(size, buffer_keep)
            self.outlet = Outlet(dispatcher or DemandDispatcher(), buffer, demand_mode, asks_for_more)
        self.consumers: set[Subscription] = set()
        self.in_hand: list[Any] = []
        self.discarded = 0
        self._post = Post(self.cast)
        self._steps: deque[Step] = deque()
        self._watched: set[tuple[str, int]] = set()
        self._numbers = itertools.count(1)
        self._notes: set[type] = set()

    # --- to override -------------------------------------------------------------------------------------------------

    def handle_demand(self, count: int) -> None:
        """A producer is asked for `count` events more: `emit` them now or later. It is not asked for the same again."""

    def handle_events(self, events: list[Any], source: Subscription) -> None:
        """Work one chunk. More is asked for, if it is time to, when this returns."""

    def handle_subscribed(self, subscription: Subscription) -> None:
        """A subscription began, here as producer or as consumer."""

    def handle_cancelled(self, subscription: Subscription, reason: Reason) -> None:
        """A subscription ended; for a consumer: after its last event was worked."""

    def handle_info(self, message: Any) -> None:
        """A queued info has its turn; by default it is a message like any other."""
        self.on_receive(message)

    def handle_returned(self, events: Sequence[Any], subscription: Subscription) -> None:
        """A consumer sends back what it cannot know; by default these are the next to leave.

        `subscription` tells to which incarnation of this producer they belonged.
        """
        if self.outlet is None:
            self._discard(Discard(list(events), "they came back to a stage that produces nothing"))
        else:
            self._carry_out(self.outlet.give_back(subscription, events))

    def handle_discarded(self, events: Sequence[Any], reason: str) -> bool:
        """Events leave without having reached anybody. Return whether that is to be logged."""
        return True

    # --- to call -----------------------------------------------------------------------------------------------------

    def emit(self, events: Sequence[Any]) -> None:
        """Send to whoever asked for them; the rest waits in the buffer. Lists all the way: one call for many events."""
        if not events:
            return
        if self.outlet is None:
            self._discard(Discard(list(events), "a consumer has nobody to send to"))
            return
        self._carry_out(self.outlet.emit(events))
        if self.outlet.asks_for_more and self.outlet.shortage():
            self._note(Refill())

    def subscribe(
        self,
        producer: str,
        *,
        max_demand: int = 1000,
        min_demand: int | None = None,
        cancel: Policy = "permanent",
        partition: Hashable = None,
        selector: Selector | None = None,
        manual: bool = False,
    ) -> Subscription:
        """Subscribe to the producer that runs at the path now, see `Terms`. Raises BadSubscription, NoProc.

        Whether the producer agrees is heard later: if not, as the end of the subscription.
        """
        return self._subscribe_to(producer, Terms(max_demand, min_demand, cancel, partition, selector, manual))

    def ask(self, subscription: Subscription, count: int) -> None:
        """Ask by hand for `count` events more. Raises ProtocolViolation for a subscription that is over."""
        if self.inlet.ask(subscription, count):
            self._send(subscription.producer, Ask(subscription, count))

    def cancel(self, subscription: Subscription, reason: Reason = NORMAL) -> None:
        """Leave a producer. What it has sent is still worked; then the subscription ends."""
        link = self.inlet.links.get(subscription)
        if link is not None and not link.leaving:
            link.leaving = True
            self._send(subscription.producer, Cancel(subscription, reason))

    def cancel_consumers(self, reason: Reason = NORMAL) -> None:
        """Let all consumers go; each hears of it after the events it was sent."""
        for subscription in sorted(self.consumers, key=lambda one: (one.consumer, one.number)):
            self._send(subscription.consumer, Cancelled(subscription, reason))
            self._forget(subscription, reason)

    def async_info(self, message: Any) -> None:
        """Queue `message` for `handle_info`, behind all events that wait here now."""
        if self.consumes:
            self.inlet.queue.append(Info(message))
            self._note(Work())
        else:
            self._inform(message)

    def set_demand_mode(self, mode: Mode) -> None:
        """`accumulate` holds demand and events back; `forward` lets them go. Raises StageError for a mere consumer."""
        if self.outlet is None:
            raise StageError(f"{self.context.path} is a consumer; nobody asks it for anything")
        self._carry_out(self.outlet.set_mode(mode))
        self._note(Work())

    def buffered(self) -> int:
        """How many events wait for somebody to ask for them."""
        return 0 if self.outlet is None else self.outlet.buffer.count

    @property
    def producers(self) -> list[Subscription]:
        """The subscriptions of this consumer, those included that are about to end."""
        return list(self.inlet.links)

    def take_held(self) -> list[Any]:
        """All events that are in this stage, once: for `terminate`, to give them back to where they came from."""
        pending = [step.events for step in self._steps if isinstance(step, Delivery)]
        held = [self.in_hand, self.inlet.clear(), *pending, events_in(self._post.clear()), events_in(self.unhandled)]
        if self.outlet is not None:
            held.append(self.outlet.clear())
        self.in_hand, self.unhandled = [], []
        self._steps.clear()
        return [event for events in held for event in events]

    # --- messages ----------------------------------------------------------------------------------------------------

    def on_receive(self, message: Any) -> Any:
        match message:
            case Events():
                self._receive(message)
            case Ask(subscription, count):
                self._asked(subscription, count)
            case Work():
                self._notes.discard(Work)
                self._work()
            case Subscribe(subscription, terms):
                self._accept(subscription, terms)
            case Cancel():
                self._consumer_leaves(message)
            case Cancelled(subscription, reason):
                self._end(subscription, reason)
            case Gone(down):
                for subscription in self._of_producer(down):
                    self._end(subscription, down.reason)
            case Down():
                self._peer_down(message)
            case Refill():
                self._notes.discard(Refill)
                self._carry_out(self.outlet.order() if self.outlet else [])
            case Resend():
                self._notes.discard(Resend)
                self._undelivered(self._post.retry())
            case SubscribeTo(producer, terms):
                return self._subscribe_to(producer, terms)
            case Info(message=info):
                self.async_info(info)
            case SetDemandMode(mode):
                self.set_demand_mode(mode)
            case CountBuffered():
                return self.buffered()
            case _:
                super().on_receive(message)

    # --- as a consumer -----------------------------------------------------------------------------------------------

    def _subscribe_to(self, producer: str, terms: Terms) -> Subscription:
        if not self.consumes:
            raise BadSubscription(f"{self.context.path} consumes nothing: it has no handle_events")
        terms = check(terms)
        actor = self.context.system.registry.running(producer)
        if actor is None:
            raise self.context.system.noproc(producer)
        own = self.context
        subscription = Subscription(
            producer, actor.context.incarnation, own.path, own.incarnation, next(self._numbers)
        )
        self._watch(producer, actor.context.incarnation)
        first = self.inlet.open(subscription, terms)
        self._send(producer, Subscribe(subscription, terms))
        self.handle_subscribed(subscription)
        if first:
            self._send(producer, Ask(subscription, first))
        return subscription

    def _receive(self, message: Events) -> None:
        if self.inlet.receive(message.subscription, message.events):
            self._work_on()
        else:
            reason = Crashed(ProtocolViolation(f"{self.context.path} does not know {message.subscription}"))
            back = Cancel(message.subscription, reason, tuple(message.events))
            self._send(message.subscription.producer, back)

    def _end(self, subscription: Subscription, reason: Reason) -> None:
        self.inlet.end(subscription, reason)
        self._work_on()

    def _work_on(self) -> None:
        """Go on now, unless it is arranged already that one will."""
        if Work not in self._notes:
            self._work()

    def _work(self) -> None:
        """Work what is first in the queue, if it may be worked; the next is the next message's business."""
        if not self._workable():
            return
        match self.inlet.queue.popleft():
            case Chunk() as chunk:
                self._work_chunk(chunk)
            case End() as end:
                self._close(end)
            case Info(message):
                self._inform(message)
        if self._workable():
            self._note(Work())

    def _workable(self) -> bool:
        """Events only as long as somebody downstream wants what becomes of them; all else when its turn comes."""
        queue = self.inlet.queue
        if not queue:
            return False
        return self.outlet is None or not isinstance(queue[0], Chunk) or self.outlet.shortage() > 0

    def _work_chunk(self, chunk: Chunk) -> None:
        self.in_hand = chunk.events
        self.handle_events(chunk.events, chunk.subscription)
        self.in_hand = []
        count = self.inlet.handled(chunk)
        if count:
            self._send(chunk.subscription.producer, Ask(chunk.subscription, count))

    def _close(self, end: End) -> None:
        link = self.inlet.close(end)
        if link is None:
            return
        self.handle_cancelled(end.subscription, end.reason)
        policy = link.terms.cancel
        if policy == "permanent" or (policy == "transient" and not end.reason.expected):
            raise Stop(end.reason)

    # --- as a producer -----------------------------------------------------------------------------------------------

    def _accept(self, subscription: Subscription, terms: Terms) -> None:
        try:
            self._check_new(subscription)
            assert self.outlet is not None
            self.outlet.subscribe(subscription, check(terms))
        except (BadSubscription, ProtocolViolation) as error:
            self._refuse(subscription, error)
            return
        self.consumers.add(subscription)
        self._watch(subscription.consumer, subscription.consumer_incarnation)
        self.handle_subscribed(subscription)

    def _check_new(self, subscription: Subscription) -> None:
        path, incarnation = self.context.path, self.context.incarnation
        if self.outlet is None:
            raise BadSubscription(f"{path} produces nothing: it has no handle_demand and no dispatcher")
        if subscription.producer_incarnation != incarnation:
            raise ProtocolViolation(f"{path} has been restarted; it is incarnation {incarnation} now")
        if subscription in self.consumers:
            raise ProtocolViolation(f"{subscription.consumer} has this subscription already")

    def _refuse(self, subscription: Subscription, error: StageError) -> None:
        reason = Crashed(error)
        self._send(subscription.consumer, Cancelled(subscription, reason))
        self._forget(subscription, reason)

    def _asked(self, subscription: Subscription, count: int) -> None:
        if self.outlet is None or subscription not in self.consumers:
            self._refuse(subscription, ProtocolViolation(f"{self.context.path} does not know {subscription}"))
            return
        self._carry_out(self.outlet.ask(subscription, count))
        self._work_on()

    def _consumer_leaves(self, cancel: Cancel) -> None:
        if cancel.subscription in self.consumers:
            self._send(cancel.subscription.consumer, Cancelled(cancel.subscription, cancel.reason))
            self._forget(cancel.subscription, cancel.reason)
        if cancel.returned:
            self.handle_returned(cancel.returned, cancel.subscription)

    def _forget(self, subscription: Subscription, reason: Reason) -> None:
        if subscription not in self.consumers:
            return
        self.consumers.discard(subscription)
        if self.outlet is not None:
            self._carry_out(self.outlet.cancel(subscription))
        self.handle_cancelled(subscription, reason)
        self._work_on()

    def _inform(self, message: Any) -> None:
        self._carry_out([Inform(message)] if self.outlet is None else self.outlet.inform(message))

    # --- carrying out ------------------------------------------------------------------------------------------------

    def _carry_out(self, steps: Sequence[Step]) -> None:
        """Also from inside a step: what was decided first is done first."""
        self._steps.extend(steps)
        while self._steps:
            match self._steps.popleft():
                case Delivery(subscription, events):
                    self._deliver(subscription, events)
                case Produce(count):
                    self.handle_demand(count)
                case Inform(message):
                    self.handle_info(message)
                case Discard() as discard:
                    self._discard(discard)

    def _deliver(self, subscription: Subscription, events: list[Any]) -> None:
        consumer = self.context.system.registry.running(subscription.consumer)
        message = Events(subscription, events)
        if consumer is None or consumer.context.incarnation != subscription.consumer_incarnation:
            self._undelivered([message])
        else:
            self._send(subscription.consumer, message)

    def _send(self, path: str, message: Any) -> None:
        self._undelivered(self._post.send(path, message))
        if self._post.waiting and Resend not in self._notes:
            self._notes.add(Resend)
            self.send_after(RETRY_SECONDS, Resend())

    def _undelivered(self, messages: Sequence[Any]) -> None:
        """Nobody is there: events stay here, all else is settled by the peer's `Down`."""
        for message in messages:
            match message:
                case Events(subscription, events):
                    self._take_back(subscription, events)
                case Cancel(returned=returned) if returned:
                    self._discard(Discard(list(returned), "neither this consumer nor their producer knows of them"))

    def _take_back(self, subscription: Subscription, events: list[Any]) -> None:
        """With those that were to follow, so that their order stays; then the consumer is gone."""
        later = [step for step in self._steps if isinstance(step, Delivery) and step.subscription == subscription]
        for step in later:
            self._steps.remove(step)
            events = events + step.events
        self._forget(subscription, NOPROC)
        self.handle_returned(events, subscription)

    def _discard(self, discard: Discard) -> None:
        self.discarded += len(discard.events)
        if self.handle_discarded(discard.events, discard.reason):
            logger.warning("%s discarded %d events: %s", self.context.path, len(discard.events), discard.reason)

    def _note(self, note: Work | Refill) -> None:
        """To itself, once."""
        if type(note) not in self._notes:
            self._notes.add(type(note))
            self.actor_inbox.put_unbounded(note)

    # --- the life of peers -------------------------------------------------------------------------------------------

    def _watch(self, path: str, incarnation: int) -> None:
        if (path, incarnation) not in self._watched:
            self._watched.add((path, incarnation))
            self.monitor(path)

    def _peer_down(self, down: Down) -> None:
        """A `Down` overtakes events; that of a producer has to wait for those it sent."""
        self._watched = {known for known in self._watched if not _is_over(down, *known)}
        for subscription in [one for one in self.consumers if _is_over(down, one.consumer, one.consumer_incarnation)]:
            self._forget(subscription, down.reason)
        if self._of_producer(down):
            self.actor_inbox.put_unbounded(Gone(down))

    def _of_producer(self, down: Down) -> list[Subscription]:
        return [one for one in self.inlet.links if _is_over(down, one.producer, one.producer_incarnation)]


def _is_over(down: Down, path: str, incarnation: int) -> bool:
    """Whether that was the end of this incarnation; nobody being there is the end of all."""
    return down.path == path and (incarnation <= down.incarnation or down.reason == NOPROC)
