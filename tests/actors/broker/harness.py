"""A broker under test: its publisher, consumers and subscribers in a running tree, whichever engine carries it.

Engines are named here; a further one is a further line, and the whole contract runs against it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors import broker
from actors.broker import Ack, Broker, Deliveries, Delivery, Message, Topology
from actors.broker.config import ENGINES, BrokerConfig, scheme_of
from actors.broker.consumer import Consumer
from actors.broker.port import PUBLISHER, Engine, QueueStatus
from actors.broker.publisher import Publisher
from actors.broker.topology import BASE
from supervision import Actor, ChildSpec, ChildStarted, RestartChild, StartChild, Supervisor, TerminateChild
from supervision.app import load
from supervision.config import Settings
from supervision.testing import PATIENCE_SECONDS, Inbox, Running, running

#: Each engine that the contract is tested with; `tests/actors/broker/conftest.py` says where it is.
ENGINES_UNDER_TEST = ("embedded", "amqp", "amqp_classic")
SUBSCRIBER = "/subscriber"


MakeEngine = Callable[[Topology], Engine]


@dataclass(frozen=True, slots=True)
class Crash:
    """To a subscriber or consumer under test: die of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """To a subscriber: handle nothing until the event is set."""

    until: threading.Event
    reached: threading.Event


class Subscriber(Actor):
    """Shows the test what it was sent."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.inbox = inbox

    def on_receive(self, message: Any) -> None:
        match message:
            case Crash():
                raise RuntimeError("the test said so")
            case Block(until, reached):
                reached.set()
                assert until.wait(PATIENCE_SECONDS)
            case _:
                self.inbox.put(message)


class SmallSubscriber(Subscriber):
    """Whose mailbox is full at once."""

    mailbox_bound = 1


class FragileConsumer(Consumer):
    """Can be told to die."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Crash):
            raise RuntimeError("the test said so")
        return super().on_receive(message)


@dataclass
class World:
    """What a test talks to."""

    tree: Running
    engine: Engine
    inbox: Inbox = field(default_factory=Inbox)

    @property
    def broker(self) -> Broker:
        return Broker(self.tree.system)

    def publish(self, *messages: Message) -> int:
        return self.broker.publish(messages)

    def subscribe(self, name: str = "subscriber", actor: type[Subscriber] = Subscriber) -> Inbox:
        """Start a subscriber; its inbox."""
        inbox = Inbox()
        self.start(ChildSpec(id=name, actor=actor, args=(inbox,)))
        self.inbox = inbox
        return inbox

    def consume(
        self, queue: str, prefetch: int = 100, batch: int = 100, name: str = "consumer", subscriber: str = SUBSCRIBER
    ) -> str:
        """Start a consumer; its path."""
        self.start(ChildSpec(id=name, actor=FragileConsumer, args=(self.engine, queue, subscriber, prefetch, batch)))
        return f"/{name}"

    def start(self, spec: ChildSpec) -> None:
        self.tree.system.address("/").call(StartChild(spec))

    def stop(self, id: str) -> None:
        self.tree.system.address("/").call(TerminateChild(id))

    def restart(self, id: str) -> None:
        self.tree.system.address("/").call(RestartChild(id))

    def call(self, path: str, message: Any) -> Any:
        return self.tree.system.address(path).call(message)

    def cast(self, path: str, message: Any) -> None:
        self.tree.system.address(path).cast(message)

    def settled(self, path: str = "/consumer") -> None:
        """Return when the consumer has handled all it was sent, and handed out all it may."""
        self.call(path, Ack(()))

    def publisher_restarted(self) -> None:
        """Block until the publisher has started once more."""
        self.tree.events.expect(ChildStarted, lambda event: event.path == PUBLISHER and event.restarts > 0)

    def receive(self, count: int, inbox: Inbox | None = None) -> list[Delivery]:
        """The next `count` deliveries."""
        got: list[Delivery] = []
        while len(got) < count:
            got += (inbox or self.inbox).expect(Deliveries).deliveries
        assert len(got) == count, f"{len(got)} deliveries instead of {count}"
        return got

    def status(self, queue: str) -> QueueStatus:
        return next(status for status in self.engine.statuses() if status.name == queue)

    def ready(self, queue: str, count: int) -> None:
        """Block until so many messages wait in the queue; RabbitMQ says it a moment later."""
        self.until(lambda: self.status(queue).ready == count)

    def unacked(self, queue: str, count: int) -> bool:
        """Whether so many are out, as far as the engine tells."""
        return self.status(queue).unacked in (count, None)

    def until(self, condition: Callable[[], bool]) -> None:
        """Block until it holds; for what another thread or process does without telling."""
        pause = threading.Event()
        for _ in range(int(PATIENCE_SECONDS / 0.01)):
            if condition():
                return
            pause.wait(0.01)
        raise AssertionError("it did not come true in time")


def settings_for(home: Path, url: str = "embedded:", **section: Any) -> Settings:
    """Settings in which only the broker is listed."""
    config = BrokerConfig.model_validate({"url": url, **section})
    return Settings(home, {}, (broker.APP,), {"broker": config})


def engine_for(home: Path, topology: Topology, url: str = "embedded:", **section: Any) -> Engine:
    engine: Engine = load(ENGINES[scheme_of(url)])(settings_for(home, url, **section), BASE.merge(topology))
    return engine


def publisher_of(engine: Engine) -> ChildSpec:
    """The branch `/broker` of a tree."""
    return Supervisor.spec("broker", [ChildSpec(id="publisher", actor=Publisher, args=(engine,), start="eventual")])


@contextmanager
def world(engine: Engine) -> Iterator[World]:
    """A tree with the engine's publisher, as long as the `with` lasts."""
    with running(publisher_of(engine), intensity=1000) as tree:
        tree.wait_state("/broker/publisher", "running")
        yield World(tree, engine)


def texts(deliveries: list[Delivery]) -> list[str]:
    return [delivery.message.body.decode() for delivery in deliveries]


def numbered(count: int, queue: str, start: int = 0, size: int = 0) -> list[Message]:
    """Messages to a queue by its name, with bodies that tell their number."""
    return [Message(f"{number}".ljust(size).encode(), queue) for number in range(start, start + count)]
