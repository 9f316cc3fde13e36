"""Alembic, told about one app and one connection. The caller's thread."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from actors.database.migration.errors import DatabaseNewer
from actors.database.migration.history import History


def context_of(connection: Connection, history: History, **options: Any) -> MigrationContext:
    """Of the app's own tables and version table; nothing of other apps is seen through it."""

    def own(name: str | None, kind: str, parents: Any) -> bool:
        return kind != "table" or name in history.metadata.tables

    known = {"version_table": history.version_table, "target_metadata": history.metadata, "include_name": own}
    return MigrationContext.configure(connection, opts={**known, "render_as_batch": True, **options})


def current(connection: Connection, history: History) -> str | None:
    """The last migration that was run; None before the first. Raises DatabaseNewer."""
    heads = context_of(connection, history).get_current_heads()
    known = {revision.revision for revision in history.revisions}
    for head in heads:
        if head not in known:
            raise DatabaseNewer(
                f"{history.app}: its tables are at migration {head}, this code knows them up to {history.head}; "
                "run the newer release, or restore a backup"
            )
    return heads[0] if heads else None


def pending(connection: Connection, history: History) -> list[str]:
    """The migrations that are yet to be run, in order. Raises DatabaseNewer."""
    order = [str(revision.revision) for revision in history.revisions]
    at = current(connection, history)
    return order if at is None else order[order.index(at) + 1 :]


def differences(connection: Connection, history: History) -> list[Any]:
    """Between the tables as they are and as the app declares them, in Alembic's terms; empty after a migration."""
    return list(compare_metadata(context_of(connection, history), history.metadata))
