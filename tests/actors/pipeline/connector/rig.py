"""A pipeline fed by the embedded broker, with or without a database, whose handler does what the body says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from actors import broker, database
from actors.broker import Message as Sent
from actors.broker import Queue, Topology
from actors.broker.config import BrokerConfig
from actors.broker.port import Engine
from actors.database import Database
from actors.database.pool import PATH as POOL
from actors.database.pool import pool_supervisor
from actors.pipeline import Handler, Message, Pipeline, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource
from actors.pipeline.connector.tables import METADATA
from supervision import State
from supervision.config import Settings
from supervision.testing import PATIENCE_SECONDS, Inbox, running
from tests.actors.broker.harness import World, engine_for, publisher_of
from tests.actors.database.things import QUICK

TOPOLOGY = Topology(queues=(Queue("work"), Queue("work-1"), Queue("work-2")))
PIPELINE = "/jobs"
CONSUMER = f"{PIPELINE}/connector/consumers/consumer-1"
KEEPER = f"{PIPELINE}/connector/keeper"
PRODUCER = f"{PIPELINE}/producers/producer-1"


class Bad(Exception):
    """What the handler raises."""


class Obeying(Handler):
    """`fail` fails, `raise` raises, `exit` ends the stage, `hold` waits for `gate`; all else is well."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.bodies: list[bytes] = []
        self.gate = threading.Event()
        self.configure: dict[str, Any] = {}

    def handle_message(self, message: Message, context: Any) -> Message:
        self.bodies.append(message.data)
        self.inbox.put(message)
        if self.configure:
            message = message.configure_ack(**self.configure)
        match message.data.split(b":")[0]:
            case b"fail":
                return message.failed("no such person")
            case b"raise":
                raise Bad("on purpose")
            case b"exit":
                raise SystemExit("the message said so")
            case b"hold":
                assert self.gate.wait(PATIENCE_SECONDS)
        return message


@dataclass
class Rig(World):
    """The broker's world, and a pipeline `/jobs` in it."""

    home: Path = Path()
    handler: Obeying = field(default_factory=Obeying)
    source: BrokerSource = field(init=False)

    def run(self, engine: Engine | None = None, *, options: dict[str, Any] | None = None, **said: Any) -> Pipeline:
        """Start the pipeline; `said` are its broker options."""
        listed = (broker.APP, database.APP) if self.tree.system.whereis(POOL) else (broker.APP,)
        settings = Settings(self.home, {}, listed, {"broker": BrokerConfig.model_validate({})})
        self.source = BrokerSource(settings, BrokerOptions(**{"queue": "work", **said}), engine or self.engine)
        self.handler = Obeying()
        given: dict[str, Any] = {"processors": {"concurrency": 2}, "resubscribe_interval_seconds": 0.01}
        given |= options or {}
        producer = {"actor": BrokerProducer, "args": (self.source,), **given.pop("producer", {})}
        self.start(pipeline_spec("jobs", handler=self.handler, producer=producer, **given))
        return Pipeline(self.tree.system, PIPELINE)

    @property
    def counts(self) -> dict[str, int]:
        return self.source.counters.snapshot()

    def send(self, *bodies: str, **fields: Any) -> None:
        self.publish(*(Sent(body.encode(), "work", **fields) for body in bodies))

    def handled(self, count: int) -> list[Message]:
        """The next so many messages that the handler sees."""
        return [self.handler.inbox.expect(Message) for _ in range(count)]

    def empty(self, queue: str = "work") -> None:
        """Block until nothing is left in the queue."""
        self.until(lambda: self.status(queue).depth == 0)

    def dead(self, count: int = 1) -> list[Sent]:
        """The dead letters, once there are so many."""
        self.until(lambda: self.status("dead-letters").depth == count)
        return [waiting.message for waiting in self.engine.peek("dead-letters", 100, 1000)]

    @property
    def database(self) -> Database:
        return Database(self.tree.system)


@contextmanager
def rig(home: Path, url: str | None = None, engine: Engine | None = None) -> Iterator[Rig]:
    """A tree with publisher and, if `url` is given, a database with the connector's tables."""
    engine = engine or engine_for(home, TOPOLOGY)
    pool = [] if url is None else [pool_supervisor(make_url(url), QUICK, METADATA.create_all)]
    with running(*pool, publisher_of(engine), intensity=1000) as tree:
        tree.wait_state("/broker/publisher", "running")
        if url is not None:
            tree.wait_state(POOL, State.RUNNING)
        yield Rig(tree, engine, home=home)
