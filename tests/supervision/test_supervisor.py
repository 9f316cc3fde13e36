"""A supervisor past OTP: backoff as a state, eventual starts, parked children. OTP's own cases are in `otp/`."""

import threading

import pytest

from supervision import (
    Actor,
    Backoff,
    CallTimeout,
    ChildExited,
    ChildParked,
    ChildSpec,
    NoProc,
    RestartChild,
    StartChild,
)
from supervision.calls import NotStarted
from supervision.errors import RookeryError
from supervision.testing import FakeClock, running
from tests.supervision.otp.twins import (
    counts,
    crash,
    incarnation,
    restarted,
    w,
)


def test_past_otp_a_child_can_be_parked_instead_of_ending_the_supervisor(plan):
    with running(w(plan, "a"), w(plan, "b"), intensity=1, period=3600, on_limit="park") as world:
        other = incarnation(world, "/b")
        crash(world, "/a")
        restarted(world, "/a")
        crash(world, "/a")
        assert world.events.expect(ChildParked).path == "/a"
        world.wait_state("/a", "failed")
        assert incarnation(world, "/b") == other
        assert world.system.address("/").call(RestartChild("a")) == "/a"


def test_backoff_is_a_state_with_its_next_retry_time_and_a_stable_run_resets_it(plan):
    clock = FakeClock()
    backoff = Backoff(min_seconds=10, max_seconds=100, factor=2, jitter=False, stable_after_seconds=60)
    with running(w(plan, "a", backoff=backoff), clock=clock, intensity=100) as world:
        crash(world, "/a")
        restarted(world, "/a", 1)  # the first restart of a streak is immediate
        for restarts, wait in ((2, 10), (3, 20)):
            crash(world, "/a")
            world.wait_state("/a", "backoff")
            assert world.system.whereis("/a").retry_in == wait
            with pytest.raises(NoProc, match="next try in"):
                incarnation(world, "/a")
            clock.advance(wait)
            restarted(world, "/a", restarts)
        clock.advance(60)
        crash(world, "/a")
        restarted(world, "/a", 4)


def test_an_eventual_child_does_not_hold_the_boot_and_costs_no_budget(plan):
    clock = FakeClock()
    plan.on_start["a"] = [ConnectionError("down")] * 7
    backoff = Backoff(min_seconds=1, max_seconds=1, jitter=False, immediate=0)
    children = w(plan, "a", start="eventual", backoff=backoff), w(plan, "b")
    with running(*children, clock=clock, intensity=0) as world:
        for failures in range(1, 8):
            world.wait_state("/a", "backoff", restarts=failures)
            clock.advance(1.0)
            world.events.expect(ChildExited, lambda event: not event.started)
        world.wait_state("/a", "running")
        assert incarnation(world, "/b")
        assert dict(world.system.tree.get("/a").restarts_by_reason) == {"start_failed": 7}
        assert world.system.tree.get("/").budget.times == ()


class UselessToTryAgain(RookeryError):
    permanent = True


@pytest.mark.parametrize("start", ["eventual", "required"])
def test_what_is_wrong_for_good_parks_a_child_at_once_and_costs_its_siblings_nothing(plan, start):
    with running(w(plan, "a", start=start), w(plan, "b"), intensity=0) as world:
        other = incarnation(world, "/b")
        world.wait_state("/a", "running")
        with pytest.raises(UselessToTryAgain):
            world.system.address("/a").call(UselessToTryAgain("wrong password"))
        event = world.events.expect(ChildParked)
        assert (event.path, str(event.reason)) == ("/a", "UselessToTryAgain: wrong password")
        world.wait_state("/a", "failed")
        assert incarnation(world, "/b") == other
        assert world.system.tree.get("/").budget.times == ()


def test_an_eventual_start_that_is_wrong_for_good_is_parked_and_can_be_started_by_hand(plan):
    plan.on_start["a"] = [ConnectionError("down"), UselessToTryAgain("wrong password")]
    backoff = Backoff(min_seconds=0.01, max_seconds=0.01, immediate=0)
    with running(w(plan, "a", start="eventual", backoff=backoff), w(plan, "b"), intensity=0) as world:
        assert world.events.expect(ChildParked).path == "/a"
        world.wait_state("/a", "failed")
        assert dict(world.system.tree.get("/a").restarts_by_reason) == {"start_failed": 2}
        assert world.system.address("/").call(RestartChild("a")) == "/a"
        world.wait_state("/a", "running")


def test_a_slow_eventual_start_leaves_the_supervisor_responsive(plan):
    plan.gates["a"] = threading.Event()
    with running(w(plan, "a", start="eventual"), w(plan, "b")) as world:
        assert counts(world) == [2, 1, 0, 2]
        plan.gates["a"].set()
        world.wait_state("/a", "running")


def test_a_group_waits_together_and_comes_back_together(plan):
    clock = FakeClock()
    backoff = Backoff(min_seconds=10, max_seconds=10, jitter=False, immediate=0)
    children = w(plan, "a", backoff=backoff), w(plan, "b")
    with running(*children, strategy="one_for_all", clock=clock) as world:
        crash(world, "/a")
        world.wait_state("/a", "backoff")
        assert world.system.whereis("/b").state == "stopped"
        clock.advance(10)
        world.wait_state("/b", "running")
        assert world.system.whereis("/a").state == "running"


def test_a_constructor_that_fails_is_a_failed_start():
    class Broken(Actor):
        def __init__(self):
            raise ValueError("in the constructor")

    with running() as world, pytest.raises(NotStarted, match="in the constructor"):
        world.system.address("/").call(StartChild(ChildSpec(id="a", actor=Broken)))


def test_a_hanging_call_to_a_supervisor_has_a_deadline(plan):
    plan.gates["b"] = threading.Event()
    with running(w(plan, "a")) as world:
        with pytest.raises(CallTimeout):
            world.system.address("/").call(StartChild(w(plan, "b")), timeout=0.05)
        plan.gates["b"].set()
