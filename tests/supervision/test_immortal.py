"""Threads that will not die, each in its own way: where a breaker helps, and where only leaving them behind does."""

import ctypes
import os
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest

from supervision import (
    Actor,
    ChildAbandoned,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    Killed,
    RestartChild,
    TerminateChild,
)
from supervision.testing import Inbox, running


class InDatabase(Actor):
    """Waits for an answer of PostgreSQL; its breaker asks the server to cancel the query."""

    def __init__(self, url, effects):
        super().__init__()
        self.url, self.effects = url, effects

    def on_start(self):
        self.connection = psycopg.connect(self.url, connect_timeout=5)
        self.on_break(self.connection.cancel)

    def on_receive(self, message):
        self.effects.put(self.connection.info.backend_pid)
        self.connection.execute("SELECT pg_sleep(3600)")

    def terminate(self, reason):
        self.connection.close()


class InC(Actor):
    """In a C call that knows nothing of Python, its signals and its exceptions: the C library's own `read`."""

    def __init__(self, end, effects):
        super().__init__()
        self.end, self.effects = end, effects

    def on_receive(self, message):
        buffer = ctypes.create_string_buffer(1)
        self.effects.put("in C")
        ctypes.CDLL(None).read(self.end, buffer, 1)
        self.check_fence()
        self.effects.put("effect")


class InLoop(Actor):
    """Computes for ever and never looks up."""

    def __init__(self, over, effects):
        super().__init__()
        self.over, self.effects = over, effects

    def on_receive(self, message):
        self.effects.put("in the loop")
        while not self.over:
            pass
        self.check_fence()
        self.effects.put("effect")


@contextmanager
def left_behind(world, path, effects):
    """Set the actor going and terminate it: it is abandoned. Its successor works; then the old thread is let go."""
    world.system.address(path).cast("go")
    effects.expect(str)
    old = world.system.registry.running(path)
    world.system.address("/").call(TerminateChild("a"), timeout=30.0)
    assert world.events.expect(ChildAbandoned).path == path
    assert [zombie.incarnation for zombie in world.system.tree.zombies()] == [old.context.incarnation]
    world.system.address("/").call(RestartChild("a"))
    assert world.system.whereis(path).state == "running"
    yield
    old.thread.join(10.0)
    assert world.system.tree.zombies() == []
    assert world.system.registry.running(path) is not old
    assert effects.nothing_more()


def test_in_a_database_call_the_breaker_cancels_the_query(postgres_url):
    effects = Inbox()
    url = postgres_url.replace("+psycopg", "")
    with running(ChildSpec(id="a", actor=InDatabase, args=(url, effects), shutdown=0.1)) as world:
        world.system.address("/a").cast("go")
        backend = effects.expect(int)
        wait_for_sleep(url, backend)
        world.system.address("/").call(TerminateChild("a"), timeout=30.0)
        assert isinstance(world.events.expect(ChildStopped).reason, Killed)
        assert world.system.tree.zombies() == []


def wait_for_sleep(url, backend):
    """Until the server runs the query: before that there would be nothing to cancel."""
    with psycopg.connect(url, autocommit=True) as observer:
        for _ in range(1000):
            row = observer.execute("SELECT query FROM pg_stat_activity WHERE pid = %s AND state = 'active'", [backend])
            if "pg_sleep" in str(row.fetchone()):
                return
    raise AssertionError("the query did not start")


def test_in_a_c_call_that_ignores_everything_the_thread_is_left_behind():
    effects = Inbox()
    end, other_end = os.pipe()
    try:
        with (
            running(ChildSpec(id="a", actor=InC, args=(end, effects), shutdown=0.05)) as world,
            left_behind(world, "/a", effects),
        ):
            os.write(other_end, b"x")
    finally:
        os.close(end)
        os.close(other_end)


def test_in_a_busy_loop_the_thread_is_left_behind():
    effects, over = Inbox(), []
    with (
        running(ChildSpec(id="a", actor=InLoop, args=(over, effects), shutdown=0.05)) as world,
        left_behind(world, "/a", effects),
    ):
        over.append(True)


def test_the_tree_and_its_supervisor_answer_while_a_child_computes_for_ever():
    effects, over = Inbox(), []
    children = ChildSpec(id="a", actor=InLoop, args=(over, effects)), ChildSpec(id="b", actor=Actor)
    with running(*children) as world:
        world.system.address("/a").cast("go")
        effects.expect(str)
        begun = time.monotonic()
        assert [row.path for row in world.system.tree.rows()] == ["/", "/a", "/b"]
        world.system.registry.running("/b").request_stop(Killed())
        world.events.expect(ChildStarted, lambda event: event.path == "/b" and event.restarts == 1)
        assert time.monotonic() - begun < 5.0
        over.append(True)


def test_many_at_once_are_counted_one_by_one_and_forgotten_when_they_end():
    gates = [threading.Event() for _ in range(5)]
    effects = Inbox()

    class Waits(Actor):
        def __init__(self, gate):
            super().__init__()
            self.gate = gate

        def on_receive(self, message):
            effects.put("waiting")
            self.gate.wait(30.0)

    children = [ChildSpec(id=str(n), actor=Waits, args=(gate,), shutdown=0.0) for n, gate in enumerate(gates)]
    with running(*children) as world:
        threads = []
        for number in range(len(gates)):
            threads.append(world.system.registry.running(f"/{number}").thread)
            world.system.address(f"/{number}").cast("go")
            effects.expect(str)
            world.system.address("/").call(TerminateChild(str(number)), timeout=30.0)
            assert len(world.system.tree.zombies()) == number + 1
        for left, (gate, thread) in zip(range(4, -1, -1), zip(gates, threads, strict=True), strict=True):
            gate.set()
            thread.join(5.0)
            assert len(world.system.tree.zombies()) == left


@pytest.mark.parametrize("seconds", [0.05, "brutal_kill"])
def test_who_listens_for_its_end_hears_of_it_once_although_the_thread_runs_on(seconds):
    effects, over, heard = Inbox(), [], []
    with running(ChildSpec(id="a", actor=InLoop, args=(over, effects), shutdown=seconds)) as world:
        world.system.registry.monitor("/a", heard.append)
        with left_behind(world, "/a", effects):
            assert [down.reason.category for down in heard] == ["killed"]
            over.append(True)
        assert len(heard) == 1
