"""Which faults mean "later", and which are the caller's own."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError

from actors.database.diagnosis import finding, text


def wrapped(error: Exception, kind: type[DBAPIError] = OperationalError, lost: bool = False) -> DBAPIError:
    return kind("SELECT secret", {"address": "ada@example.org"}, error, connection_invalidated=lost)


@pytest.mark.parametrize(
    ("error", "kind", "expected"),
    [
        (errors.AdminShutdown(), OperationalError, "lost"),
        (errors.TooManyConnections(), OperationalError, "lost"),
        (errors.DiskFull(), OperationalError, "lost"),
        (errors.ReadOnlySqlTransaction(), DBAPIError, "lost"),
        (errors.DataCorrupted(), DBAPIError, "lost"),
        (psycopg.OperationalError("connection refused"), OperationalError, "lost"),
        (errors.QueryCanceled(), OperationalError, "busy"),
        (errors.DeadlockDetected(), OperationalError, "busy"),
        (errors.SerializationFailure(), OperationalError, "busy"),
        (errors.LockNotAvailable(), OperationalError, "busy"),
        (errors.UniqueViolation(), IntegrityError, None),
        (errors.UndefinedTable(), ProgrammingError, None),
        (errors.NumericValueOutOfRange(), DBAPIError, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_postgresql(error: psycopg.Error, kind: type[DBAPIError], expected: str | None) -> None:
    assert finding(wrapped(error, kind)) == expected


def test_an_invalidated_connection_is_lost_whatever_the_driver_says() -> None:
    assert finding(wrapped(psycopg.InterfaceError("odd"), InterfaceError, lost=True)) == "lost"


def sqlite_error(path: Path, statement: str) -> sqlite3.Error:
    with closing(sqlite3.connect(path, timeout=0)) as connection, pytest.raises(sqlite3.Error) as caught:
        connection.execute(statement)
    return caught.value


def test_sqlite_not_a_database_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"this is not a database, however long one reads it" * 20)
    assert finding(wrapped(sqlite_error(tmp_path / "file", "SELECT * FROM sqlite_schema"))) == "lost"


def test_sqlite_locked_is_busy(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert finding(wrapped(sqlite_error(tmp_path / "file", "CREATE TABLE t (x)"))) == "busy"


def test_sqlite_without_the_table_is_the_callers_own(tmp_path: Path) -> None:
    assert finding(wrapped(sqlite_error(tmp_path / "file", "SELECT * FROM nothing"))) is None


def test_the_text_shows_neither_statement_nor_values() -> None:
    shown = text(wrapped(psycopg.OperationalError("server closed\n\tthe connection")))
    assert shown == "server closed the connection"
