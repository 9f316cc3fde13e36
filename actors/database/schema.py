"""Creating the tables of all apps, once, however many roots start at the same time on one database.

Runs in the pool actor's thread. Existing tables are left as they are: changing them is the work of migrations.
"""

from collections.abc import Iterable

from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

from actors.database.statements import one_at_a_time
from supervision.config import Settings


def tables_of(settings: Settings) -> list[MetaData]:
    """What the listed apps declare as `tables`."""
    found = [app.load("tables") for app in settings.apps]
    return [tables() if callable(tables) else tables for tables in found if tables is not None]


def create_tables(engine: Engine, declared: Iterable[MetaData]) -> None:
    """Create what is missing, in one transaction that only one root at a time is in. Raises DBAPIError."""
    with engine.begin() as connection:
        one_at_a_time(connection, "tables")
        for metadata in declared:
            metadata.create_all(connection)
