"""What a PostgreSQL server may say or do in the middle of things, and that everything works again afterwards."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.exc import InvalidRequestError, ResourceClosedError

from actors.database import Connection, Database, Unavailable
from actors.database.engine import open_engine
from actors.database.pool import PATH
from supervision import State
from supervision.testing import running
from tests.actors.database.test_access import refusal
from tests.actors.database.things import QUICK, THINGS, add, count, database_spec, ready, wait_until_back
from tests.servers.postgresql import OwnPostgres

BY_HAND = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rookery'"


def backend(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


@pytest.fixture
def by_hand(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A session of nobody's pool."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def test_all_connections_dropped_at_once_in_the_middle_of_transactions(
    postgres_url: str, by_hand: psycopg.Connection
) -> None:
    """Nothing was committed, so nothing may have happened; and the pool is as good as new."""
    config = QUICK.model_copy(update={"pool_size": 4, "acquire_timeout_seconds": 5.0})
    inside, dropped = threading.Barrier(5, timeout=10), threading.Event()

    def work(database: Database, name: str) -> None:
        with database.begin() as connection:
            connection.execute(THINGS.insert(), {"name": name})
            inside.wait()
            assert dropped.wait(10)
            connection.execute(THINGS.insert(), {"name": f"{name}, again"})

    with running(database_spec(make_url(postgres_url), config)) as app, ThreadPoolExecutor(4) as threads:
        database = ready(app)
        done = [threads.submit(work, database, f"row {number}") for number in range(4)]
        inside.wait()
        by_hand.execute(BY_HAND)
        dropped.set()
        for one in done:
            error = one.exception(20)
            assert isinstance(error, Unavailable)
            assert not error.may_have_happened
        wait_until_back(database)
        assert count(database) == 0
        for number in range(8):
            add(database, str(number))


def test_a_read_that_lost_its_connection_did_nothing(postgres_url: str, by_hand: psycopg.Connection) -> None:
    with running(database_spec(make_url(postgres_url))) as app:
        database = ready(app)

        def look() -> None:
            with database.read() as connection:
                by_hand.execute("SELECT pg_terminate_backend(%s, 5000)", (backend(connection),))

        assert not refusal(look).may_have_happened


def test_after_a_statement_timeout_the_connection_is_used_again(postgres_url: str) -> None:
    config = QUICK.model_copy(update={"statement_timeout_seconds": 0.2, "pool_size": 1})
    with running(database_spec(make_url(postgres_url), config)) as app:
        database = ready(app)
        with database.read() as connection:
            before = backend(connection)

        def dawdle() -> None:
            with database.begin() as connection:
                connection.execute(THINGS.insert(), {"name": "a"})
                connection.exec_driver_sql("SELECT pg_sleep(1000)")

        error = refusal(dawdle)
        assert "canceling statement due to statement timeout" in str(error)
        assert not error.may_have_happened
        with database.read() as connection:
            assert backend(connection) == before
        assert count(database) == 0


def test_no_transaction_is_left_open_however_its_block_ends(postgres_url: str, by_hand: psycopg.Connection) -> None:
    """By its end, by an error, by a server's error that was caught, by leaving a loop: the block is the transaction."""

    def caught(connection: Connection) -> None:
        with pytest.raises(Exception, match="nowhere"):
            connection.exec_driver_sql("SELECT * FROM nowhere")

    def failed(connection: Connection) -> None:
        raise KeyError("handler")

    def exited(connection: Connection) -> None:
        raise SystemExit

    with running(database_spec(make_url(postgres_url))) as app:
        database = ready(app)
        for work in (backend, caught, failed, exited):
            for block in (database.begin, database.read):
                try:
                    with block() as connection:
                        work(connection)
                except (KeyError, SystemExit):
                    pass
                assert in_transaction(by_hand) == 0
        with pytest.raises((ResourceClosedError, InvalidRequestError)):
            connection.exec_driver_sql("SELECT 1")
        assert in_transaction(by_hand) == 0


