"""What the running root and `rookery check` say about the database."""

from pathlib import Path

from sqlalchemy import URL

from actors.database.pool import PATH
from actors.database.probes import connections, probes
from actors.database.verbs import VERBS
from supervision import State, System
from supervision.config import Settings, check
from supervision.testing import running
from supervision.verbs import Site
from tests.actors.database.things import database_spec, ready

NOBODY = "postgresql://ada:s3cret@127.0.0.1:1/x"
STATUS, HISTORY, MIGRATE = VERBS


def settings_of(url: str, home: Path = Path("unused")) -> Settings:
    return check({"apps": ["actors.database"], "database": {"url": url}}, home)


def test_status_and_readiness_of_a_pool_that_works(sqlite_url: URL) -> None:
    with running(database_spec(sqlite_url)) as app:
        database = ready(app)
        site = Site(app.system, settings_of(str(sqlite_url)))
        with database.read():
            answer = STATUS(site, {})
        assert answer == {"url": str(sqlite_url), "available": True, "pool_size": 2, "in_use": 1}
        (probe,) = probes(site)
        assert probe.check() is None


def test_status_and_readiness_of_a_pool_that_does_not() -> None:
    with running(database_spec(settings_of(NOBODY).section("database").resolved(Path()))) as app:
        app.wait_state(PATH, State.BACKOFF)
        site = Site(app.system, settings_of(NOBODY))
        answer = STATUS(site, {})
        assert (answer["available"], answer["url"]) == (False, "postgresql+psycopg://ada:***@127.0.0.1:1/x")
        (probe,) = probes(site)
        reason = probe.check()
        assert reason is not None
        assert "s3cret" not in reason + str(answer)


def test_readiness_without_a_pool() -> None:
    system = System()
    (probe,) = probes(Site(system, settings_of(NOBODY)))
    assert "no such pool" in str(probe.check())
    system.close()


def test_check_connects(database_url: URL) -> None:
    for probe in connections(settings_of(database_url.render_as_string(hide_password=False))):
        assert probe.check() is None


def test_check_makes_no_file(tmp_path: Path) -> None:
    for probe in connections(settings_of("sqlite:///{home}/new.sqlite", tmp_path)):
        assert probe.check() is None
    assert list(tmp_path.iterdir()) == []


def test_check_says_what_is_wrong() -> None:
    for probe in connections(settings_of(NOBODY)):
        reason = probe.check()
        assert reason is not None
        assert "refused" in reason
        assert "s3cret" not in reason


def test_the_history_is_read_and_migrated_while_the_root_runs(database_url: URL) -> None:
    url = database_url.render_as_string(hide_password=False)
    settings = check({"apps": ["actors.database", "apps.people"], "database": {"url": url}}, Path("unused"))
    with running(database_spec(database_url)) as app:
        ready(app)
        site = Site(app.system, settings)
        assert {row["state"] for row in HISTORY(site, {})} == {"pending"}
        first, *_ = MIGRATE(site, {})
        assert (first["app"], first["revision"]) == ("people", "0001")
        assert {row["state"] for row in HISTORY(site, {})} == {"done"}
