"""The pool under its supervisor, through the server's worst days. Nobody may hang, and nobody may have to help."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL

from actors.database import Database, Unavailable
from actors.database.pool import PATH, Suspect
from supervision import ChildExited, FaultRule, State
from supervision.testing import running
from tests.actors.database.test_access import locked_by_another_process, refusal, within
from tests.actors.database.things import RARELY_CHECKED, THINGS, add, count, database_spec, ready, wait_until_back
from tests.servers.postgresql import OwnPostgres

#: A check is due within 0.2 s and takes 0.5 s at most; the rest is for a slow machine.
NOTICED_SECONDS = 5.0
AT_ONCE_SECONDS = 0.2


def test_a_frozen_server_frees_its_callers_and_comes_back(own_postgres: OwnPostgres) -> None:
    with running(database_spec(own_postgres.url)) as app:
        database = ready(app)
        add(database, "a")
        own_postgres.freeze()
        with within(NOTICED_SECONDS):
            refusal(lambda: count(database))
        assert "no answer within 0.5 s" in str(app.events.expect(ChildExited, lambda e: e.path == PATH).reason)
        with within(AT_ONCE_SECONDS):
            refusal(lambda: count(database))
        own_postgres.thaw()
        wait_until_back(database)
        assert count(database) == 1


def test_callers_of_a_frozen_server_are_freed_wherever_they_wait(own_postgres: OwnPostgres) -> None:
    """In a statement, in the ping before it, for a free connection, and while connecting."""
    with running(database_spec(own_postgres.url)) as app:
        database = ready(app)
        in_statement = threading.Event()

        def sleep() -> None:
            with database.read() as connection:
                in_statement.set()
                connection.exec_driver_sql("SELECT pg_sleep(1000)")

        def look() -> None:
            count(database)

        with ThreadPoolExecutor(8) as threads, within(2 * NOTICED_SECONDS):
            waiting = [threads.submit(sleep)]
            assert in_statement.wait(10)
            own_postgres.freeze()
            waiting += [threads.submit(look) for _ in range(7)]
            for caller in waiting:
                assert isinstance(caller.exception(20), Unavailable)
        own_postgres.thaw()


def test_a_killed_server_is_found_out_at_once_and_comes_back(own_postgres: OwnPostgres) -> None:
    with running(database_spec(own_postgres.url, RARELY_CHECKED)) as app:
        database = ready(app)
        add(database, "a")
        own_postgres.kill()
        with within(AT_ONCE_SECONDS):
            refusal(lambda: count(database))
        app.wait_state(PATH, State.BACKOFF)  # because the caller told the pool: no check was due
        own_postgres.start()
        wait_until_back(database)
        assert count(database) == 1


def test_a_restart_that_nobody_noticed_costs_nothing(own_postgres: OwnPostgres) -> None:
    with running(database_spec(own_postgres.url, RARELY_CHECKED)) as app:
        database = ready(app)
        add(database, "a")
        own_postgres.kill()
        own_postgres.start()
        assert count(database) == 1


def test_a_server_that_is_down_at_the_start_holds_up_nobody(own_postgres: OwnPostgres) -> None:
    own_postgres.kill()
    with running(database_spec(own_postgres.url)) as app:
        app.wait_state(PATH, State.BACKOFF)
        assert "refused" in str(app.system.tree.get(PATH))
        own_postgres.start()
        database = Database(app.system)
        wait_until_back(database)
        add(database, "a")


def test_a_file_that_is_locked_at_the_start_holds_up_nobody(sqlite_url: URL) -> None:
    with locked_by_another_process(sqlite_url), running(database_spec(sqlite_url)) as app:
        app.wait_state(PATH, State.BACKOFF)
        assert "locked" in str(refusal(lambda: count(Database(app.system))))


def test_a_server_that_flaps_does_not_cost_the_root_its_life(own_postgres: OwnPostgres) -> None:
    with running(database_spec(own_postgres.url), intensity=0) as app:
        database = ready(app)
        for _ in range(4):
            own_postgres.kill()
            app.wait_state(PATH, State.BACKOFF)
            own_postgres.start()
            wait_until_back(database)
        assert not app.root.ended


def test_a_standby_is_not_used_until_it_is_promoted(own_postgres: OwnPostgres) -> None:
    with running(database_spec(own_postgres.url)) as app:
        database = ready(app)
        add(database, "a")
        own_postgres.become_standby()
        app.wait_state(PATH, State.BACKOFF)
        own_postgres.promote()
        wait_until_back(database)
        add(database, "b")


def test_a_crash_of_the_actor_cuts_callers_and_the_next_incarnation_serves(database_url: URL) -> None:
    with running(database_spec(database_url, RARELY_CHECKED)) as app:
        database = ready(app)
        app.system.faults.enabled = True
        with pytest.raises(Unavailable), database.begin() as connection:
            connection.execute(THINGS.insert(), {"name": "a"})
            app.system.faults.add(FaultRule(kind="crash", pattern=PATH))
            app.events.expect(ChildExited, lambda event: event.path == PATH)
        wait_until_back(database)
        assert count(database) == 0


def test_a_deleted_sqlite_file_is_noticed_and_made_anew(sqlite_url: URL) -> None:
    with running(database_spec(sqlite_url)) as app:
        database = ready(app)
        Path(str(sqlite_url.database)).unlink()
        reason = app.events.expect(ChildExited, lambda event: event.path == PATH).reason
        assert "deleted while in use" in str(reason)
        wait_until_back(database)
        add(database, "a")


def test_a_suspicion_without_ground_changes_nothing(database_url: URL) -> None:
    with running(database_spec(database_url, RARELY_CHECKED)) as app:
        database = ready(app)
        before = app.system.whereis(PATH)
        app.system.address(PATH).call(Suspect("a passing cloud"))
        assert app.system.whereis(PATH) == before
        assert count(database) == 0


def test_an_ordered_stop_does_not_wait_for_callers(own_postgres: OwnPostgres) -> None:
    with ThreadPoolExecutor(1) as threads:
        with running(database_spec(own_postgres.url)) as app:
            database = ready(app)
            in_statement = threading.Event()

            def sleep() -> None:
                with database.read() as connection:
                    in_statement.set()
                    connection.exec_driver_sql("SELECT pg_sleep(1000)")

            caller = threads.submit(sleep)
            assert in_statement.wait(10)
            started = time.monotonic()
        assert time.monotonic() - started < NOTICED_SECONDS
        assert isinstance(caller.exception(10), Unavailable)
