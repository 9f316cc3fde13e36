"""Two servers in the URL: the primary goes for good, the standby is promoted, and nobody has to help."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from actors.database import Database, Unavailable
from actors.database.pool import PATH
from supervision import State
from supervision.testing import running
from tests.actors.database.things import QUICK, THINGS, add, count, database_spec, ready, wait_until_back
from tests.servers.postgresql import OwnPostgres
from tests.servers.replication import standby_of, url_of

WRITERS = 4
CONFIG = QUICK.model_copy(update={"pool_size": WRITERS, "acquire_timeout_seconds": 5.0})


@pytest.fixture
def standby(own_postgres: OwnPostgres) -> Iterator[OwnPostgres]:
    with standby_of(own_postgres, own_postgres.data.parent) as server:
        yield server


class Writers:
    """Threads that write names for as long as they may, and remember what they were told about each."""

    def __init__(self, database: Database) -> None:
        self.committed: set[str] = set()
        self.open: set[str] = set()
        self.refusals = 0
        self._database = database
        self._stop = threading.Event()
        self._enough = threading.Condition()

    def run(self, writer: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            self._write(f"{writer}-{number}")

    def _write(self, name: str) -> None:
        try:
            add(self._database, name)
        except Unavailable as error:
            self.refusals += 1
            if error.may_have_happened:
                self.open.add(name)
            self._stop.wait(0.02)
        else:
            with self._enough:
                self.committed.add(name)
                self._enough.notify_all()

    def wait_for(self, more: int, seconds: float = 30.0) -> None:
        with self._enough:
            wanted = len(self.committed) + more
            assert self._enough.wait_for(lambda: len(self.committed) >= wanted, seconds), "nothing is written any more"

    def stop(self) -> None:
        self._stop.set()


@pytest.mark.parametrize("ending", ["kill", "freeze"])
def test_a_primary_lost_under_load_loses_no_committed_row(
    own_postgres: OwnPostgres, standby: OwnPostgres, ending: str
) -> None:
    with running(database_spec(url_of(own_postgres, standby), CONFIG)) as app:
        writers = Writers(ready(app))
        with ThreadPoolExecutor(WRITERS) as threads:
            running_writers = [threads.submit(writers.run, number) for number in range(WRITERS)]
            try:
                writers.wait_for(50)
                getattr(own_postgres, ending)()
                standby.promote()
                writers.wait_for(50)
            finally:
                writers.stop()
            for one in running_writers:
                one.result(timeout=20)
        app.wait_state(PATH, State.RUNNING)
        found = names(Database(app.system))
        assert writers.committed - found == set(), "committed, but lost"
        assert found - writers.committed - writers.open == set(), "there, although nothing was done"
        assert writers.refusals > 0
        row = app.system.tree.get(PATH)
        assert row is not None
        if row.restarts:  # it may have been promoted between two looks at its health
            assert "127.0.0.1" in str(row.last_reason)  # the tree tells which database was lost
    if ending == "freeze":
        own_postgres.thaw()


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(THINGS.c.name)).scalars())


def test_a_standby_first_in_the_url_is_passed_over(own_postgres: OwnPostgres, standby: OwnPostgres) -> None:
    with running(database_spec(url_of(standby, own_postgres))) as app:
        add(ready(app), "a")


def test_a_primary_that_was_demoted_is_left(own_postgres: OwnPostgres, standby: OwnPostgres) -> None:
    with running(database_spec(url_of(own_postgres, standby))) as app:
        database = ready(app)
        add(database, "a")
        standby.promote()
        own_postgres.become_standby()
        wait_until_back(database)
        add(database, "b")
        assert count(database) == 2
