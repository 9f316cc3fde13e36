"""A root on PostgreSQL: slow work keeps no transaction waiting, and a server that is killed costs no mail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.drills.flow import flowing, reset, update
from tests.drills.site import eventually, site
from tests.servers.postgresql import OwnPostgres

pytestmark = pytest.mark.timeout(150)

EVENTS = 200
#: A transaction in which nothing happened for so long is one too many.
IDLE_SECONDS = 0.5
IDLE = """
    SELECT pid, extract(epoch FROM clock_timestamp() - state_change), query FROM pg_stat_activity
    WHERE state LIKE 'idle in transaction%%' AND clock_timestamp() - state_change > make_interval(secs => %s)
"""
SLOW = "mta.behaviour=[{recipient: '*', at: data, probability: 0.3, delay_seconds: 0.4}]"


def on(server: OwnPostgres) -> str:
    return f"database.url={server.url.render_as_string(hide_password=False)}"


@contextmanager
def watched(server: OwnPostgres) -> Iterator[list[object]]:
    """Looks at the server's sessions all the while; whoever sat idle in a transaction."""
    found: list[object] = []
    done = threading.Event()

    def look() -> None:
        with psycopg.connect(
            f"host=127.0.0.1 port={server.port} user=rookery dbname=postgres", autocommit=True
        ) as connection:
            while not done.wait(0.1):
                found.extend(connection.execute(IDLE, (IDLE_SECONDS,)).fetchall())

    watcher = threading.Thread(target=look, name="watcher")
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join(10)


def test_slow_handlers_leave_no_session_idle_in_a_transaction(tmp_path: Path, own_postgres: OwnPostgres) -> None:
    with site(tmp_path / "home", on(own_postgres), SLOW) as here, watched(own_postgres) as idle:
        here.start()
        with flowing(here, [*map(reset, range(EVENTS)), *map(update, range(EVENTS))]) as flow:
            keys = flow.wait()
        eventually(lambda: keys <= here.copies().keys(), 60.0, "every mail arrived")
        assert idle == []


def test_a_server_killed_under_load_costs_no_mail(tmp_path: Path, own_postgres: OwnPostgres) -> None:
    with site(tmp_path / "home", on(own_postgres)) as here:
        here.start()
        with flowing(here, [reset(number) for number in range(EVENTS)]) as flow:
            eventually(lambda: here.arrived() > EVENTS // 10, 30.0, "mails arrive")
            own_postgres.kill()
            eventually(lambda: here.get("/readyz").status_code == 503, 20.0, "not ready")
            missing = {one["name"]: one["reason"] for one in here.get("/readyz").json()["missing"]}
            assert "database" in missing
            own_postgres.start()
            keys = flow.wait()
        eventually(lambda: keys <= here.copies().keys(), 60.0, "every mail arrived")
        eventually(lambda: here.get("/readyz").status_code == 200, 20.0, "ready again")
        twice = {key for key, copies in here.copies().items() if copies > 1}
        assert twice <= here.doubted()
