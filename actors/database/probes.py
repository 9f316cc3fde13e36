"""Whether the database is there: of the running root for /readyz, and before anything runs for `rookery check`."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import URL

from actors.database.access import Database
from actors.database.config import DatabaseConfig
from actors.database.engine import is_sqlite
from actors.database.errors import DatabaseBroken
from actors.database.health import Health
from actors.errors import ActorsError, Unavailable
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


def connections(settings: Settings) -> Iterator[Probe]:
    """Connects once, in the caller's thread, within the configured time; then looks what would be migrated."""
    yield Probe("database", lambda: _try(settings))
    if (config := settings.section("database")) and _missing(config.resolved(settings.home)):
        yield Probe("migrations", lambda: None, fine="all, into a new file")
        return
    yield _migrations(settings)


def _migrations(settings: Settings) -> Probe:
    from actors.database.migration.status import read_standing

    try:
        rows = read_standing(settings)
    except ActorsError as error:
        why = str(error)
        return Probe("migrations", lambda: why)
    todo = [f"{row['app']} {revision}" for row in rows for revision in row["pending"]]
    return Probe("migrations", lambda: None, fine=f"would run {', '.join(todo)}" if todo else "nothing to do")


def _missing(url: URL) -> bool:
    return is_sqlite(url) and not Path(url.database or "").exists()


def _try(settings: Settings) -> str | None:
    config: DatabaseConfig = settings.section("database")
    url = config.resolved(settings.home)
    if _missing(url):
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
