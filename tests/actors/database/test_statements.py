"""INSERT that meets a row which is there already, on both engines."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection

from actors.database.engine import open_engine
from actors.database.statements import insert_or_ignore, insert_or_update
from tests.actors.database.things import METADATA, QUICK, THINGS


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    engine = open_engine(url, QUICK)
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            connection.execute(THINGS.insert(), {"id": 1, "name": "old"})
            yield connection
    finally:
        engine.dispose()


def names(connection: Connection) -> dict[int, str]:
    return {row.id: row.name for row in connection.execute(THINGS.select())}


def test_update_overwrites_the_named_columns(database_url: URL) -> None:
    with connected(database_url) as connection:
        statement = insert_or_update(connection, THINGS, ["id"], ["name"])
        connection.execute(statement, [{"id": 1, "name": "new"}, {"id": 2, "name": "other"}])
        assert names(connection) == {1: "new", 2: "other"}


def test_ignore_leaves_the_row_alone(database_url: URL) -> None:
    with connected(database_url) as connection:
        statement = insert_or_ignore(connection, THINGS, ["id"])
        connection.execute(statement, [{"id": 1, "name": "new"}, {"id": 2, "name": "other"}])
        assert names(connection) == {1: "old", 2: "other"}
