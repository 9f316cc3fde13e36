"""A small world on a database of its own, with a broker that the test plays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from actors.broker import Publish
from actors.database.config import DatabaseConfig
from actors.database.pool import PATH as POOL
from actors.database.pool import pool_supervisor
from apps.demo.config import Demo
from apps.demo.petitions import PATH, Petitions, petitions_spec
from apps.people.tables import METADATA
from supervision import ChildSpec, StartChild, State, Supervisor, TerminateChild
from supervision.testing import FakeClock, Inbox, Probe, Running, running

#: A hundred signatures a second, so that every second brings something.
BUSY = Demo(people=20, signatures_per_minute=6000.0, max_backlog=10)


class World:
    """The running site, the hands of its clock, and what reaches its broker."""

    def __init__(self, app: Running, clock: FakeClock, asked: Inbox) -> None:
        self.app = app
        self.asked = asked
        self.depth = 0
        self._clock = clock

    @property
    def site(self) -> Petitions:
        actor = self.app.system.registry.running(PATH)
        assert isinstance(actor, Petitions)
        return actor

    def start(self, config: Demo = BUSY) -> None:
        site = petitions_spec(config, lambda: self.depth)
        self.app.system.address("/").call(StartChild(Supervisor.spec("demo", [site])))
        self.app.wait_state(PATH, State.RUNNING)

    def pass_second(self) -> None:
        self._clock.advance(1.0)
        self.settle()

    def answer(self, message: object) -> None:
        """Cast it to the site, as the publisher does."""
        self.app.system.address(PATH).cast(message)
        self.settle()

    def settle(self) -> None:
        """Until everything sent to the site so far was dealt with: it works in order and so answers this last."""
        self.app.system.address(PATH).call("no message of the site's", timeout=10.0)

    def published(self) -> Publish:
        return self.asked.expect(Publish)

    def stop_publisher(self) -> None:
        self.app.system.address("/broker").call(TerminateChild("publisher"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return make_url(f"sqlite:///{tmp_path}/test.sqlite")
    return make_url(request.getfixturevalue("postgres_url"))


@pytest.fixture
def world(database_url: URL) -> Iterator[World]:
    clock, asked = FakeClock(), Inbox()
    pool = pool_supervisor(database_url, DatabaseConfig(), METADATA.create_all)
    broker = Supervisor.spec("broker", [ChildSpec(id="publisher", actor=Probe, args=(asked,))])
    with running(pool, broker, clock=clock) as app:
        app.wait_state(POOL, State.RUNNING)
        yield World(app, clock, asked)
