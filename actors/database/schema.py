"""Creating the tables of all apps, once, however many roots start at the same time on one database.

Runs in the pool actor's thread. Existing tables are left as they are: changing them is the work of migrations.
"""

from collections.abc import Iterable

from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

from supervision.config import Settings

#: Any number will do, as long as every Rookery uses the same one: "rook" in ASCII.
_ADVISORY_LOCK = 0x726F6F6B


def tables_of(settings: Settings) -> list[MetaData]:
    """What the listed apps declare as `tables`."""
    found = [app.load("tables") for app in settings.apps]
    return [tables() if callable(tables) else tables for tables in found if tables is not None]


def create_tables(engine: Engine, declared: Iterable[MetaData]) -> None:
    """Create what is missing, in one transaction that only one root at a time is in. Raises DBAPIError.

    SQLite's BEGIN IMMEDIATE is such a lock already; on PostgreSQL the statement timeout bounds the wait for it.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY_LOCK,))
        for metadata in declared:
            metadata.create_all(connection)
