"""Children that hang are replaced; busy children that get on are left alone. And limits of single children."""

import threading

import pytest

from supervision import (
    Actor,
    Backoff,
    CallCycle,
    ChildAbandoned,
    ChildExited,
    ChildParked,
    ChildSpec,
    ChildStarted,
    RestartChild,
    SpecError,
    StartChild,
    Supervisor,
    check_childspec,
)
from supervision.calls import NotStarted
from supervision.intensity import Window
from supervision.testing import Inbox, running


class Hangs(Actor):
    def __init__(self, gate, seen):
        super().__init__()
        self.gate, self.seen = gate, seen

    def on_receive(self, message):
        self.seen.put(message)
        if message == "hang":
            self.gate.wait(10.0)
            self.check_fence()
            self.seen.put("effect")


def test_a_child_that_hangs_in_one_message_is_fenced_and_replaced():
    gate, seen = threading.Event(), Inbox()
    with running(ChildSpec(id="a", actor=Hangs, args=(gate, seen), watchdog=0.1)) as world:
        thread = world.system.registry.running("/a").thread
        world.system.address("/a").cast("hang")
        exited = world.events.expect(ChildExited)
        assert exited.reason.category == "stalled" and "hung for" in str(exited.reason)
        world.events.expect(ChildStarted, lambda event: event.restarts == 1)
        assert world.system.address("/a").call("alive") is None
        assert dict(world.system.tree.get("/a").restarts_by_reason) == {"stalled": 1}
        gate.set()
        thread.join(5.0)
        assert "effect" not in seen.seen and world.system.tree.zombies() == []


def test_the_abandoned_thread_is_told_of_with_its_stack():
    gate, seen = threading.Event(), Inbox()
    with running(ChildSpec(id="a", actor=Hangs, args=(gate, seen), watchdog=0.1)) as world:
        thread = world.system.registry.running("/a").thread
        world.system.address("/a").cast("hang")
        assert "gate.wait" in world.events.expect(ChildAbandoned).stack
        gate.set()
        thread.join(5.0)


def test_a_child_that_gets_on_is_left_alone_however_busy():
    """Longer than the allowance in all, but no single message takes that long."""
    seen, pause = Inbox(), threading.Event()

    class Busy(Actor):
        def on_receive(self, message):
            pause.wait(0.01)
            seen.put(message)

    with running(ChildSpec(id="a", actor=Busy, watchdog=0.5)) as world:
        for number in range(80):
            world.system.address("/a").cast(number)
        seen.expect(int, lambda number: number == 79)
        assert world.system.tree.get("/a").restarts == 0


def test_a_child_with_a_limit_of_its_own_is_parked_and_its_siblings_live_on():
    class Crashes(Actor):
        def on_receive(self, message):
            raise message

    limited = ChildSpec(id="a", actor=Crashes, limit=Window(1, 3600))
    with running(limited, ChildSpec(id="b", actor=Crashes), intensity=100) as world:
        other = world.system.whereis("/b").incarnation
        world.system.address("/a").cast(ValueError("x"))
        world.events.expect(ChildStarted, lambda event: event.restarts == 1)
        world.system.address("/a").cast(ValueError("x"))
        assert world.events.expect(ChildParked).path == "/a"
        assert world.system.whereis("/a").state == "failed"
        assert world.system.whereis("/b").incarnation == other
        assert world.system.address("/").call(RestartChild("a")) == "/a"
        world.system.address("/a").cast(ValueError("x"))
        world.events.expect(ChildStarted, lambda event: event.restarts == 2)


@pytest.mark.parametrize("watchdog", [0, -1, "soon"])
def test_a_watchdog_needs_a_time(watchdog):
    with pytest.raises(SpecError, match="invalid_watchdog"):
        check_childspec(ChildSpec(id="a", actor=Actor, watchdog=watchdog))


def test_W17_a_start_that_calls_its_own_supervisor_is_refused_at_once():
    class AsksUpward(Actor):
        def on_start(self):
            self.call("/", StartChild(ChildSpec(id="b", actor=Actor)))

    with running() as world, pytest.raises(NotStarted, match="CallCycle") as caught:
        world.system.address("/").call(StartChild(ChildSpec(id="a", actor=AsksUpward)))
    assert isinstance(caught.value.__cause__, CallCycle)


def test_two_actors_that_call_each_other_at_once_do_not_deadlock():
    barrier, answers = threading.Barrier(2), Inbox()

    class Asks(Actor):
        def __init__(self, peer):
            super().__init__()
            self.peer = peer

        def on_receive(self, message):
            if message == "go":
                barrier.wait(5.0)
                try:
                    answers.put(self.call(self.peer, "hello"))
                except CallCycle as error:
                    answers.put(error)
            return "hello to you"

    children = ChildSpec(id="a", actor=Asks, args=("/b",)), ChildSpec(id="b", actor=Asks, args=("/a",))
    with running(*children) as world:
        for _ in range(20):
            world.system.address("/a").cast("go")
            world.system.address("/b").cast("go")
            both = [answers.expect(object), answers.expect(object)]
            assert sum(isinstance(answer, CallCycle) for answer in both) >= 1


def test_W14_arguments_do_not_show_in_the_text_of_a_spec():
    spec = ChildSpec(id="a", actor=Actor, args=("hunter2",), kwargs={"password": "hunter2"})
    assert "hunter2" not in repr(spec)
    assert "hunter2" not in repr(Supervisor.spec("s", [spec]))


def test_an_eventual_child_that_never_gets_ready_is_replaced_and_tried_again():
    gate, second = threading.Event(), threading.Event()

    class HangsOnce(Actor):
        starts = 0

        def on_start(self):
            HangsOnce.starts += 1
            if self.starts == 1:
                gate.wait(10.0)
            else:
                second.set()

    spec = ChildSpec(id="a", actor=HangsOnce, start="eventual", start_timeout=0.1, backoff=Backoff(max_seconds=0.1))
    with running(spec, intensity=0) as world:
        exited = world.events.expect(ChildExited)
        assert not exited.started and "not ready within 0.1 s" in str(exited.reason)
        assert second.wait(5.0)
        world.wait_state("/a", "running")
        (zombie,) = world.system.tree.zombies()
        gate.set()
        zombie.thread.join(5.0)
        assert world.system.tree.get("/a").state == "running"
        assert world.system.tree.get("/").budget.times == ()
