"""Whether the database is there: of the running root for /readyz, and before anything runs for `rookery check`."""

from pathlib import Path

from actors.database.access import Database
from actors.database.config import DatabaseConfig
from actors.database.engine import is_sqlite
from actors.database.errors import DatabaseBroken
from actors.database.health import Health
from actors.errors import Unavailable
from supervision import SystemClock
from supervision.config import Settings
from supervision.verbs import Probe, Site


def probes(site: Site) -> tuple[Probe, ...]:
    """Reads a snapshot: it neither waits nor connects."""

    def why_not() -> str | None:
        try:
            Database(site.system).pool()
        except Unavailable as error:
            return error.why
        return None

    return (Probe("database", why_not),)


def connections(settings: Settings) -> tuple[Probe, ...]:
    """Connects once, in the caller's thread, within the configured time."""
    return (Probe("database", lambda: _try(settings)),)


def _try(settings: Settings) -> str | None:
    config: DatabaseConfig = settings.section("database")
    url = config.resolved(settings.home)
    if is_sqlite(url) and not Path(url.database or "").exists():
        return None  # made at the first start; looking would make it
    clock = SystemClock()
    health = Health(url, config, clock)
    try:
        health.check()
    except DatabaseBroken as error:
        return str(error)
    finally:
        health.gate.close("checked")
        clock.close()
    return None
