"""Group D: the restart type of a child against the reason of its end."""

import logging

import pytest

from supervision import (
    KILLED,
    NORMAL,
    SHUTDOWN,
    ChildExited,
    ChildStarted,
    Shutdown,
    StartChild,
    Stop,
)
from supervision.log import describe
from supervision.testing import Inbox, running
from tests.supervision.otp.twins import (
    counts,
    crash,
    heard,
    incarnation,
    restarted,
    w,
)


@pytest.mark.parametrize("message", [Stop(NORMAL), Stop(SHUTDOWN), ValueError("die")])
def test_D1_D2_D3_a_permanent_child_is_always_restarted(plan, message):
    with running(w(plan, "a")) as world:
        old = incarnation(world, "/a")
        world.system.address("/a").cast(message)
        assert restarted(world, "/a").incarnation > old
        assert incarnation(world, "/a") > old
        assert counts(world) == [1, 1, 0, 1]


@pytest.mark.parametrize("message", [Stop(NORMAL), Stop(SHUTDOWN)])
def test_D4_a_transient_child_stays_down_after_a_clean_end(plan, message):
    with running(w(plan, "a", restart="transient")) as world:
        world.system.address("/a").cast(message)
        assert world.events.expect(ChildExited).restart_in is None
        assert counts(world) == [1, 0, 0, 1]


def test_D6_a_transient_child_is_restarted_after_a_crash(plan):
    with running(w(plan, "a", restart="transient")) as world:
        crash(world, "/a")
        restarted(world, "/a")
        assert counts(world) == [1, 1, 0, 1]


@pytest.mark.parametrize("message", [Stop(NORMAL), Stop(SHUTDOWN), ValueError("die")])
def test_D7_a_temporary_child_is_gone(plan, message):
    with running(w(plan, "a", restart="temporary")) as world:
        world.system.address("/a").cast(message)
        world.events.expect(ChildExited)
        assert counts(world) == [0, 0, 0, 0]


def test_D10_a_death_without_restart_touches_nobody_and_costs_nothing(plan):
    children = w(plan, "a"), w(plan, "b", restart="temporary"), w(plan, "c", restart="transient")
    with running(*children, strategy="one_for_all", intensity=0) as world:
        old = incarnation(world, "/a")
        crash(world, "/b")
        world.system.address("/c").cast(Stop(NORMAL))
        world.events.expect(ChildExited, lambda event: event.path == "/c")
        assert incarnation(world, "/a") == old
        assert world.system.tree.get("/").budget.times == ()


def test_D2_a_permanent_child_is_restarted_after_a_shutdown_with_a_detail(plan):
    with running() as world:
        world.system.address("/").call(StartChild(w(plan, "a")))
        for number, reason in enumerate((SHUTDOWN, Shutdown("some_info")), start=1):
            world.system.address("/a").cast(Stop(reason))
            assert heard(world, "/a").reason == reason
            restarted(world, "/a", number)
        assert counts(world) == [1, 1, 0, 1]


def test_D8_a_transient_child_that_was_killed_is_restarted(plan):
    with running(w(plan, "a", restart="transient")) as world:
        world.system.registry.running("/a").request_stop(KILLED)
        assert heard(world, "/a").reason == KILLED
        restarted(world, "/a")


def test_D9_the_first_thing_an_operator_reads_of_a_child_started_by_call_is_its_end(plan):
    with running() as world:
        told = Inbox()

        def read(event):
            if describe(event).level >= logging.INFO:
                told.put(event)

        world.system.events.subscribe(read)
        world.system.address("/").call(StartChild(w(plan, "a")))
        world.system.address("/a").cast(Stop(NORMAL))
        restarted(world, "/a")
        told.expect(ChildStarted)
        assert [type(event) for event in told.seen] == [ChildExited, ChildStarted]
