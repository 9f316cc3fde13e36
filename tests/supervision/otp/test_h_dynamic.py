"""Group H: how children of the dynamic kinds are stopped, all at once and each by its own rule."""

import threading
import time

import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    ChildStopped,
    Crashed,
    Killed,
    Shutdown,
    StartChild,
    StartInstance,
    TerminateChild,
)
from supervision.testing import running
from tests.supervision.otp.twins import busy, ended, exit_as, s_dynamic, s_simple, w

OTHER = Crashed(ValueError("other"))


def shut_down(world, number):
    """Stop the supervisor and gather how its children were stopped, by path."""
    world.system.address("/s").stop(SHUTDOWN)
    assert ended(world).reason == SHUTDOWN
    told = [event for event in world.events.seen if isinstance(event, ChildStopped)]
    assert len(told) == number
    return {event.path: event for event in told}


@pytest.mark.parametrize("shutdown", [0.2, "brutal_kill"])
def test_H3_one_that_hangs_is_abandoned_after_its_time(plan, shutdown):
    gate = threading.Event()
    with running(s_simple(w(plan, "w", restart="temporary", shutdown=shutdown))) as world:
        good, hangs = (world.system.address("/s").call(StartInstance()) for _ in range(2))
        busy(world, hangs, gate)
        thread = world.system.registry.running(hangs).thread
        told = shut_down(world, 2)
        assert isinstance(told[hangs].reason, Killed)
        assert isinstance(told[good].reason, Killed if shutdown == "brutal_kill" else Shutdown)
        assert told[hangs].orderly is (shutdown == "brutal_kill")
        assert [zombie.path for zombie in world.system.tree.zombies()] == [hangs]
        gate.set()
        thread.join(5.0)


def test_H5_brutal_kill_kills_every_instance(plan):
    with running(s_simple(w(plan, "w", shutdown="brutal_kill"))) as world:
        for _ in range(10):
            world.system.address("/s").call(StartInstance())
        told = shut_down(world, 10)
        assert all(isinstance(event.reason, Killed) and event.orderly for event in told.values())


def test_H5_brutal_kill_kills_every_dynamic_child(plan):
    with running(s_dynamic()) as world:
        for id in "abc":
            world.system.address("/s").call(StartChild(w(plan, id, shutdown="brutal_kill")))
        told = shut_down(world, 3)
        assert all(isinstance(event.reason, Killed) and event.orderly for event in told.values())


@pytest.mark.parametrize("restart", ["temporary", "transient", "permanent"])
@pytest.mark.parametrize("reason", [NORMAL, SHUTDOWN, Shutdown("test"), OTHER], ids=str)
def test_H7_each_instance_leaves_with_its_own_reason_and_the_odd_ones_are_reported(plan, restart, reason):
    with running(s_simple(exit_as(plan, "w", reason, restart=restart))) as world:
        path = world.system.address("/s").call(StartInstance())
        told = shut_down(world, 1)[path]
        assert told.reason == reason
        assert told.orderly is (reason == SHUTDOWN if restart == "permanent" else reason is not OTHER)


@pytest.mark.parametrize("shutdown", ["infinity", 1.0])
def test_H10_obedient_children_end_as_asked(plan, shutdown):
    with running(s_dynamic()) as world:
        for id in "abc":
            world.system.address("/s").call(StartChild(w(plan, id, shutdown=shutdown)))
        assert {event.reason for event in shut_down(world, 3).values()} == {SHUTDOWN}


@pytest.mark.parametrize("shutdown", ["infinity", 1.0])
def test_H11_a_shutdown_with_a_detail_is_accepted_silently(plan, shutdown):
    oops = Shutdown("oops")
    with running(s_dynamic()) as world:
        for id in "abc":
            world.system.address("/s").call(StartChild(exit_as(plan, id, oops, shutdown=shutdown)))
        told = shut_down(world, 3).values()
        assert all(event.reason == oops and event.orderly for event in told)


def test_H12_only_the_one_that_refuses_is_abandoned(plan):
    gate = threading.Event()
    with running(s_dynamic()) as world:
        for id in ("a", "b", "refuses"):
            world.system.address("/s").call(StartChild(w(plan, id, shutdown=0.3)))
        busy(world, "/s/refuses", gate)
        thread = world.system.registry.running("/s/refuses").thread
        told = shut_down(world, 3)
        assert told["/s/a"].reason == told["/s/b"].reason == SHUTDOWN
        assert isinstance(told["/s/refuses"].reason, Killed) and not told["/s/refuses"].orderly
        gate.set()
        thread.join(5.0)


def test_H13_a_permanent_child_that_ends_normal_on_request_is_reported(plan):
    with running(s_dynamic()) as world:
        world.system.address("/s").call(StartChild(exit_as(plan, "a", NORMAL)))
        told = shut_down(world, 1)["/s/a"]
        assert told.reason == NORMAL and not told.orderly


def test_H14_everybody_is_asked_before_anybody_is_waited_for(plan):
    """So all deadlines run at once, and the longest is the whole wait."""
    gate = threading.Event()
    waits = {"a": 10.0, "b": 20.0, "c": 20.0, "d": "infinity"}
    with running(s_dynamic()) as world:
        for id, seconds in waits.items():
            world.system.address("/s").call(StartChild(w(plan, id, shutdown=seconds)))
            busy(world, f"/s/{id}", gate)
        threads = [world.system.registry.running(f"/s/{id}").thread for id in waits]
        stopper = threading.Thread(target=world.system.address("/").call, args=(TerminateChild("s"), 30.0))
        stopper.start()
        for id in waits:
            world.wait_state(f"/s/{id}", "stopping")
        gate.set()
        stopper.join(10.0)
        for thread in threads:
            thread.join(5.0)
        assert not stopper.is_alive()
        assert set(plan.reasons().values()) == {"shutdown"}


def test_H14_many_that_hang_are_abandoned_together(plan):
    """Ten last moments of half a second run at once."""
    gate = threading.Event()
    with running(s_dynamic()) as world:
        for number in range(10):
            world.system.address("/s").call(StartChild(w(plan, str(number), shutdown=0.05)))
            busy(world, f"/s/{number}", gate)
        threads = [world.system.registry.running(f"/s/{number}").thread for number in range(10)]
        begun = time.monotonic()
        world.system.address("/").call(TerminateChild("s"), timeout=30.0)
        assert time.monotonic() - begun < 3.0
        assert len(world.system.tree.zombies()) == 10
        gate.set()
        for thread in threads:
            thread.join(5.0)
