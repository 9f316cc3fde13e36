"""Stages under test, and the tree they run in. They show the test what they hear."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from actors.pipeline.stage import (
    CountBuffered,
    DemandDispatcher,
    Dispatcher,
    Info,
    SetDemandMode,
    Stage,
    SubscribeTo,
    Subscription,
    Terms,
)
from supervision import ChildSpec, Reason, StartChild, TerminateChild
from supervision.testing import PATIENCE_SECONDS, Inbox, Probe, Running, running


@dataclass(frozen=True, slots=True)
class Demanded:
    count: int


@dataclass(frozen=True, slots=True)
class Worked:
    events: list[Any]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """`handle_cancelled` was called."""

    subscription: Subscription
    reason: Reason
    by: str = ""


@dataclass(frozen=True, slots=True)
class Informed:
    message: Any


@dataclass(frozen=True, slots=True)
class Discarded:
    events: list[Any]


@dataclass(frozen=True, slots=True)
class Push:
    events: Any


@dataclass(frozen=True, slots=True)
class Do:
    """Run something in the stage's own thread."""

    what: Callable[[Any], Any]


class Shown(Stage):
    """Shows in `inbox` what happens to it; `log_discards` is what `handle_discarded` answers."""

    def __init__(self, inbox: Inbox, log_discards: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.inbox = inbox
        self.log_discards = log_discards

    def on_receive(self, message: Any) -> Any:
        match message:
            case Push(events):
                self.emit(events)
            case Do(what):
                return what(self)
            case str():
                self.inbox.put(Informed(message))
            case _:
                return super().on_receive(message)

    def handle_cancelled(self, subscription: Subscription, reason: Reason) -> None:
        self.inbox.put(Left(subscription, reason, self.context.path))

    def handle_discarded(self, events: Any, reason: str) -> bool:
        self.inbox.put(Discarded(list(events)))
        return self.log_discards


class Pusher(Shown):
    """Emits only what it is told to."""

    def handle_demand(self, count: int) -> None:
        self.inbox.put(Demanded(count))


class Counter(Shown):
    """Emits the next numbers, as many as it is asked for."""

    def __init__(self, inbox: Inbox, **options: Any) -> None:
        super().__init__(inbox, **options)
        self.next = 0

    def handle_demand(self, count: int) -> None:
        self.inbox.put(Demanded(count))
        self.emit(range(self.next, self.next + count))
        self.next += count


class Collector(Shown):
    def handle_events(self, events: list[Any], source: Subscription) -> None:
        self.inbox.put(Worked(list(events), self.context.path))


class Sleeper(Collector):
    """Never returns from its first chunk, until the test lets it."""

    def __init__(self, inbox: Inbox, until: threading.Event) -> None:
        super().__init__(inbox)
        self.until = until

    def handle_events(self, events: list[Any], source: Subscription) -> None:
        super().handle_events(events, source)
        assert self.until.wait(PATIENCE_SECONDS)


class Middle(Collector):
    """Passes on what it gets."""

    def __init__(self, inbox: Inbox, dispatcher: Dispatcher | None = None) -> None:
        super().__init__(inbox, dispatcher=dispatcher or DemandDispatcher())

    def handle_events(self, events: list[Any], source: Subscription) -> None:
        super().handle_events(events, source)
        self.emit(events)


@dataclass
class Stages:
    """What a test talks to. Each stage has an inbox of its own."""

    tree: Running

    def start(self, id: str, actor: Callable[..., Stage | Probe], *args: Any, **kwargs: Any) -> Inbox:
        inbox = Inbox()
        spec = ChildSpec(id=id, actor=actor, args=(inbox, *args), kwargs=kwargs, restart="temporary")
        self.call("", StartChild(spec))
        return inbox

    def stop(self, id: str) -> None:
        self.call("", TerminateChild(id))

    def call(self, id: str, message: Any) -> Any:
        return self.tree.system.address(f"/{id}").call(message)

    def cast(self, id: str, message: Any) -> None:
        self.tree.system.address(f"/{id}").cast(message)

    def link(self, consumer: str, producer: str, max_demand: int, min_demand: int | None = None, **terms: Any) -> Any:
        """Subscribe, temporarily unless said otherwise; returns when the producer has heard of it."""
        terms.setdefault("cancel", "temporary")
        answer = self.call(consumer, SubscribeTo(f"/{producer}", Terms(max_demand, min_demand, **terms)))
        self.settle(producer)
        return answer

    def subscription(self, producer: str, consumer: str) -> Subscription:
        """One that nobody has made yet, between these two as they run now."""
        running = self.tree.system.registry.running
        above, below = (running(f"/{id}").context.incarnation for id in (producer, consumer))
        return Subscription(f"/{producer}", above, f"/{consumer}", below, 77)

    def do(self, id: str, what: Callable[[Any], Any]) -> Any:
        return self.call(id, Do(what))

    def push(self, id: str, *events: Any) -> None:
        self.call(id, Push(events))

    def inform(self, id: str, message: str) -> None:
        self.call(id, Info(message))

    def mode(self, id: str, mode: Any) -> None:
        self.call(id, SetDemandMode(mode))

    def buffered(self, id: str) -> int:
        count = self.call(id, CountBuffered())
        assert isinstance(count, int)
        return count

    def settle(self, *ids: str) -> None:
        """Return when each has handled all it was sent until now, in this order."""
        for id in ids:
            self.call(id, CountBuffered())


@contextmanager
def stages() -> Iterator[Stages]:
    with running() as tree:
        yield Stages(tree)


def worked(inbox: Inbox) -> list[Any]:
    return inbox.expect(Worked).events


def all_now(inbox: Inbox) -> list[Any]:
    """What the inbox holds at this moment."""
    things = []
    while not inbox.nothing_more():
        things.append(inbox.expect(object))
    return things
