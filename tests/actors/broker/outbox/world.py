"""A broker that can be away, with an outbox before it. Also a program, to be killed: see `main`."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.broker import Broker, Message, Queue, Topology
from actors.broker.config import BrokerConfig, OutboxConfig
from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.outbox.actor import FORWARDER
from actors.broker.port import PUBLISHER, Confirmed, Publish, PublishChannel
from actors.broker.publisher import Publisher
from actors.broker.specs import outbox_spec
from actors.broker.topology import BASE
from actors.errors import MessageRefused, Unavailable
from supervision import Backoff, ChildSpec, State, Supervisor
from supervision.clock import Clock
from supervision.testing import Running, running

QUEUE = "jobs"
TOPOLOGY = BASE.merge(Topology(queues=(Queue(QUEUE),)))
CONFIG = BrokerConfig.model_validate({"poll_seconds": 0.02, "max_body_bytes": 2**22})
SOON = Backoff(min_seconds=0.02, max_seconds=0.1)
REFUSED = b"nobody wants this"


@dataclass
class Weather:
    """What the broker does today."""

    away: bool = False
    #: Fails this many times in the middle of a publish, after it stored everything.
    unconfirmed: int = 0
    #: Reached in each publish, when set.
    gate: threading.Event = field(default_factory=threading.Event)
    publishing: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.away:
            raise Unavailable("the broker", "test", "it is away")


class Weathered:
    """A publish channel outdoors."""

    def __init__(self, inner: PublishChannel, weather: Weather) -> None:
        self._inner = inner
        self._weather = weather

    def open(self) -> None:
        self._weather.check()
        self._inner.open()

    def publish(self, messages: Sequence[Message]) -> Any:
        self._weather.publishing.set()
        assert self._weather.gate.wait(20)
        self._weather.check()
        if any(message.body == REFUSED for message in messages):
            raise MessageRefused("too ugly")
        published = self._inner.publish(messages)
        if self._weather.unconfirmed:
            self._weather.unconfirmed -= 1
            raise Unavailable("the broker", "test", "it went away", may_have_happened=True)
        return published

    def interrupt(self) -> None:
        self._inner.interrupt()

    def close(self) -> None:
        self._inner.close()


@dataclass(frozen=True)
class WeatheredEngine(EmbeddedEngine):
    """The embedded engine, when the weather lets it."""

    weather: Weather = field(default_factory=Weather)

    def publish_channel(self, clock: Clock) -> Any:
        return Weathered(super().publish_channel(clock), self.weather)


@dataclass
class World:
    """What a test talks to."""

    app: Running
    engine: WeatheredEngine
    outbox: EmbeddedEngine

    @property
    def weather(self) -> Weather:
        return self.engine.weather

    def publish(self, *bodies: str | bytes, **fields: Any) -> Confirmed:
        messages = tuple(message(body, **fields) for body in bodies)
        answer: Confirmed = self.app.system.address(PUBLISHER).call(Publish(messages), 10.0)
        return answer

    @property
    def broker(self) -> Broker:
        return Broker(self.app.system)

    def go_away(self) -> None:
        self.weather.away = True

    def come_back(self) -> None:
        self.weather.away = False

    def wait_until_gone(self) -> None:
        self.app.wait_state(FORWARDER, State.BACKOFF)

    def arrived(self) -> list[str]:
        return bodies(self.engine, QUEUE)

    def waiting(self) -> list[str]:
        return bodies(self.outbox, PUBLISHER)

    def until(self, condition: Any, seconds: float = 10.0) -> None:
        pause = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if condition():
                return
            pause.wait(0.02)
        raise AssertionError(f"not within {seconds:g} s; arrived {self.arrived()}, waiting {self.waiting()}")


def message(body: str | bytes, **fields: Any) -> Message:
    return Message(body if isinstance(body, bytes) else body.encode(), QUEUE, **fields)


def bodies(engine: EmbeddedEngine, queue: str) -> list[str]:
    """What lies in a queue, in its order; nothing while its file is being made."""
    try:
        if all(status.name != queue for status in engine.statuses()):
            return []
    except Unavailable:
        return []
    return [one.message.body.decode(errors="replace") for one in engine.peek(queue, 100_000, 100)]


def engines(folder: Path, weather: Weather) -> tuple[WeatheredEngine, EmbeddedEngine]:
    """The broker's and the outbox's."""
    broker = WeatheredEngine(folder / "broker.sqlite", TOPOLOGY, CONFIG, weather)
    return broker, EmbeddedEngine(folder / "outbox.sqlite", BASE, CONFIG)


def tree(broker: WeatheredEngine, outbox: EmbeddedEngine, max_bytes: int) -> ChildSpec:
    forwarder = ChildSpec(id="forwarder", actor=Publisher, args=(broker,), start="eventual", backoff=SOON)
    config = OutboxConfig(max_bytes=max_bytes)
    return Supervisor.spec("broker", [forwarder, outbox_spec(outbox, config)], intensity=100, period=1.0)


@contextmanager
def world(folder: Path, max_bytes: int = 2**26, away: bool = False) -> Iterator[World]:
    weather = Weather(away=away)
    weather.gate.set()
    broker, outbox = engines(folder, weather)
    with running(tree(broker, outbox, max_bytes)) as app:
        app.wait_state(PUBLISHER, State.RUNNING)
        app.wait_state(FORWARDER, State.BACKOFF if away else State.RUNNING)
        here = World(app, broker, outbox)
        if not away:
            here.until(lambda: app.system.address(PUBLISHER).call(Publish(())).stored is False)
        yield here


def main(folder: Path, first: int) -> None:
    """Publish numbers for ever, one call each, and print those that were confirmed; the broker comes and goes."""
    weather = Weather()
    weather.gate.set()
    with running(tree(*engines(folder, weather), 2**26)) as app:
        app.wait_state(PUBLISHER, State.RUNNING)
        number = first
        while True:
            weather.away = number % 40 >= 20
            app.system.address(PUBLISHER).call(Publish((message(str(number)),)), 20.0)
            print(number, flush=True)
            number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
