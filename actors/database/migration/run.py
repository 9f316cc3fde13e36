"""Running what is pending, for all apps, in one transaction that only one process at a time is in.

The caller's thread: the pool actor's at its start, or the command line's. PostgreSQL holds an advisory lock meanwhile,
SQLite its write lock; both roll back changes of tables, so a migration that fails leaves everything as it was.

Not guaranteed: speed. A large table may take longer than the pool's start allows; `rookery database migrate` has time.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.operations import Operations
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from actors.database.diagnosis import finding, text
from actors.database.engine import is_sqlite
from actors.database.errors import DatabaseBroken
from actors.database.migration.context import context_of, pending
from actors.database.migration.errors import MigrationFailed
from actors.database.migration.history import History
from actors.database.statements import one_at_a_time

logger = logging.getLogger(__name__)

#: PostgreSQL: a migration does not queue longer than that for a table in use, and everybody else behind it.
LOCK_SECONDS = 10
#: PostgreSQL's code for what a role may not do.
INSUFFICIENT_PRIVILEGE = "42501"
#: Alembic's `op` belongs to the process, not to a thread.
_op = threading.Lock()


@dataclass(frozen=True, slots=True)
class Step:
    """One migration that was run."""

    app: str
    revision: str
    doc: str


def migrate(engine: Engine, found: Sequence[History], *, patient: bool = False) -> list[Step]:
    """Run everything that is pending; `patient` lifts the statement timeout.

    Raises:
        DatabaseNewer, MigrationFailed, HistoryBroken: nothing was changed.
        DBAPIError: the database is away, or in use for too long; nothing was changed.
    """
    with _transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            if patient:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        one_at_a_time(connection, "migrations")
        steps = [step for history in found for step in _run(connection, history)]
        _check_references(connection)
    for step in steps:
        logger.info("migrated %s to %s: %s", step.app, step.revision, step.doc)
    return steps


def _run(connection: Connection, history: History) -> list[Step]:
    wanted = set(pending(connection, history))
    if not wanted:
        return []
    steps = [Step(history.app, str(one.revision), one.doc) for one in history.revisions if one.revision in wanted]
    running = [steps[0]]

    def plan(heads: Any, context: Any) -> Iterator[Any]:
        for step, one in zip(steps, history.script._upgrade_revs("head", heads), strict=True):
            running[0] = step
            yield one

    context = context_of(connection, history, fn=plan)
    try:
        with _op, Operations.context(context):
            context.run_migrations()
    except Exception as error:  # a migration is code: anything can come out of it
        if isinstance(error, DBAPIError) and finding(error) is not None:
            raise
        step = running[0]
        why = f"{step.app} {step.revision} ({step.doc}): {text(error)}"
        raise MigrationFailed(f"{why}; nothing was changed{_advice(error)}") from error
    return steps


def _advice(error: Exception) -> str:
    """The role of a root need not be one that may change tables."""
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
        return "; run `rookery database migrate` with the URL of a role that may change these tables"
    return ""


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """SQLite changes a table by copying and dropping it, and would carry the dropping on to rows that refer to it."""
    with engine.connect() as connection:
        if not is_sqlite(engine.url):
            with connection.begin():
                yield connection
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                yield connection
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    loose = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if loose:
        tables = ", ".join(sorted({str(row[0]) for row in loose}))
        raise DatabaseBroken(f"rows refer to rows that are not there, in: {tables}; nothing was migrated")
