"""What can be asked about the database while it runs, and asked of it. Any thread."""

from dataclasses import asdict
from typing import Any

from actors.database.access import Database
from actors.database.engine import shown
from actors.database.metrics import usage
from actors.errors import Unavailable
from supervision.verbs import NoParams, Site, Verb


def status(site: Site, params: NoParams) -> dict[str, Any]:
    """Which database, whether it can be used, and how much of the pool is in use."""
    config = site.settings.section("database")
    answer: dict[str, Any] = {"url": shown(config.resolved(site.settings.home))}
    try:
        pool = Database(site.system).pool()
    except Unavailable as error:
        return {**answer, "available": False, "why": error.why}
    size, in_use = usage(pool)
    return {**answer, "available": True, "pool_size": size, "in_use": in_use}


def history(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Every migration of every app, and whether it was run. Raises Unavailable, DatabaseNewer."""
    from actors.database.migration.history import histories
    from actors.database.migration.status import past_and_future

    with Database(site.system).read() as connection:
        return past_and_future(connection, histories(site.settings))


def migrate(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Run what is pending: a pool that could not do it within its start. Raises Unavailable, MigrationFailed."""
    from actors.database.migration.status import migrate_now

    return [asdict(step) for step in migrate_now(site.settings)]


VERBS = (
    Verb("database.status", NoParams, status, doc="Which database, and how much of its pool is used.", quick=True),
    Verb("database.history", NoParams, history, doc="Every migration of every app, and whether it was run."),
    Verb("database.migrate", NoParams, migrate, writes=True, doc="Run the migrations that are pending."),
)
