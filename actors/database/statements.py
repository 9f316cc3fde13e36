"""Statements that SQLite and PostgreSQL both know but SQLAlchemy's common language lacks. Pure, any thread."""

from collections.abc import Sequence

from sqlalchemy import Table
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


def _insert(connection: Connection, table: Table) -> Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
