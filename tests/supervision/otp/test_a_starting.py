"""Group A: starting a supervisor."""

import threading

import pytest

from supervision import (
    SHUTDOWN,
    ChildExited,
    Ignore,
    StartChild,
    StartFailed,
    Supervisor,
    System,
    launch,
)
from supervision.calls import AlreadyStarted
from supervision.testing import Inbox, running
from tests.supervision.otp.twins import (
    counts,
    launched,
    listed,
    w,
)


def test_A1_a_supervisor_without_children_starts_and_ends_with_shutdown():
    with running() as world:
        assert counts(world) == [0, 0, 0, 0]
        world.root.stop()
        assert world.root.wait(5.0) == SHUTDOWN


def test_A5_a_failed_first_start_stops_the_started_in_reverse_order_and_is_not_retried(plan):
    plan.on_start["c"] = [ValueError("r")]
    system, exits = System(), Inbox()
    system.events.subscribe(exits.put)
    root = launch(system, Supervisor.spec("root", [w(plan, id) for id in "abcd"]))
    with pytest.raises(StartFailed, match=r"/c did not start: ValueError: r") as caught:
        root.wait_started(5.0)
    root.wait(5.0)
    assert "ValueError: r" in str(caught.value)
    assert [entry for entry in plan.diary if entry[1] != "c"] == [
        ("start", "a"),
        ("start", "b"),
        ("end", "b", "shutdown"),
        ("end", "a", "shutdown"),
    ]
    assert plan.diary.count(("start", "c")) == 1
    failed = exits.expect(ChildExited)
    assert (failed.path, failed.started, failed.restart_in) == ("/c", False, None)
    system.close()


def test_A6_the_second_child_is_not_started_before_the_first_is_ready(plan):
    plan.gates["a"] = threading.Event()
    system = System()
    root = launch(system, Supervisor.spec("root", [w(plan, "a"), w(plan, "b")]))
    with pytest.raises(TimeoutError):
        root.wait_started(0.1)
    assert plan.diary == [("start", "a")]
    plan.gates["a"].set()
    root.wait_started(5.0)
    assert plan.diary == [("start", "a"), ("start", "b")]
    root.stop()
    root.wait(5.0)
    system.close()


def test_A7_children_start_in_list_order(plan):
    ids = ["ch7", "ch3", "ch10", "ch2", "ch5"]
    with running(*(w(plan, id) for id in ids)) as world:
        assert [entry[1] for entry in plan.diary] == ids
        assert [row.id for row in world.system.tree.rows()[1:]] == ids


def test_A11_a_child_that_ignores_is_listed_without_a_process(plan):
    plan.on_start["a"] = [Ignore()]
    with running(w(plan, "a"), w(plan, "b")) as world:
        assert counts(world) == [2, 1, 0, 2]
        assert world.system.whereis("/a").state == "stopped"


def test_a_start_that_takes_too_long_is_a_failed_start(plan):
    plan.gates["a"] = threading.Event()
    system = System()
    root = launch(system, Supervisor.spec("root", [w(plan, "a", start_timeout=0.05, shutdown=0.05)]))
    with pytest.raises(StartFailed, match="not ready within"):
        root.wait_started(5.0)
    zombie = system.tree.zombies()[0]
    plan.gates["a"].set()
    zombie.thread.join(5.0)
    assert system.tree.zombies() == []
    system.close()


def test_a_supervisor_still_hears_its_stop_while_a_child_starts(plan):
    plan.gates["a"] = threading.Event()
    system = System()
    root = launch(system, Supervisor.spec("root", [w(plan, "a", shutdown="infinity")]))
    root.stop()
    plan.gates["a"].set()
    assert root.wait(5.0) == SHUTDOWN
    system.close()


class Ignores(Supervisor):
    def init(self):
        raise Ignore


class Invalid(Supervisor):
    def init(self):
        return "invalid"


class Fails(Supervisor):
    def init(self):
        raise ValueError("fail")


def test_A2_a_supervisor_may_ignore_its_own_start(plan):
    with launched(Ignores.spec("s", [w(plan, "a")])) as (system, root, events):
        assert root.wait_started(5.0) is False
        assert system.registry.all() == [] and plan.diary == []
        assert events.nothing_more()


def test_A2_below_a_supervisor_it_is_listed_without_a_process():
    with running() as world:
        assert world.system.address("/").call(StartChild(Ignores.spec("s"))) is None
        assert listed(world) == [("s", "stopped")]


def test_A3_an_init_that_returns_nonsense_is_told_with_its_value():
    with launched(Invalid.spec("s")) as (_, root, events):
        with pytest.raises(StartFailed, match=r"Invalid\.init must return child specs") as caught:
            root.wait_started(5.0)
        assert (caught.value.__cause__.tag, caught.value.__cause__.value) == ("bad_return", "invalid")
        assert events.nothing_more()


def test_A4_an_init_that_raises_is_told_with_its_error():
    with launched(Fails.spec("s")) as (_, root, events):
        with pytest.raises(StartFailed) as caught:
            root.wait_started(5.0)
        assert isinstance(caught.value.__cause__, ValueError)
        assert "in init" in root.wait(5.0).stack
        assert events.nothing_more()


def test_A8_a_name_that_is_taken_is_refused_and_free_again_after_a_stop(plan):
    with launched(Supervisor.spec("n", [w(plan, "a")]), "/n") as (system, first, _):
        first.wait_started(5.0)
        row = system.tree.get("/n")
        with pytest.raises(AlreadyStarted, match="/n"):
            launch(system, Supervisor.spec("n"), "/n")
        assert system.tree.get("/n") == row and system.registry.running("/n") is first.actor
        system.address("/n").stop()
        second = launch(system, Supervisor.spec("n"), "/n")
        assert second.wait_started(5.0) is True
        system.address("/n").stop()


def test_A8_two_that_start_at_once_do_not_share_a_name(plan):
    """Neither saw the other when it was launched; the second to register learns of it."""
    plan.gates["a"] = threading.Event()
    with launched(w(plan, "a"), "/n") as (system, first, _):
        second = launch(system, w(plan, "b"), "/n")
        second.wait_started(5.0)
        plan.gates["a"].set()
        with pytest.raises(StartFailed, match="somebody else runs at /n"):
            first.wait_started(5.0)
        assert system.registry.running("/n") is second.actor
        second.stop()
        second.wait(5.0)
