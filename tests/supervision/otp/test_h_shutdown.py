"""Group H: how children of a static supervisor are stopped."""

import threading

import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    Actor,
    CallTimeout,
    ChildSpec,
    ChildStopped,
    Crashed,
    NoProc,
    Shutdown,
    Stop,
    Supervisor,
    TerminateChild,
    WhichChildren,
    launch,
)
from supervision.errors import Exited
from supervision.messages import Down
from supervision.testing import running
from tests.supervision.otp.twins import busy, counts, exit_as, heard, s_static, w


def test_H15_a_child_that_crashes_while_it_is_stopped_is_not_restarted_and_its_true_reason_is_told():
    gate, busy = threading.Event(), threading.Event()

    class CrashesLate(Actor):
        def on_receive(self, message):
            busy.set()
            gate.wait(10.0)
            raise ValueError("at the same moment")

    with running(ChildSpec(id="a", actor=CrashesLate), intensity=0) as world:
        world.system.address("/a").cast("go")
        assert busy.wait(5.0)
        stopper = threading.Thread(target=lambda: world.system.address("/").call(TerminateChild("a")))
        stopper.start()
        world.wait_state("/a", "stopping")
        gate.set()
        stopper.join(5.0)
        stopped = world.events.expect(ChildStopped)
        assert str(stopped.reason) == "ValueError: at the same moment" and not stopped.orderly
        assert world.system.whereis("/a").state == "stopped"


def test_H16_stale_and_foreign_notices_are_ignored_and_unknown_messages_counted(plan):
    with running(w(plan, "a"), intensity=0) as world:
        actor = world.system.registry.running("/")
        actor.actor_inbox.put_system(Down("/a", 0, SHUTDOWN))
        actor.actor_inbox.put_system(Down("/stranger", 7, SHUTDOWN))
        world.system.address("/").cast("what?")
        assert counts(world) == [1, 1, 0, 1]


def test_H18_calls_after_the_end_say_that_nobody_is_there(plan):
    with running(w(plan, "a")) as world:
        world.root.stop()
        world.root.wait(5.0)
        with pytest.raises(NoProc):
            world.system.address("/").call(WhichChildren())


def stops(world, *paths):
    """How each of them was stopped, as told."""
    told = {}
    while set(told) != set(paths):
        event = world.events.expect(ChildStopped)
        told[event.path] = event
    return told


def test_H1_with_infinity_everybody_ends_as_asked(plan):
    children = w(plan, "c1", type="supervisor", shutdown="infinity"), w(plan, "c2", shutdown="infinity")
    with running(*children) as world:
        world.root.stop()
        assert world.root.wait(5.0) == SHUTDOWN
        told = stops(world, "/c1", "/c2")
        assert all(event.reason == SHUTDOWN and event.orderly for event in told.values())


OTHER = Crashed(ValueError("other"))
OWN_REASONS = {"normal": NORMAL, "shutdown": SHUTDOWN, "test": Shutdown("test"), "other": OTHER}
RESTARTS = ("temporary", "transient", "permanent")


def test_H6_children_that_leave_by_themselves_during_the_shutdown_keep_their_reasons(plan):
    own = {f"{restart}-{name}": reason for restart in RESTARTS for name, reason in OWN_REASONS.items()}
    twelve = [exit_as(plan, id, reason, restart=id.partition("-")[0]) for id, reason in own.items()]
    gate = threading.Event()
    first, last = w(plan, "first", restart="temporary"), w(plan, "last", restart="temporary")
    with running(first, *twelve, last) as world:
        busy(world, "/last", gate)
        world.root.stop()
        world.wait_state("/last", "stopping")
        threads = [world.system.registry.running(f"/{id}").thread for id in own]
        for id in own:
            world.system.address(f"/{id}").cast("stop")
        for thread in threads:
            thread.join(5.0)
        gate.set()
        assert world.root.wait(5.0) == SHUTDOWN
        told = stops(world, "/first", "/last", *(f"/{id}" for id in own))
    assert {id: told[f"/{id}"].reason for id in own} == own
    assert told["/first"].reason == told["/last"].reason == SHUTDOWN
    assert sorted(plan.of("start")) == sorted(["first", "last", *own])


@pytest.mark.parametrize("end", [NORMAL, ValueError("die")], ids=["normal", "crash"])
def test_H17_a_supervisor_ends_with_its_parent_and_with_its_reason(plan, end):
    with running(w(plan, "parent", restart="temporary")) as world:
        tree = launch(world.system, Supervisor.spec("n", [w(plan, "a"), w(plan, "b")]), "/n", parent="/parent")
        tree.wait_started(5.0)
        world.system.address("/parent").cast(Stop(end) if end is NORMAL else end)
        reason = tree.wait(5.0)
        assert reason == heard(world, "/parent").reason
        assert plan.of("end") == ["parent", "b", "a"]


def test_H17_without_a_parent_there_is_nothing_to_run(plan):
    with running() as world:
        tree = launch(world.system, w(plan, "a"), "/n", parent="/nobody")
        assert tree.wait(5.0).category == "noproc"


def test_H18_stop_returns_when_everybody_has_ended(plan):
    with running(s_static(w(plan, "a"), w(plan, "b"))) as world:
        world.system.address("/s").stop()
        assert plan.of("end") == ["b", "a"]
        with pytest.raises(NoProc):
            world.system.address("/s").stop()


def test_H18_stop_has_a_deadline_and_tells_of_another_end_than_asked(plan):
    gate = threading.Event()
    with running(s_static(w(plan, "a", shutdown="infinity")), exit_as(plan, "b", Shutdown("mine"))) as world:
        busy(world, "/s/a", gate)
        with pytest.raises(CallTimeout, match="has not ended"):
            world.system.address("/s").stop(timeout=0.05)
        gate.set()
        heard(world, "/s")
        with pytest.raises(Exited, match="mine"):
            world.system.address("/b").stop(SHUTDOWN)
