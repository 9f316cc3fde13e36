"""The fan-out in its tree, with a real database and a publisher that obeys the test."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.broker import Confirmed, Publish, Unavailable
from actors.database import Database
from apps.email.campaign import sends
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.config import Campaign
from apps.email.campaign.fanout import fanout_spec
from apps.email.campaign.sends import Send, start_send
from apps.email.campaign.states import SendState
from apps.email.campaign.tables import SENDS
from supervision import Actor, ChildSpec, Supervisor
from supervision.config import check
from supervision.testing import Inbox, Running, running
from tests.apps.email.campaign.world import ME, NOW, dispatch, order, people

FANOUT = "/fanout"
SECONDS = 20.0


class Publisher(Actor):
    """Keeps what is published; while `away` is set it says so instead."""

    def __init__(self, inbox: Inbox, away: threading.Event) -> None:
        super().__init__()
        self.inbox = inbox
        self.away = away

    def on_receive(self, message: Any) -> Any:
        assert isinstance(message, Publish)
        if self.away.is_set():
            self.inbox.put("refused")
            raise Unavailable("the broker", "/broker/publisher", "the test says so")
        for one in message.messages:
            self.inbox.put(Chunk.from_json(one.body))
        return Confirmed(len(message.messages))


class World:
    """A fan-out, five people, and what it published."""

    def __init__(self, app: Running, published: Inbox, away: threading.Event) -> None:
        self.app, self.published, self.away = app, published, away
        self.database = Database(app.system)
        with self.database.begin() as conn:
            people(conn, 5)

    def start(self, name: str) -> int:
        with self.database.begin() as conn:
            return start_send(conn, order(name), NOW, 2)[0]

    def load(self, id: int) -> Send:
        with self.database.read() as conn:
            return sends.load(conn, id)

    def dispatch(self) -> None:
        chunk = self.published.expect(Chunk)
        with self.database.begin() as conn:
            dispatch(conn, sends.load(conn, chunk.send_id), chunk, ME, Counter())

    def wait(self, look: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + SECONDS, threading.Event()
        while not look():
            assert time.monotonic() < deadline, f"not within {SECONDS:g} s"
            pause.wait(0.02)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = check({"apps": ["actors.database", "apps.people", "apps.email"]}, tmp_path)
    published, away = Inbox(), threading.Event()
    publisher = ChildSpec(id="publisher", actor=Publisher, args=(published, away))
    children = [
        settings.app("database").load("supervisor")(settings),
        Supervisor.spec("broker", [publisher]),
        fanout_spec(Campaign.model_validate({"chunks_in_flight": 2})),
    ]
    with running(*children, intensity=50) as app:
        app.wait_state("/database/pool", "running")
        yield World(app, published, away)


def test_a_draft_becomes_chunks_and_comes_to_its_end(world: World) -> None:
    id = world.start("spring")
    for _ in range(3):
        world.dispatch()
    world.wait(lambda: world.load(id).state is SendState.FINISHED)
    assert world.published.nothing_more()
    assert world.load(id).sums == {**dict.fromkeys(world.load(id).sums or {}, 0), "targeted": 5, "handed": 5}


def test_while_the_broker_is_away_it_waits_and_then_goes_on(world: World) -> None:
    world.away.set()
    incarnation = world.app.system.tree.get(FANOUT).incarnation
    id = world.start("spring")
    assert world.published.expect(str) == world.published.expect(str) == "refused"
    assert world.load(id).state is SendState.RUNNING
    world.away.clear()
    for _ in range(3):
        world.dispatch()
    world.wait(lambda: world.load(id).state is SendState.FINISHED)
    assert world.app.system.tree.get(FANOUT).incarnation == incarnation


def test_a_send_that_cannot_go_on_does_not_stop_the_others(world: World) -> None:
    with world.database.begin() as conn:
        broken, _ = start_send(conn, order("broken"), NOW)
        conn.execute(SENDS.update().values(audience={"no such": "word"}))
    id = world.start("spring")
    for _ in range(3):
        world.dispatch()
    world.wait(lambda: world.load(id).state is SendState.FINISHED)
    assert world.load(broken).state is SendState.DRAFT
