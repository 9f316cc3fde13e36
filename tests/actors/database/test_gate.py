"""A gate that closes lets nobody wait behind it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import URL, event
from sqlalchemy.exc import DBAPIError

from actors.database.engine import open_engine
from actors.database.errors import PoolClosed
from actors.database.gate import Gate
from tests.actors.database.things import QUICK

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(1000)",
}


@pytest.fixture
def gate(database_url: URL) -> Iterator[Gate]:
    gate = Gate(open_engine(database_url, QUICK))
    yield gate
    gate.close("the test is over")


@contextmanager
def elsewhere(work: Callable[[], None]) -> Iterator[Future[None]]:
    with ThreadPoolExecutor(1) as threads:
        yield threads.submit(work)


def test_a_thread_in_the_middle_of_a_statement_is_woken(gate: Gate) -> None:
    begun = threading.Event()

    def wait_for_ever() -> None:
        with gate.engine.connect() as connection:
            begun.set()
            connection.exec_driver_sql(ENDLESS[gate.engine.dialect.name])

    with elsewhere(wait_for_ever) as waiting:
        assert begun.wait(10)
        while not waiting.done():  # the statement may not have begun when it is cut for the first time
            gate.cut("enough")
            threading.Event().wait(0.01)
        assert isinstance(waiting.exception(10), DBAPIError)


def test_nobody_gets_in_afterwards(gate: Gate) -> None:
    gate.close("enough")
    with pytest.raises(PoolClosed, match="enough"):
        gate.check()
    with pytest.raises(PoolClosed, match="enough"):
        gate.engine.connect()


def test_the_first_reason_stays(gate: Gate) -> None:
    gate.cut("the disk is full")
    gate.cut("it did not stop in time")
    with pytest.raises(PoolClosed, match="the disk is full"):
        gate.check()


def test_a_connection_that_was_opening_meanwhile_is_closed(database_url: URL) -> None:
    """Between `do_connect` and `connect` the gate does not know the connection and cannot cut it."""
    engine = open_engine(database_url, QUICK)
    opened = []
    gate = Gate(engine)

    def cut_now(connection: object, entry: object) -> None:
        opened.append(connection)
        gate.cut("enough")

    event.listen(engine, "connect", cut_now, insert=True)
    with pytest.raises(PoolClosed):
        engine.connect()
    with pytest.raises(Exception, match="closed"):
        opened[0].execute("SELECT 1")  # type: ignore[attr-defined]
    gate.close("the test is over")


def test_what_is_given_back_is_forgotten(gate: Gate) -> None:
    with gate.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.invalidate()
    gate.engine.dispose()
    assert not gate._open
