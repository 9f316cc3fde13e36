"""What a scrape shows, with the pool up, down and under load."""

from pathlib import Path

from prometheus_client import CollectorRegistry
from sqlalchemy import URL

from actors.database.metrics import collector
from actors.database.pool import PATH
from supervision import SHUTDOWN, ChildExited, State, System
from supervision.config import check
from supervision.testing import running
from supervision.verbs import Site
from tests.actors.database.things import add, database_spec, ready


def registry_of(system: System) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector(Site(system, check({"apps": ["actors.database"]}, Path("unused")))))
    return registry


def test_up_and_in_use(sqlite_url: URL) -> None:
    with running(database_spec(sqlite_url)) as app:
        database = ready(app)
        registry = registry_of(app.system)
        add(database, "a")
        with database.read():
            assert registry.get_sample_value("rookery_database_in_use") == 1
        assert registry.get_sample_value("rookery_database_in_use") == 0
        assert registry.get_sample_value("rookery_database_up") == 1
        assert registry.get_sample_value("rookery_database_pool_size") == 2
        assert registry.get_sample_value("rookery_database_waiting") == 0
        assert registry.get_sample_value("rookery_database_acquire_seconds_count") == 2
        assert registry.get_sample_value("rookery_database_unavailable_total", {"reason": "busy"}) == 0


def test_counts_outlive_the_incarnation(sqlite_url: URL) -> None:
    with running(database_spec(sqlite_url)) as app:
        add(ready(app), "a")
        app.system.registry.running(PATH).request_stop(SHUTDOWN)
        app.events.expect(ChildExited, lambda event: event.path == PATH)
        app.wait_state(PATH, State.RUNNING)
        assert registry_of(app.system).get_sample_value("rookery_database_acquire_seconds_count") == 1


def test_down() -> None:
    system = System()
    registry = registry_of(system)
    assert registry.get_sample_value("rookery_database_up") == 0
    assert registry.get_sample_value("rookery_database_pool_size") is None
    system.close()
