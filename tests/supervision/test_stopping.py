"""Threads that do not want to stop: asked, broken out of their wait, abandoned behind a fence, counted."""

import socket
import threading

import pytest

from supervision import (
    SHUTDOWN,
    Actor,
    ChildAbandoned,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    Fenced,
    Killed,
    RestartChild,
    Shutdown,
    StartChild,
    TerminateChild,
)
from supervision.calls import NotStarted
from supervision.messages import Down
from supervision.reasons import Crashed, Normal
from supervision.stopping import orderly
from supervision.testing import Inbox, running


class Stuck(Actor):
    """Waits on the gate for whatever it receives; `effects` collects what passed the fence afterwards."""

    def __init__(self, gate, effects):
        super().__init__()
        self.gate, self.effects = gate, effects

    def on_receive(self, message):
        self.effects.put("stuck")
        self.gate.wait(10.0)
        self.check_fence()
        self.effects.put("effect")


class Reader(Actor):
    """Hangs in recv, and says how it can be woken."""

    def __init__(self, sock, effects):
        super().__init__()
        self.sock, self.effects = sock, effects

    def on_receive(self, message):
        self.on_break(lambda: self.sock.shutdown(socket.SHUT_RDWR))
        self.effects.put("stuck")
        self.sock.recv(1)


@pytest.fixture
def gate():
    return threading.Event()


def stuck(world, effects, path="/a"):
    world.system.address(path).cast("go")
    effects.expect(str, lambda what: what == "stuck")


def test_H2_a_busy_child_is_abandoned_after_its_time_and_its_effects_are_refused(gate):
    effects, heard = Inbox(), Inbox()
    with running(ChildSpec(id="a", actor=Stuck, args=(gate, effects), shutdown=0.05)) as world:
        stuck(world, effects)
        zombie_thread = world.system.registry.running("/a").thread
        world.system.registry.monitor("/a", heard.put)
        world.system.address("/").call(TerminateChild("a"))
        abandoned = world.events.expect(ChildAbandoned)
        assert abandoned.path == "/a" and "gate.wait" in abandoned.stack
        stopped = world.events.expect(ChildStopped)
        assert isinstance(stopped.reason, Killed) and not stopped.orderly
        assert isinstance(heard.expect(Down).reason, Killed)
        assert [zombie.path for zombie in world.system.tree.zombies()] == ["/a"]
        assert world.system.address("/").call(RestartChild("a")) == "/a"
        new = world.system.whereis("/a").incarnation
        gate.set()
        zombie_thread.join(5.0)
        assert world.system.tree.zombies() == []
        assert world.system.whereis("/a").incarnation == new
        assert world.system.address("/a").call("alive") is None
        assert effects.expect(str) == "stuck" and effects.expect(str) == "effect"  # the successor's, not the zombie's
        assert effects.nothing_more() and heard.nothing_more()


def test_a_breaker_wakes_a_thread_out_of_recv():
    near, far = socket.socketpair()
    effects = Inbox()
    with near, far, running(ChildSpec(id="a", actor=Reader, args=(near, effects), shutdown=0.05)) as world:
        stuck(world, effects)
        world.system.address("/").call(TerminateChild("a"))
        stopped = world.events.expect(ChildStopped)
        assert isinstance(stopped.reason, Killed)
        assert world.system.tree.zombies() == []


def test_H5_brutal_kill_does_not_wait_for_the_message_in_hand():
    near, far = socket.socketpair()
    effects = Inbox()
    with near, far, running(ChildSpec(id="a", actor=Reader, args=(near, effects), shutdown="brutal_kill")) as world:
        stuck(world, effects)
        world.system.address("/").call(TerminateChild("a"))
        stopped = world.events.expect(ChildStopped)
        assert isinstance(stopped.reason, Killed) and stopped.orderly


def test_a_breaker_that_fails_changes_nothing(gate):
    class Fragile(Stuck):
        def on_start(self):
            self.on_break(lambda: 1 / 0)

    effects = Inbox()
    with running(ChildSpec(id="a", actor=Fragile, args=(gate, effects), shutdown=0.05)) as world:
        stuck(world, effects)
        thread = world.system.registry.running("/a").thread
        world.system.address("/").call(TerminateChild("a"))
        world.events.expect(ChildAbandoned)
        gate.set()
        thread.join(5.0)


def test_an_abandoned_start_cannot_take_its_path_back(gate):
    class SlowStart(Actor):
        starts = 0

        def on_start(self):
            type(self).starts += 1
            if self.starts == 1:
                gate.wait(10.0)

    with running() as world:
        root = world.system.address("/")
        spec = ChildSpec(id="a", actor=SlowStart, start_timeout=0.05, shutdown=0.05)
        with pytest.raises(NotStarted, match="not ready"):
            root.call(StartChild(spec))
        zombie = world.system.tree.zombies()[0]
        assert root.call(StartChild(spec)) == "/a"
        holder = world.system.registry.running("/a")
        gate.set()
        zombie.thread.join(5.0)
        assert world.system.registry.running("/a") is holder
        world.events.expect(ChildStarted)


def test_a_fenced_zombie_ends_quietly(gate):
    """Its late end is neither a crash to restart nor a second notice."""
    effects = Inbox()
    with running(ChildSpec(id="a", actor=Stuck, args=(gate, effects), shutdown=0.05), intensity=0) as world:
        stuck(world, effects)
        thread = world.system.registry.running("/a").thread
        world.system.address("/").call(TerminateChild("a"))
        gate.set()
        thread.join(5.0)
        assert world.system.address("/").call(RestartChild("a")) == "/a"


def spec(restart="permanent", shutdown=None):
    return ChildSpec(id="a", actor=Actor, restart=restart, shutdown=shutdown)


@pytest.mark.parametrize(
    ("child", "reason", "fine"),
    [
        (spec(), SHUTDOWN, True),
        (spec(), Normal(), False),
        (spec(), Shutdown("x"), False),
        (spec(), Killed(), False),
        (spec("transient"), Normal(), True),
        (spec("temporary"), Shutdown("x"), True),
        (spec("transient"), Crashed(Fenced("x")), False),
        (spec(shutdown="brutal_kill"), Killed(), True),
        (spec(shutdown="brutal_kill"), SHUTDOWN, False),
        (spec("temporary", "brutal_kill"), Normal(), True),
    ],
)
def test_H7_H13_which_ends_on_request_otp_would_report(child, reason, fine):
    assert orderly(child, reason) is fine
