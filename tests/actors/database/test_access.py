"""The facade: transactions that end, and refusals that come at once."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.exc import IntegrityError

from actors.database import Database, Unavailable
from actors.database.meters import meters_of
from actors.database.pool import PATH
from supervision import State, System
from supervision.testing import Running, running
from tests.actors.database.things import QUICK, THINGS, add, count, database_spec, ready

HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked_by_another_process(url: URL) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"locked\n"
        yield
        holder.stdin.close()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def refusal(work: Callable[[], object]) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        work()
    return caught.value


def turned_away(app: Running, reason: str) -> float:
    return float(meters_of(app.system).unavailable.labels(reason)._value.get())


def test_a_transaction_commits(database_url: URL) -> None:
    with running(database_spec(database_url)) as app:
        database = ready(app)
        add(database, "a")
        assert count(database) == 1


def test_a_block_that_raises_is_rolled_back(database_url: URL) -> None:
    with running(database_spec(database_url)) as app:
        database = ready(app)
        with pytest.raises(ZeroDivisionError), database.begin() as connection:
            connection.execute(THINGS.insert(), {"name": "a"})
            raise ZeroDivisionError
        assert count(database) == 0


def test_a_fault_of_the_statement_is_the_callers_own(database_url: URL) -> None:
    with running(database_spec(database_url)) as app:
        database = ready(app)
        add(database, "a")
        with pytest.raises(IntegrityError):
            add(database, "a")
        app.wait_state(PATH, State.RUNNING)


def test_without_a_pool_the_refusal_says_what_to_do() -> None:
    system = System()
    error = refusal(lambda: count(Database(system)))
    assert (error.what, error.where) == ("the database", PATH)
    assert "is actors.database listed" in str(error)
    system.close()


def test_a_pool_that_waits_for_its_next_start_says_when(own_postgres_url: URL) -> None:
    with running(database_spec(own_postgres_url)) as app:
        app.wait_state(PATH, State.BACKOFF)
        with within(0.2):
            error = refusal(lambda: count(Database(app.system)))
        assert "refused" in str(error)
        assert error.retry_at is None or error.retry_at > app.system.clock.monotonic() - 1
        assert not error.may_have_happened
        assert turned_away(app, "down") == 1


@pytest.fixture
def own_postgres_url() -> URL:
    """Nobody listens on port 1."""
    return make_url("postgresql+psycopg://rookery@127.0.0.1:1/postgres")


def test_an_exhausted_pool_refuses_in_time(database_url: URL) -> None:
    with running(database_spec(database_url)) as app:
        database = ready(app)
        with database.read(), database.read():
            with within(2.0):
                error = refusal(lambda: count(database))
            assert "all 2 connections" in str(error)
            assert turned_away(app, "exhausted") == 1
        assert count(database) == 0


def test_bulk_work_leaves_connections_to_others(database_url: URL) -> None:
    with running(database_spec(database_url, QUICK.model_copy(update={"pool_size": 3, "reserved": 1}))) as app:
        database = ready(app)
        bulk = Database(app.system, bulk=True)
        with bulk.read(), bulk.read():
            with within(2.0):
                error = refusal(lambda: count(bulk))
            assert "2 connections for bulk work" in str(error)
            assert count(database) == 0
        assert count(bulk) == 0


def test_bulk_work_has_a_connection_even_where_all_are_reserved(database_url: URL) -> None:
    with running(database_spec(database_url, QUICK.model_copy(update={"pool_size": 1, "reserved": 5}))) as app:
        ready(app)
        assert count(Database(app.system, bulk=True)) == 0


def test_writers_of_one_process_wait_in_turn_and_leave_connections_to_readers(sqlite_url: URL) -> None:
    with running(database_spec(sqlite_url)) as app:
        database = ready(app)
        with database.begin() as connection:
            connection.execute(THINGS.insert(), {"name": "a"})
            with ThreadPoolExecutor(4) as threads:
                waiting = [threads.submit(add, database, str(number)) for number in range(4)]
                assert count(database) == 0
                for writer in waiting:
                    assert isinstance(writer.exception(10), Unavailable)
        add(database, "b")
        assert count(database) == 2


def test_a_file_locked_by_another_process(sqlite_url: URL) -> None:
    with running(database_spec(sqlite_url)) as app:
        database = ready(app)
        with locked_by_another_process(sqlite_url):
            with within(3.0):
                error = refusal(lambda: add(database, "a"))
            assert "locked" in str(error)
            assert turned_away(app, "busy") == 1
            assert count(database) == 0  # readers go on
        add(database, "a")


def test_many_threads_lose_no_update(database_url: URL) -> None:
    config = QUICK.model_copy(update={"acquire_timeout_seconds": 30.0})
    with running(database_spec(database_url, config)) as app:
        database = ready(app)
        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(add, database, str(number)) for number in range(100)]:
                done.result(timeout=30)
        assert count(database) == 100


def test_a_connection_lost_at_commit_leaves_the_outcome_open(postgres_url: str) -> None:
    with running(database_spec(make_url(postgres_url))) as app:
        database = ready(app)

        def lose_it() -> None:
            with database.begin() as connection:
                connection.execute(THINGS.insert(), {"name": "a"})
                _terminate(database, connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())

        error = refusal(lose_it)
        assert error.may_have_happened
        assert "it may have happened" in str(error)
        assert count(database) == 0


def test_a_connection_lost_before_commit_did_nothing(postgres_url: str) -> None:
    with running(database_spec(make_url(postgres_url))) as app:
        database = ready(app)

        def lose_it() -> None:
            with database.begin() as connection:
                _terminate(database, connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
                connection.execute(THINGS.insert(), {"name": "a"})

        assert not refusal(lose_it).may_have_happened
        assert turned_away(app, "lost") == 1


def test_a_connection_dropped_while_idle_costs_nobody_a_failure(postgres_url: str) -> None:
    with running(database_spec(make_url(postgres_url))) as app:
        database = ready(app)
        with database.read() as other:
            with database.read() as connection:
                idle = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            assert other.exec_driver_sql("SELECT pg_terminate_backend(%s, 5000)", (idle,)).scalar_one()
            assert count(database) == 0


def test_a_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    config = QUICK.model_copy(update={"statement_timeout_seconds": 0.2})
    with running(database_spec(make_url(postgres_url), config)) as app:
        database = ready(app)

        def dawdle() -> None:
            with database.read() as connection:
                connection.exec_driver_sql("SELECT pg_sleep(1000)")

        with within(5.0):
            assert "statement timeout" in str(refusal(dawdle))
        app.wait_state(PATH, State.RUNNING)


def test_a_transaction_left_open_is_ended(postgres_url: str) -> None:
    config = QUICK.model_copy(update={"idle_in_transaction_seconds": 0.2})
    with running(database_spec(make_url(postgres_url), config)) as app:
        database = ready(app)

        def fall_asleep() -> None:
            with database.begin() as connection:
                connection.execute(THINGS.insert(), {"name": "a"})
                threading.Event().wait(1.0)

        assert "idle-in-transaction" in str(refusal(fall_asleep))
        assert count(database) == 0


def _terminate(database: Database, backend: int) -> None:
    """End a backend from another connection, and wait until it is gone."""
    with database.read() as other:
        assert other.exec_driver_sql("SELECT pg_terminate_backend(%s, 5000)", (backend,)).scalar_one()
