"""The way in on the embedded broker and SQLite: publisher, database, pipelines and hub, as they stand in the tree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import make_url, select

from actors import broker, database
from actors.broadcast import Event, queue_of, read, subscription
from actors.broker import Message
from actors.broker.config import BrokerConfig
from actors.broker.port import Engine
from actors.broker.topology import DEAD_LETTERS
from actors.database import Database
from actors.database.pool import pool_supervisor
from actors.lease.tables import METADATA as LEASES
from actors.pipeline.connector.tables import METADATA as CONNECTOR
from apps.contracts.sms_pb2 import InboundText
from apps.people.tables import METADATA as PEOPLE
from apps.sms.config import Sms
from apps.sms.hub import leaders
from apps.sms.hub.hub import hub_spec
from apps.sms.hub.news import news_spec
from apps.sms.inbound import inbound_spec, stops_spec
from apps.sms.queues import STOP, bucket_of, queues
from apps.sms.sending import sending_spec
from apps.sms.tables import METADATA, numbers, texts
from supervision import ChildSpec, StartChild, Supervisor
from supervision.config import Settings
from supervision.testing import Running, running
from tests.actors.broker.harness import World, engine_for, publisher_of
from tests.actors.database.things import QUICK
from tests.apps.sms.hub.conversing import MARY, OURS

BUCKETS = 2
#: A service that wants to hear of members.
HEARD = "heard"
RECEIVED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def text(id: object, body: str, source: str = MARY, ours: str = OURS, queue: str | None = None) -> Message:
    """A text as the intake publishes it."""
    at = Timestamp()
    at.FromDatetime(RECEIVED)
    said = InboundText(carrier="simulated", id=str(id), source=source, destination=ours, body=body, received_at=at)
    return Message(said.SerializeToString(), queue or bucket_of(ours, BUCKETS))


def stop(id: object, body: str = "STOP", **who: str) -> Message:
    return text(id, body, queue=STOP, **who)


class Desk(World):
    """The broker's world, and `/sms` in it."""

    def __init__(self, tree: Running, engine: Engine, settings: Settings) -> None:
        super().__init__(tree, engine)
        self.settings = settings

    @property
    def database(self) -> Database:
        return Database(self.tree.system)

    def start_sms(self, *specs: ChildSpec) -> None:
        """`/sms` with these children: see `way_in` and `hub_spec`."""
        self.start(Supervisor.spec("sms", list(specs), intensity=1000))

    def add(self, spec: ChildSpec) -> None:
        self.tree.system.address("/sms").call(StartChild(spec))

    @property
    def way_in(self) -> list[ChildSpec]:
        return [stops_spec(self.settings), inbound_spec(self.settings)]

    @property
    def the_hub(self) -> list[ChildSpec]:
        return [hub_spec(), news_spec(), sending_spec(self.settings)]

    def lead(self, id: str = "ada", number: str = OURS, **sign_up: Any) -> None:
        with self.database.begin() as conn:
            leaders.put(conn, id, id.title(), sign_up, RECEIVED)
            values = {"number": number, "type": "e164", "leader": id, "carrier": "simulated", "created_at": RECEIVED}
            conn.execute(numbers.insert().values(values))

    def rows(self, **where: Any) -> Sequence[Any]:
        with self.database.read() as conn:
            wanted = (texts.c[name] == value for name, value in where.items())
            return conn.execute(select(texts).where(*wanted).order_by(texts.c.id)).all()

    def expect(self, count: int, **where: Any) -> Sequence[Any]:
        """The rows, as soon as there are so many."""
        self.until(lambda: len(self.rows(**where)) >= count)
        found = self.rows(**where)
        assert len(found) == count
        return found

    def empty(self, queue: str) -> None:
        """Wait until nothing is left there."""
        self.until(lambda: self.status(queue).depth == 0)

    def heard(self) -> list[Event]:
        """What everybody was told."""
        return [read(one.message) for one in self.engine.peek(queue_of(HEARD), 1000, 1_000_000)]

    def reasons(self) -> list[str]:
        """Why messages were dead-lettered."""
        found = self.engine.peek(DEAD_LETTERS, 1000, 1_000_000)
        return [broker.deaths(one.message.headers)[0].reason or "" for one in found]


@contextmanager
def desk(home: Path) -> Iterator[Desk]:
    """Publisher and database run."""
    sections = {
        "broker": BrokerConfig.model_validate({}),
        "sms": Sms.model_validate({"inbound_buckets": BUCKETS}),
    }
    settings = Settings(home, {}, (broker.APP, database.APP), sections)
    engine = engine_for(home, queues(settings).merge(subscription(HEARD, ["sms.member.*"])))
    pool = pool_supervisor(make_url(f"sqlite:///{home / 'desk.sqlite'}"), QUICK, _create)
    with running(pool, publisher_of(engine), intensity=1000) as tree:
        tree.wait_state("/broker/publisher", "running")
        tree.wait_state("/database/pool", "running")
        yield Desk(tree, engine, settings)


def _create(engine: Any) -> None:
    for metadata in (CONNECTOR, LEASES, PEOPLE, METADATA):
        metadata.create_all(engine)