def in_transaction(by_hand: psycopg.Connection) -> int:
    row = by_hand.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rookery' AND state LIKE 'idle in transaction%'"
        " AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_every_connection_watches_for_a_peer_that_fell_silent(postgres_url: str) -> None:
    """Read from the socket itself: a half-open connection ends by `tcp_user_timeout` or three unanswered probes."""
    import os
    import socket

    engine = open_engine(make_url(postgres_url), QUICK)
    try:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            with socket.socket(fileno=os.dup(driver.fileno())) as link:
                assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000
    finally:
        engine.dispose()


def test_too_many_connections_is_unavailable_and_passes(own_postgres: OwnPostgres) -> None:
    with _link(own_postgres) as link:
        link.execute("ALTER SYSTEM SET max_connections = 8")
        link.execute("ALTER SYSTEM SET max_wal_senders = 0")
    own_postgres.kill()
    own_postgres.start()
    with running(database_spec(own_postgres.url)) as app:
        database = ready(app)
        add(database, "a")
        with database.read(), ExitStack() as crowd:
            while True:
                try:
                    crowd.enter_context(_link(own_postgres))
                except psycopg.OperationalError:
                    break
            error = refusal(lambda: count(database))
            assert "connection slots" in str(error) or "too many clients" in str(error)
            app.wait_state(PATH, State.RUNNING)  # the server works, so the pool stays
        wait_until_back(database)


def test_a_server_that_is_still_starting_up_is_waited_for(own_postgres: OwnPostgres) -> None:
    """A server in recovery that takes no sessions says `the database system is starting up` or `not accepting`."""
    own_postgres.kill()
    config = own_postgres.data / "postgresql.auto.conf"
    before = config.read_text()
    config.write_text(before + "hot_standby = off\n")
    (own_postgres.data / "standby.signal").touch(mode=0o666)
    with pytest.raises(AssertionError, match="did not start"):
        _start_briefly(own_postgres)
    with running(database_spec(own_postgres.url)) as app:
        app.wait_state(PATH, State.BACKOFF)
        assert "database system is" in str(refusal(lambda: count(Database(app.system))))
        own_postgres.promote()
        wait_until_back(Database(app.system))


def _start_briefly(server: OwnPostgres) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr("tests.servers.postgresql.START_SECONDS", 1.0)
    try:
        server.start()
    finally:
        patch.undo()


def test_a_wrong_password_is_said_plainly_and_a_corrected_account_lets_in(own_postgres: OwnPostgres) -> None:
    with _link(own_postgres) as link:
        link.execute("CREATE ROLE ada SUPERUSER LOGIN PASSWORD 'other'")
        (own_postgres.data / "pg_hba.conf").write_text(
            "host all ada 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
        )
        link.execute("SELECT pg_reload_conf()")
    url: URL = own_postgres.url.set(username="ada", password="s3cret")
    with running(database_spec(url)) as app:
        app.wait_state(PATH, State.BACKOFF)
        why = str(refusal(lambda: count(Database(app.system))))
        assert 'password authentication failed for user "ada"' in why
        assert "does not pass by itself: correct database.url, or the server's accounts" in why
        assert "s3cret" not in why
        with _link(own_postgres) as link:
            link.execute("ALTER ROLE ada PASSWORD 's3cret'")
        wait_until_back(Database(app.system))


def test_an_unknown_database_is_said_plainly(own_postgres: OwnPostgres) -> None:
    with running(database_spec(own_postgres.url.set(database="nowhere"))) as app:
        app.wait_state(PATH, State.BACKOFF)
        assert "does not pass by itself" in str(refusal(lambda: count(Database(app.system))))


def _link(server: OwnPostgres) -> psycopg.Connection:
    dsn = f"host=127.0.0.1 port={server.port} user=rookery dbname=postgres"
    return psycopg.connect(dsn, autocommit=True, connect_timeout=5)
