"""Each way in which a database can be found broken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL

from actors.database.config import DatabaseConfig
from actors.database.errors import DatabaseBroken
from actors.database.health import Health
from supervision import SystemClock
from tests.actors.database.things import QUICK
from tests.servers.postgresql import OwnPostgres

Asking = Callable[[URL], Health]


@pytest.fixture
def health_of() -> Iterator[Asking]:
    clock = SystemClock()
    asked: list[Health] = []

    def ask(url: URL, config: DatabaseConfig = QUICK) -> Health:
        asked.append(Health(url, config, clock))
        return asked[-1]

    yield ask
    for health in asked:
        health.gate.close("the test is over")
    clock.close()


@contextmanager
def broken(why: str) -> Iterator[None]:
    with pytest.raises(DatabaseBroken, match=why):
        yield


def test_a_database_that_works(database_url: URL, health_of: Asking) -> None:
    health = health_of(database_url)
    health.check()
    health.check()


def test_nobody_listens(health_of: Asking, own_postgres: OwnPostgres) -> None:
    own_postgres.kill()
    with broken("rookery@127.0.0.1.*[Cc]onnection refused"):
        health_of(own_postgres.url).check()


def test_a_frozen_server(health_of: Asking, own_postgres: OwnPostgres) -> None:
    health = health_of(own_postgres.url)
    health.check()
    own_postgres.freeze()
    with broken("no answer within 0.5 s"):
        health.check()
    own_postgres.thaw()


def test_a_server_frozen_before_the_first_check(health_of: Asking, own_postgres: OwnPostgres) -> None:
    own_postgres.freeze()
    with broken("connection timeout expired"):
        health_of(own_postgres.url).check()
    own_postgres.thaw()


def test_a_server_that_restarted_is_healthy_again(health_of: Asking, own_postgres: OwnPostgres) -> None:
    health = health_of(own_postgres.url)
    health.check()
    own_postgres.kill()
    own_postgres.start()
    health.check()


def test_a_standby(health_of: Asking, own_postgres: OwnPostgres) -> None:
    own_postgres.become_standby()
    with broken("is a standby"):
        health_of(own_postgres.url).check()


def test_a_sqlite_file_that_was_deleted(sqlite_url: URL, health_of: Asking) -> None:
    health = health_of(sqlite_url)
    health.check()
    Path(str(sqlite_url.database)).unlink()
    with broken("deleted while in use"):
        health.check()


def test_a_sqlite_file_that_was_replaced(sqlite_url: URL, health_of: Asking, tmp_path: Path) -> None:
    health = health_of(sqlite_url)
    health.check()
    (tmp_path / "other").touch()
    (tmp_path / "other").replace(str(sqlite_url.database))
    with broken("replaced while in use"):
        health.check()


def test_a_folder_that_is_missing(tmp_path: Path, sqlite_url: URL, health_of: Asking) -> None:
    with broken("unable to open database file"):
        health_of(sqlite_url.set(database=f"{tmp_path}/missing/x.sqlite")).check()


def test_a_file_that_is_no_database(sqlite_url: URL, health_of: Asking) -> None:
    Path(str(sqlite_url.database)).write_text("Dear diary, " * 100)
    with broken("not a database"):
        health_of(sqlite_url).check()
