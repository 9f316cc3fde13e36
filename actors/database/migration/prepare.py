"""What a pool does with a database when it starts: nothing, if every app's version is that of its newest file.

Alembic takes a third of a second to import, in each process of a root, so it is not asked without need. The pool
actor's thread.
"""

from sqlalchemy import String, column, inspect, select, table
from sqlalchemy.engine import Engine

from actors.database.engine import READING
from actors.database.migration.history import History, histories
from supervision.config import Settings


def prepare(settings: Settings, engine: Engine) -> None:
    """Raises as `migrate`."""
    found = histories(settings)
    if is_current(engine, found):
        return
    from actors.database.migration.run import migrate

    migrate(engine, found)


def is_current(engine: Engine, found: list[History]) -> bool:
    """Whether there is surely nothing to migrate."""
    with engine.connect().execution_options(**READING) as connection, connection.begin():
        names = set(inspect(connection).get_table_names())
        for history in found:
            if history.version_table not in names:
                return False
            versions = select(column("version_num", String)).select_from(table(history.version_table))
            if connection.execute(versions).scalars().all() != [history.newest]:
                return False
    return True
