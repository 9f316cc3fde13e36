"""Group G: restarts that fail, and what can be asked in between."""

import pytest

from supervision import (
    SHUTDOWN,
    Backoff,
    DeleteChild,
    Ignore,
    RestartChild,
    StartChild,
    StartInstance,
    TerminateChild,
)
from supervision.calls import AlreadyPresent, Restarting
from supervision.testing import FakeClock, running
from tests.supervision.otp.twins import (
    counts,
    crash,
    heard,
    incarnation,
    listed,
    restarted,
    s_simple,
    stuck,
    w,
    w_err,
)


def test_G2_a_group_whose_member_cannot_come_back_ends_the_supervisor(plan):
    with running(w(plan, "a"), w(plan, "b"), strategy="one_for_all", intensity=4, period=3600) as world:
        plan.on_start["b"] = [ValueError("never")] * 100
        crash(world, "/a")
        assert world.root.wait(5.0).category == "shutdown"


def test_G3_one_for_all_terminates_the_started_members_before_it_tries_again(plan):
    with running(w(plan, "a"), w(plan, "b"), strategy="one_for_all", intensity=3, period=3600) as world:
        plan.diary.clear()
        plan.on_start["b"] = [ValueError("once")]
        crash(world, "/a")
        restarted(world, "/b")
        assert [entry[:2] for entry in plan.diary] == [
            ("end", "a"),
            ("end", "b"),
            ("start", "a"),
            ("start", "b"),
            ("end", "b"),
            ("end", "a"),
            ("start", "a"),
            ("start", "b"),
        ]


def test_G5_G6_calls_are_served_between_two_attempts(plan):
    with running(w(plan, "a"), intensity=10_000, period=1) as world:
        plan.on_start["a"] = [ValueError("stuck")] * 5_000
        crash(world, "/a")
        world.wait_state("/a", "backoff")
        root = world.system.address("/")
        for message in (DeleteChild("a"), RestartChild("a")):
            with pytest.raises(Restarting):
                root.call(message)
        with pytest.raises(AlreadyPresent):
            root.call(StartChild(w(plan, "a")))
        root.call(TerminateChild("a"))
        plan.on_start["a"] = []
        assert world.system.whereis("/a").state == "stopped"
        assert root.call(RestartChild("a")) == "/a"


def test_G7_the_parent_can_stop_it_in_the_middle_of_the_loop(plan):
    with running(w(plan, "a"), intensity=1_000_000, period=1) as world:
        plan.on_start["a"] = [ValueError("stuck")] * 100_000
        crash(world, "/a")
        world.wait_state("/a", "backoff")
        world.root.stop()
        assert world.root.wait(5.0) == SHUTDOWN


def test_G8_rest_for_one_retries_from_the_failing_child(plan):
    with running(*(w(plan, id) for id in "abc"), strategy="rest_for_one", intensity=10_000, period=1) as world:
        old = incarnation(world, "/a")
        plan.on_start["b"] = [ValueError("stuck")] * 5_000
        crash(world, "/b")
        world.wait_state("/b", "backoff")
        world.system.address("/").call(TerminateChild("b"))
        plan.on_start["b"] = []
        assert [world.system.whereis(f"/{id}").state for id in "abc"] == ["running", "stopped", "stopped"]
        assert world.system.address("/").call(RestartChild("b")) == "/b"
        assert world.system.whereis("/c").state == "stopped"
        assert incarnation(world, "/a") == old


def test_G13_a_stale_retry_note_does_not_touch_a_new_child_of_the_same_id(plan):
    clock = FakeClock()
    backoff = Backoff(min_seconds=10, max_seconds=10, jitter=False, immediate=0)
    with running(w(plan, "a", backoff=backoff), clock=clock) as world:
        crash(world, "/a")
        world.wait_state("/a", "backoff")
        root = world.system.address("/")
        root.call(TerminateChild("a"))
        root.call(DeleteChild("a"))
        root.call(StartChild(w(plan, "a")))
        new = incarnation(world, "/a")
        clock.advance(100)
        assert incarnation(world, "/a") == new


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
def test_G2_a_later_member_that_cannot_come_back_ends_the_supervisor(plan, strategy):
    with running(w(plan, "c1"), w_err(plan, "c2"), strategy=strategy, intensity=4, period=3600) as world:
        crash(world, "/c1")
        assert world.root.wait(5.0).category == "shutdown"
        assert plan.of("start").count("c2") == 1 + 4


def test_G5_G6_a_child_that_is_stuck_is_restarting_until_it_is_terminated(plan):
    child = stuck(plan, "a", shutdown="brutal_kill")
    with running(child, intensity=100_000, period=10) as world:
        root = world.system.address("/")
        plan.stuck.set()
        crash(world, "/a")
        world.wait_state("/a", "backoff")
        with pytest.raises(AlreadyPresent):
            root.call(StartChild(child))
        assert counts(world) == [1, 0, 0, 1] and listed(world) == [("a", "backoff")]
        root.call(TerminateChild("a"))
        tried = plan.stuck_starts
        assert listed(world) == [("a", "stopped")]
        plan.stuck.clear()
        assert root.call(RestartChild("a")) == "/a"
        assert plan.stuck_starts == tried


def test_G8_the_earlier_member_keeps_its_place_and_the_later_stays_down(plan):
    children = w(plan, "c1"), stuck(plan, "c2"), w(plan, "c3")
    with running(*children, strategy="rest_for_one", intensity=100_000, period=10) as world:
        old = incarnation(world, "/c1")
        plan.stuck.set()
        crash(world, "/c2")
        world.wait_state("/c2", "backoff")
        assert listed(world) == [("c3", "stopped"), ("c2", "backoff"), ("c1", "running")]
        assert counts(world) == [3, 1, 0, 3]
        world.system.address("/").call(TerminateChild("c2"))
        plan.stuck.clear()
        assert world.system.address("/").call(RestartChild("c2")) == "/c2"
        assert listed(world) == [("c3", "stopped"), ("c2", "running"), ("c1", "running")]
        assert incarnation(world, "/c1") == old


def test_G10_children_that_are_being_restarted_are_counted_as_specs_but_not_as_active(plan):
    with running(s_simple(stuck(plan, "w"), intensity=1_000_000, period=10)) as world:
        simple = world.system.address("/s")
        paths = [simple.call(StartInstance()) for _ in range(3)]
        for path in paths:
            crash(world, path)
            restarted(world, path)
        assert counts(world, "/s") == [1, 3, 0, 3]
        plan.stuck.set()
        for path in paths[:2]:
            crash(world, path)
        for path in paths[:2]:
            world.wait_state(path, "backoff")
        assert counts(world, "/s") == [1, 1, 0, 3]
        plan.stuck.clear()
        for path in paths[:2]:
            world.wait_state(path, "running")
        assert counts(world, "/s") == [1, 3, 0, 3]
        for left, path in zip((2, 1, 0), paths, strict=True):
            simple.call(TerminateChild(path))
            assert counts(world, "/s") == [1, left, 0, left]


@pytest.mark.parametrize("restart", ["transient", "permanent"])
def test_G12_an_instance_that_ignores_its_restart_leaves_nothing_behind(plan, restart):
    with running(s_simple(w(plan, "w", restart=restart), intensity=10, period=3600)) as world:
        path = world.system.address("/s").call(StartInstance())
        crash(world, path)
        restarted(world, path)
        plan.on_start["w"] = [Ignore()]
        crash(world, path)
        heard(world, path)
        assert listed(world, "/s") == []
        world.system.address("/s").stop(SHUTDOWN)
