"""Statements that SQLite and PostgreSQL both know but SQLAlchemy's common language lacks. Pure, any thread."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

from sqlalchemy import ARRAY, Column, Row, Select, Table, any_, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

#: How many values go into one IN list, and how many rows into one statement.
BATCH = 500


Insert = postgresql.Insert | sqlite.Insert


def insert_or_update(connection: Connection, table: Table, unique: Sequence[str], columns: Sequence[str]) -> Insert:
    """INSERT that overwrites `columns` of the row that already has the same `unique` columns."""
    statement = _insert(connection, table)
    changes = {column: statement.excluded[column] for column in columns}
    return statement.on_conflict_do_update(index_elements=list(unique), set_=changes)


def insert_or_ignore(connection: Connection, table: Table, unique: Sequence[str]) -> Insert:
    """INSERT that leaves alone the row that already has the same `unique` columns."""
    return _insert(connection, table).on_conflict_do_nothing(index_elements=list(unique))


def among(connection: Connection, column: Column[Any], values: Iterable[Any]) -> Sequence[Row[Any]]:
    """The rows of the column's table that have one of these values there.

    On PostgreSQL the values travel as one parameter: the statement is made, sent and planned once for any number.
    """
    return connection.execute(_among(connection.dialect.name, column), {"values": list(values)}).all()


@lru_cache(maxsize=64)
def _among(dialect: str, column: Column[Any]) -> Select[Any]:
    if dialect == "postgresql":
        return column.table.select().where(column == any_(bindparam("values", type_=ARRAY(column.type))))
    return column.table.select().where(column.in_(bindparam("values", expanding=True)))


def one_at_a_time(connection: Connection, *names: str) -> None:
    """Wait until no other transaction is past this point with one of these names; ends with the transaction.

    On PostgreSQL advisory locks, waited for up to the statement timeout, of several names in an order that is the same
    for everybody; SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        numbers = sorted({crc32(name.encode()) for name in names})
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number", (numbers,)
        )


def _insert(connection: Connection, table: Table) -> Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
