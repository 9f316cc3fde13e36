"""The decider's pipeline on the embedded broker and SQLite, and what it leaves in the queues."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, make_url

from actors import broker, database
from actors.broker import Message
from actors.broker.config import BrokerConfig
from actors.broker.port import Engine
from actors.broker.topology import DEAD_LETTERS
from actors.database import Database
from actors.database.pool import pool_supervisor
from actors.pipeline.connector.tables import METADATA as CONNECTOR
from apps.email.cloudevents import Event
from apps.email.config import Email
from apps.email.decider import Deciding, deciding
from apps.email.jobs import Job
from apps.email.queues import DECIDING, DECIDING_FIRST, EVENTS, LANES, queues
from apps.email.tables import METADATA as EMAIL
from apps.people.tables import METADATA as PEOPLE
from supervision import ChildSpec
from supervision.config import Settings
from supervision.testing import Running, running
from tests.actors.broker.harness import World, engine_for, publisher_of
from tests.actors.database.things import QUICK

PATH = "/deciding"
PETITION: dict[str, Any] = {"petition": "Save the rookery", "signatures": 3}


def event(number: object, type: str = "password_reset", time: str | None = None, **data: Any) -> Event:
    given = {"to": f"person-{number}@example.org", "link": "https://example.org/r/1", **data}
    return Event(str(number), "/test", type, given, time=time)


def message(of: Event | bytes, type: str = "password_reset") -> Message:
    body, key = (of, type) if isinstance(of, bytes) else (of.to_json(), of.type)
    return Message(body, key, EVENTS)


class Desk(World):
    """The broker's world, and the decider in it. `first` is the one for transactional mail."""

    def __init__(self, tree: Running, engine: Engine, decider: ChildSpec, first: ChildSpec, settings: Settings) -> None:
        super().__init__(tree, engine)
        self.decider = decider
        self.first = first
        self.settings = settings

    def send(self, *events: Event | bytes) -> None:
        self.publish(*map(message, events))

    def decided(self) -> list[Job]:
        """Wait until no event is left; the jobs of both lanes."""
        return self.jobs(DECIDING)

    def jobs(self, queue: str) -> list[Job]:
        """The same, when this queue is empty."""
        self.until(lambda: self.status(queue).depth == 0)
        return [Job.from_json(one.body) for lane in LANES.values() for one in self.waiting(lane)]

    def reasons(self) -> list[str]:
        return [broker.deaths(one.headers)[0].reason or "" for one in self.waiting(DEAD_LETTERS)]

    def waiting(self, queue: str) -> list[Message]:
        return [one.message for one in self.engine.peek(queue, 1000, 1_000_000)]

    @property
    def counts(self) -> dict[str, int]:
        handler = self.tree.system.registry.running(PATH).options.handler
        assert isinstance(handler, Deciding)
        return dict(handler.counts)

    @property
    def database(self) -> Database:
        return Database(self.tree.system)


@contextmanager
def desk(home: Path, config: Email | None = None, *, started: bool = True, **broker_config: Any) -> Iterator[Desk]:
    """A tree with publisher, database and (if `started`) the decider."""
    settings = Settings(
        home,
        {},
        (broker.APP, database.APP),
        {"broker": BrokerConfig.model_validate(broker_config), "email": config or Email.model_validate({})},
    )
    engine = engine_for(home, queues(settings), **broker_config)
    pool = pool_supervisor(make_url(f"sqlite:///{home / 'desk.sqlite'}"), QUICK, create)
    with running(pool, publisher_of(engine), intensity=1000) as tree:
        tree.wait_state("/broker/publisher", "running")
        tree.wait_state("/database/pool", "running")
        first = deciding(settings, "deciding-first", DECIDING_FIRST)
        one = Desk(tree, engine, deciding(settings), first, settings)
        if started:
            one.start(one.decider)
        yield one


def create(engine: Any) -> None:
    metadata: MetaData
    for metadata in (CONNECTOR, EMAIL, PEOPLE):
        metadata.create_all(engine)
