"""Where the database stands in each app's history, read and never changed. The caller's thread."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from actors.database.config import DatabaseConfig
from actors.database.diagnosis import text
from actors.database.engine import READING, is_sqlite, open_engine, shown
from actors.database.migration.context import current, pending
from actors.database.migration.history import History, histories
from actors.database.migration.run import Step, migrate
from actors.errors import Unavailable
from supervision.config import Settings


def standing(connection: Connection, found: Sequence[History]) -> list[dict[str, Any]]:
    """Per app: where it is, where this code wants it, and what lies between. Raises DatabaseNewer."""
    return [
        {
            "app": history.app,
            "at": current(connection, history),
            "head": history.head,
            "pending": pending(connection, history),
        }
        for history in found
    ]


def past_and_future(connection: Connection, found: Sequence[History]) -> list[dict[str, Any]]:
    """Every migration of every app, first to last, and whether it was run. Raises DatabaseNewer."""
    rows = []
    for history in found:
        waiting = set(pending(connection, history))
        for one in history.revisions:
            state = "pending" if one.revision in waiting else "done"
            rows.append({"app": history.app, "revision": one.revision, "doc": one.doc, "state": state})
    return rows


def read_standing(settings: Settings) -> list[dict[str, Any]]:
    """`standing` of the configured database, without a root. Raises Unavailable, DatabaseNewer, HistoryBroken."""
    with _opened(settings) as engine, _reading(engine) as connection:
        return standing(connection, histories(settings))


def read_history(settings: Settings) -> list[dict[str, Any]]:
    """`past_and_future` of the configured database, without a root. Raises as `read_standing`."""
    with _opened(settings) as engine, _reading(engine) as connection:
        return past_and_future(connection, histories(settings))


def migrate_now(settings: Settings) -> list[Step]:
    """Run what is pending on the configured database, however long it takes. Raises as `migrate`, and Unavailable."""
    with _opened(settings) as engine:
        return migrate(engine, histories(settings), patient=True)


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine]:
    config: DatabaseConfig = settings.section("database")
    engine = open_engine(config.resolved(settings.home), config, pool_size=1)
    try:
        if is_sqlite(engine.url):
            Path(engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        yield engine
    except DBAPIError as error:
        raise Unavailable("the database", shown(engine.url), text(error)) from error
    finally:
        engine.dispose()


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(**READING) as connection, connection.begin():
        yield connection
