"""Group J: supervisors below supervisors."""

import threading

import pytest

from supervision import (
    KILLED,
    ChildAbandoned,
    ChildExited,
    NoProc,
    RestartChild,
    StartChild,
    Supervisor,
    TerminateChild,
)
from supervision.testing import running
from tests.supervision.otp.twins import (
    busy,
    counts,
    crash,
    incarnation,
    listed,
    restarted,
    w,
    w_err,
)


def test_J3_a_supervisor_that_gives_up_is_restarted_with_its_init_children_only(plan):
    inner = Supervisor.spec("inner", [w(plan, "a")], intensity=0)
    with running(inner, w(plan, "z")) as world:
        world.system.address("/inner").call(StartChild(w(plan, "added")))
        other = incarnation(world, "/z")
        crash(world, "/inner/a")
        restarted(world, "/inner")
        assert counts(world, "/inner") == [1, 1, 0, 1]
        assert world.system.tree.get("/inner/added") is None
        assert incarnation(world, "/z") == other


@pytest.mark.parametrize(("restart", "state"), [("transient", "stopped"), ("permanent", "running")])
def test_J7_giving_up_looks_clean_to_the_parent(plan, restart, state):
    inner = Supervisor.spec("inner", [w(plan, "a")], intensity=0, restart=restart)
    with running(inner) as world:
        crash(world, "/inner/a")
        world.events.expect(ChildExited, lambda event: event.path == "/inner")
        world.wait_state("/inner", state)
        assert len(world.system.tree.get("/").budget.times) == (restart == "permanent")


def tree(plan):
    """Three supervisors under one_for_all: sup1 with c1 and c2, the empty sup2 and sup3."""
    return (
        Supervisor.spec("sup1", [w(plan, "c1"), w(plan, "c2")]),
        Supervisor.spec("sup2", intensity=1, period=3600),
        Supervisor.spec("sup3"),
    )


def test_J2_a_crash_far_down_replaces_that_child_alone(plan):
    with running(*tree(plan), strategy="one_for_all") as world:
        sup2 = world.system.address("/sup2")
        sup2.call(StartChild(w_err(plan, "c3")))
        sup2.call(StartChild(w(plan, "c4")))
        others = "/sup1/c1", "/sup1/c2", "/sup2/c3"
        before = [incarnation(world, path) for path in others]
        crash(world, "/sup2/c4")
        restarted(world, "/sup2/c4")
        assert [incarnation(world, path) for path in others] == before


def test_J3_a_supervisor_that_gives_up_takes_its_own_siblings_with_it(plan):
    with running(*tree(plan), strategy="one_for_all") as world:
        world.system.address("/sup2").call(StartChild(w_err(plan, "c3")))
        paths = "/sup1", "/sup2", "/sup3"
        before = [world.system.whereis(path).incarnation for path in paths]
        crash(world, "/sup2/c3")
        restarted(world, "/sup3")
        after = [world.system.whereis(path).incarnation for path in paths]
        assert all(new > old for new, old in zip(after, before, strict=True))
        assert counts(world) == [3, 3, 3, 0]
        assert counts(world, "/sup1") == [2, 2, 0, 2]
        assert listed(world, "/sup2") == listed(world, "/sup3") == []


def test_J4_a_supervisor_that_is_killed_comes_back_with_a_worker_of_the_same_name(plan):
    """Its worker hangs and has all the time in the world, so the supervisor cannot stop in its own: it is abandoned."""
    gate = threading.Event()
    hangs = Supervisor.spec("sup2", [w(plan, "a", shutdown="infinity")], strategy="one_for_all", shutdown=0.1)
    with running(hangs, strategy="one_for_all", intensity=3, period=60) as world:
        old = world.system.registry.running("/sup2"), world.system.registry.running("/sup2/a")
        busy(world, "/sup2/a", gate)
        world.system.address("/").call(TerminateChild("sup2"))
        assert world.events.expect(ChildAbandoned).path == "/sup2"
        world.system.address("/").call(RestartChild("sup2"))
        assert incarnation(world, "/sup2/a") > old[1].context.incarnation
        gate.set()
        for actor in old:
            actor.thread.join(5.0)
        assert world.system.registry.running("/sup2/a") not in old


def test_J4_one_that_ends_as_killed_is_restarted_with_its_children(plan):
    inner = Supervisor.spec("sup2", [w(plan, "a")], strategy="one_for_all", intensity=3, period=60)
    with running(inner, strategy="one_for_all", intensity=3, period=60) as world:
        old = incarnation(world, "/sup2/a")
        world.system.registry.running("/sup2").request_stop(KILLED)
        restarted(world, "/sup2")
        assert incarnation(world, "/sup2/a") > old


def test_J6_a_worker_is_restarted_through_its_supervisors_name(plan):
    with running(Supervisor.spec("sup2", [w(plan, "a")])) as world:
        old = incarnation(world, "/sup2/a")
        world.system.address("/sup2").call(TerminateChild("a"))
        with pytest.raises(NoProc):
            incarnation(world, "/sup2/a")
        world.system.address("/sup2").call(RestartChild("a"))
        assert incarnation(world, "/sup2/a") > old
