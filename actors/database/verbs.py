"""What can be asked about the database while it runs. Reads snapshots only; any thread."""

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


VERBS = (
    Verb("database.status", NoParams, status, doc="Which database, and how much of its pool is used.", quick=True),
)
