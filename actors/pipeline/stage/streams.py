"""Stages at the edge: any iterable as a producer, and the events of producers as an iterator for code outside actors.

`stream` runs in the thread that iterates, beside an actor of its own; nobody is asked for more than that thread has
room for. Not guaranteed: order between several producers.
"""

import itertools
import queue
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Literal

from actors.pipeline.stage.demand import Demand
from actors.pipeline.stage.errors import StageError
from actors.pipeline.stage.inlet import Chunk
from actors.pipeline.stage.messages import Cancel, Events, SubscribeTo, Subscription
from actors.pipeline.stage.stage import Stage
from supervision.actor import Stop
from supervision.errors import CallError
from supervision.launch import Launched, launch
from supervision.reasons import NORMAL, Reason
from supervision.spec import ChildSpec
from supervision.system import System

#: Seconds between two looks whether the stream's actor still lives.
LOOK_SECONDS = 1.0
#: Seconds that actor has to stop when the iteration is broken off.
STOP_SECONDS = 5.0

_numbers = itertools.count(1)


Chunks = queue.SimpleQueue[Chunk | Reason]


class AllGone:
    """To itself: no producer is left."""


class Exhausted:
    """To itself, behind the last event: there are no more."""


class IterableProducer(Stage):
    """Emits what the iterable yields, when asked; iterating runs in this stage's thread.

    After the last event its consumers are let go. `on_end` tells whether it stops then or stays, to tell later
    consumers the same. What the iterable raises ends the producer.
    """

    def __init__(self, iterable: Iterable[Any], on_end: Literal["stop", "continue"] = "stop", **options: Any) -> None:
        super().__init__(**options)
        self.iterator = iter(iterable)
        self.on_end = on_end

    def handle_demand(self, count: int) -> None:
        events = list(itertools.islice(self.iterator, count))
        self.emit(events)
        if len(events) < count:
            self.async_info(Exhausted())

    def handle_info(self, message: Any) -> None:
        if not isinstance(message, Exhausted):
            super().handle_info(message)
            return
        self.cancel_consumers(NORMAL)
        if self.on_end == "stop":
            raise Stop(NORMAL)


def stream(system: System, *producers: SubscribeTo) -> Generator[Any, None, None]:
    """The events of all these producers, until all have let go. What is not taken when one stops iterating goes back.

    A producer's end is judged by its `Terms.cancel`: `permanent` ends the stream, `transient` does only when the end
    was not an expected one, `temporary` leaves the others.

    Raises:
        StageError: a producer that mattered ended otherwise than in order.
        BadSubscription, StartFailed: at the first `next`, when a subscription is not possible.
    """
    chunks: Chunks = queue.SimpleQueue()
    left: list[Chunk] = []
    path = f"/stream-{next(_numbers)}"
    reader = launch(system, ChildSpec(id=path[1:], actor=Reader, args=(producers, chunks)), path)
    try:
        reader.wait_started(STOP_SECONDS)
        yield from _events(reader, chunks, left)
    finally:
        reader.stop(NORMAL)
        reader.wait(STOP_SECONDS)
        system.tree.remove(path)
        _give_back(system, [*left, *_waiting(chunks)])


class Reader(Stage):
    """Passes chunks on to the thread that iterates, and asks again when that has taken one."""

    def __init__(self, producers: Sequence[SubscribeTo], chunks: Chunks) -> None:
        super().__init__()
        self.wanted = producers
        self.chunks = chunks
        self.demands: dict[Subscription, Demand] = {}

    def on_start(self) -> None:
        for producer, terms in ((one.producer, one.terms) for one in self.wanted):
            demand = Demand(terms)
            subscription = self.subscribe(
                producer, max_demand=demand.max, min_demand=demand.min, cancel=terms.cancel,
                partition=terms.partition, selector=terms.selector, manual=True,
            )  # fmt: skip
            self.demands[subscription] = demand
            self.ask(subscription, demand.first())

    def on_receive(self, message: Any) -> Any:
        if not isinstance(message, Chunk):  # one that the iterating thread is through with
            return super().on_receive(message)
        more = self.demands[message.subscription].handled(len(message.events))
        if more and message.subscription in self.producers:
            self.ask(message.subscription, more)

    def handle_events(self, events: list[Any], source: Subscription) -> None:
        for chunk in self.demands[source].chunks(events):
            self.chunks.put(Chunk(source, chunk))

    def handle_cancelled(self, subscription: Subscription, reason: Reason) -> None:
        if not self.producers:
            self.async_info(AllGone())  # the subscription's own policy has a say first

    def handle_info(self, message: Any) -> None:
        raise Stop(NORMAL)

    def terminate(self, reason: Reason) -> None:
        late = [message for message in self.unhandled if isinstance(message, Events)]
        for chunk in (*self.inlet.queue, *(Chunk(message.subscription, message.events) for message in late)):
            if isinstance(chunk, Chunk):
                self.chunks.put(chunk)
        self.chunks.put(reason)


def _events(reader: Launched, chunks: Chunks, left: list[Chunk]) -> Iterator[Any]:
    """What comes, until the reader says why it ended. What was begun and not taken goes to `left`."""
    while True:
        try:
            item = chunks.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            if reader.ended:
                return
            continue
        if isinstance(item, Reason):
            if not item.expected:
                raise StageError(f"the stream broke off: {item}")
            return
        taken = 0
        try:
            for event in item.events:
                taken += 1
                yield event
        finally:
            left.append(Chunk(item.subscription, item.events[taken:]))
        left.clear()
        with suppress(CallError):
            reader.system.address(reader.path).cast(item)


def _waiting(chunks: Chunks) -> Iterator[Chunk]:
    while not chunks.empty():
        item = chunks.get_nowait()
        if isinstance(item, Chunk):
            yield item


def _give_back(system: System, chunks: Iterable[Chunk]) -> None:
    """Return what nobody has taken to the producers, if they still run."""
    left: dict[Subscription, list[Any]] = {}
    for chunk in chunks:
        left.setdefault(chunk.subscription, []).extend(chunk.events)
    for subscription, events in left.items():
        if events:
            with suppress(CallError):
                system.address(subscription.producer).cast(Cancel(subscription, NORMAL, tuple(events)))
