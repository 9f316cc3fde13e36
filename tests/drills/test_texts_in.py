"""kill -9 while texts come in: each is stored once, in order, and answered once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select

from actors.broker import Message
from apps.sms.config import Sms
from apps.sms.queues import queues
from apps.sms.tables import members, texts
from supervision.config import Settings
from tests.actors.broker.harness import engine_for, world
from tests.apps.sms.hub.conversing import OURS, QUESTIONS
from tests.apps.sms.receiving import text
from tests.drills.servers import QUICK
from tests.drills.site import Site, eventually, only

pytestmark = pytest.mark.timeout(180)

MEMBERS = 500
SAID = ("hello", "Mary Ann", "1980", "how are the birds?")
#: Of each text, in order; the last one is for the leader.
ANSWERS = ("Hi, this is Ada!\nWhat is your name?", "Which year were you born in, Mary Ann?", "Thanks, Mary Ann!")
APPS = (
    "apps=[actors.database, actors.broker, actors.rpc, actors.pipeline.connector, actors.lease, apps.people, apps.sms]"
)
BUCKETS = 2
#: Texts that are answered when the root is killed.
KILLS = (100, 700, 1200)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a root keeps its messages and its rows."""

    here: Site
    broker: str
    database: str


@pytest.fixture(params=["embedded", "servers"])
def place(request: pytest.FixtureRequest, tmp_path: Path, vhost: str, postgres_url: str) -> Iterator[Place]:
    home = tmp_path / "home"
    urls = (vhost, postgres_url) if request.param == "servers" else ("embedded:", f"sqlite:///{home}/rookery.sqlite")
    servers = [f"broker.url={urls[0]}", f"database.url={urls[1]}", *QUICK] if request.param == "servers" else []
    with only(home, APPS, "log.level=warning", f"sms.inbound_buckets={BUCKETS}", "nodes.count=1", *servers) as here:
        yield Place(here, *urls)


@contextmanager
def tables(place: Place) -> Iterator[Engine]:
    engine = create_engine(place.database)
    try:
        yield engine
    finally:
        engine.dispose()


def publish(place: Place, messages: Sequence[Message]) -> None:
    """As the intake of another root does."""
    sections = {"sms": Sms.model_validate({"inbound_buckets": BUCKETS})}
    engine = engine_for(place.here.home, queues(Settings(place.here.home, {}, (), sections)), place.broker)
    with world(engine) as broker:
        for start in range(0, len(messages), 200):
            broker.publish(*messages[start : start + 200])


def rows(engine: Engine, direction: str) -> Sequence[Any]:
    with engine.connect() as conn:
        return conn.execute(select(texts).where(texts.c.direction == direction).order_by(texts.c.id)).all()


def count(engine: Engine, **where: str) -> int:
    wanted = (texts.c[name] == value for name, value in where.items())
    with engine.connect() as conn:
        return conn.scalar(select(func.count()).select_from(texts).where(*wanted)) or 0


def test_each_text_is_answered_once(place: Place) -> None:
    here, people = place.here, [f"+1415555{number:04}" for number in range(MEMBERS)]
    here.start()
    eventually(lambda: here.rows().get("/database/pool", {}).get("state") == "running", 30.0, "the database")
    here.ask("sms.leader.put", id="ada", name="Ada", sign_up=QUESTIONS)
    here.ask("sms.number.put", number=OURS, leader="ada")
    sent = [text(f"{who}-{turn}", body, who) for turn, body in enumerate(SAID) for who in people]
    # A carrier that was not answered in time brings some again.
    publish(place, [*sent, *sent[::7]])
    with tables(place) as engine:
        for answered in KILLS:
            eventually(lambda answered=answered: count(engine, direction="out") >= answered, 40.0, "answers")  # type: ignore[misc]
            here.kill()
            here.start()
        eventually(lambda: count(engine, state="settled") == len(sent), 60.0, "all texts settled")
        received, answers = rows(engine, "in"), rows(engine, "out")
        with engine.connect() as conn:
            joined = conn.execute(select(members.c.name, members.c.born, members.c.unread)).all()
    assert Counter(row.member for row in received) == dict.fromkeys(people, len(SAID))
    for who in people:
        assert [row.body for row in received if row.member == who] == list(SAID)
        assert [row.body for row in answers if row.member == who] == list(ANSWERS)
    assert Counter(map(tuple, joined)) == {("Mary Ann", 1980, 1): MEMBERS}
    assert here.stop() == 0
