"""What every connection promises, asked of the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import URL, Column, Connection, Engine, MetaData, Table, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from actors.database import Json
from actors.database.engine import READING, open_engine, shown
from tests.actors.database.things import METADATA, QUICK, THINGS


@contextmanager
def engine_of(url: URL) -> Iterator[Engine]:
    engine = open_engine(url, QUICK)
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(**READING) as connection, connection.begin():
        yield connection


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 500)]
)
def test_sqlite_pragmas(sqlite_url: URL, pragma: str, value: object) -> None:
    with engine_of(sqlite_url) as engine, reading(engine) as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("application_name", "rookery"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
    ],
)
def test_postgresql_settings(postgres_url: str, setting: str, value: str) -> None:
    with engine_of(make_url(postgres_url)) as engine, reading(engine) as connection:
        assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == value


def test_settings_in_the_url_stand_beside_ours(postgres_url: str) -> None:
    url = make_url(postgres_url).update_query_dict({"options": "-c work_mem=7MB"})
    with engine_of(url) as engine, reading(engine) as connection:
        assert connection.exec_driver_sql("SHOW work_mem").scalar_one() == "7MB"
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "30s"


def test_a_sqlite_writer_holds_the_lock_from_its_begin(sqlite_url: URL) -> None:
    """Two transactions that read first and write later would otherwise end in a deadlock that no timeout resolves."""
    with engine_of(sqlite_url) as engine, engine.begin() as first:
        first.execute(THINGS.select())
        with pytest.raises(OperationalError, match="locked"), engine.begin():
            pytest.fail("a second writer got in")


def test_a_sqlite_reader_does_not_wait_for_the_writer(sqlite_url: URL) -> None:
    with engine_of(sqlite_url) as engine, engine.begin() as writer:
        writer.execute(THINGS.insert(), {"name": "a"})
        with reading(engine) as connection:
            assert connection.execute(THINGS.select()).all() == []


def test_postgresql_refuses_a_write_in_a_reading_transaction(postgres_url: str) -> None:
    with engine_of(make_url(postgres_url)) as engine:
        with pytest.raises(DBAPIError, match="read-only"), reading(engine) as connection:
            connection.execute(THINGS.insert(), {"name": "a"})
        with engine.begin() as connection:  # the same connection, again writable
            connection.execute(THINGS.insert(), {"name": "b"})


def test_nan_does_not_reach_the_database(database_url: URL) -> None:
    numbers = Table("numbers", MetaData(), Column("value", Json))
    with engine_of(database_url) as engine, engine.begin() as connection:
        numbers.create(connection)
        with pytest.raises((StatementError, ValueError), match="JSON"):
            connection.execute(numbers.insert(), {"value": float("nan")})


def test_a_url_is_shown_without_its_password() -> None:
    assert "s3cret" not in shown(make_url("postgresql+psycopg://u:s3cret@h/x"))
