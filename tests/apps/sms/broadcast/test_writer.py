"""The writer over a running pool: it works through what is under way, and blocks what it cannot go on with."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, make_url, select, update

from actors.database.config import DatabaseConfig
from actors.database.pool import PATH, pool_supervisor
from apps.sms.broadcast import broadcasts, writer
from apps.sms.broadcast.broadcasts import Broadcast, Order
from apps.sms.broadcast.segment import parse
from apps.sms.states import BroadcastState
from apps.sms.tables import broadcasts as table
from apps.sms.tables import texts
from supervision import ChildSpec, State
from supervision.testing import PATIENCE_SECONDS, Inbox, Running, running
from tests.apps.sms.broadcast.conftest import NOW, Join


class Watched(writer.Writer):
    """Tells the test after each turn."""

    def __init__(self, turns: Inbox) -> None:
        super().__init__()
        self._turns = turns

    def _turn(self) -> float:
        pause = super()._turn()
        self._turns.put(pause)
        return min(pause, 0.01)


@pytest.fixture
def turns() -> Inbox:
    return Inbox()


@pytest.fixture
def root(url: str, engine: Engine, turns: Inbox) -> Iterator[Running]:
    pool = pool_supervisor(make_url(url), DatabaseConfig(), lambda engine: None)
    spec = ChildSpec(id="broadcasts", actor=Watched, args=(turns,), start="eventual", backoff=writer.BACKOFF)
    with running(pool, spec) as app:
        app.wait_state(PATH, State.RUNNING)
        yield app


def order(engine: Engine, template: str = "Hi {{ name }}") -> int:
    with engine.begin() as conn:
        return broadcasts.order(conn, Order("ada", "news", template, parse({}), NOW), NOW)


def at_rest(engine: Engine, turns: Inbox, id: int) -> Broadcast:
    """After two more turns without anything to do, the first of which may have begun before."""
    while not turns.nothing_more():
        turns.expect(float)
    for _ in range(2):
        turns.expect(float, lambda pause: pause == writer.IDLE_SECONDS, PATIENCE_SECONDS)
    with engine.begin() as conn:
        return broadcasts.find(conn, id)


def test_it_writes_the_texts_of_all_that_are_under_way(engine: Engine, join: Join, root: Running, turns: Inbox) -> None:
    for number in range(3):
        join(number, name="x")
    ids = [order(engine), order(engine)]
    assert at_rest(engine, turns, ids[1]).state is BroadcastState.RUNNING
    with engine.begin() as conn:
        written = conn.execute(select(texts.c.broadcast, func.count()).group_by(texts.c.broadcast)).all()
    assert {(row[0], row[1]) for row in written} == {(ids[0], 3), (ids[1], 3)}


def test_what_cannot_be_gone_on_with_is_blocked_and_stops_no_other(
    engine: Engine, join: Join, root: Running, turns: Inbox
) -> None:
    join(1, name="x")
    good = order(engine)
    with engine.begin() as conn:
        bad = broadcasts.order(conn, Order("ada", "bad", "x", parse({}), NOW), NOW)
        conn.execute(update(table).where(table.c.id == bad).values(segment={"tagg": "vip"}))
    assert at_rest(engine, turns, good).state is BroadcastState.RUNNING
    with engine.begin() as conn:
        found = broadcasts.find(conn, bad)
    assert (found.state, "tagg" in (found.reason or "")) == (BroadcastState.BLOCKED, True)
