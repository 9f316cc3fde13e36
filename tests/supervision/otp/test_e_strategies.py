"""Group E: who falls with whom, and who comes back."""

import pytest

from supervision import (
    NORMAL,
    ChildExited,
    ChildStopped,
    Ignore,
    LimitReached,
    Resume,
    Stop,
    Suspend,
    TerminateChild,
)
from supervision.testing import running
from tests.supervision.otp.twins import (
    counts,
    crash,
    incarnation,
    listed,
    restarted,
    w,
)


def test_E1_E2_one_for_one_touches_only_the_dead_and_gives_up_at_the_third(plan):
    with running(w(plan, "a"), w(plan, "b"), intensity=2, period=3600) as world:
        other = incarnation(world, "/b")
        crash(world, "/a")
        restarted(world, "/a")
        assert incarnation(world, "/b") == other
        crash(world, "/b")
        restarted(world, "/b")
        crash(world, "/a")
        assert world.root.wait(5.0).category == "shutdown"
        assert world.events.expect(LimitReached).child == "/a"


def test_E3_E4_one_for_all_bounces_everybody_and_counts_once(plan):
    with running(w(plan, "a"), w(plan, "b"), strategy="one_for_all", intensity=2, period=3600) as world:
        for _ in range(2):
            old = incarnation(world, "/a"), incarnation(world, "/b")
            crash(world, "/a")
            restarted(world, "/b")
            assert min(incarnation(world, "/a"), incarnation(world, "/b")) > max(old)
        crash(world, "/a")
        assert world.root.wait(5.0).category == "shutdown"


def test_E7_rest_for_one_bounces_only_the_later_ones(plan):
    ids = ("a", "b", "c", "d")
    with running(*(w(plan, id) for id in ids), strategy="rest_for_one") as world:
        old = {id: incarnation(world, f"/{id}") for id in ids}
        plan.diary.clear()
        crash(world, "/b")
        restarted(world, "/d")
        assert incarnation(world, "/a") == old["a"]
        assert [entry[:2] for entry in plan.diary if entry[0] == "start"] == [("start", id) for id in "bcd"]
        assert [entry[1] for entry in plan.diary if entry[0] == "end"] == ["b", "d", "c"]


def test_E8_children_stop_in_the_exact_reverse_of_their_start(plan):
    ids = ["ch7", "ch3", "ch10", "ch2", "ch5"]
    with running(*(w(plan, id) for id in ids)) as world:
        world.root.stop()
        world.root.wait(5.0)
    assert [entry[1] for entry in plan.diary if entry[0] == "end"] == ids[::-1]


def test_E10_a_group_restart_also_starts_a_member_stopped_by_hand(plan):
    with running(w(plan, "a"), w(plan, "b"), strategy="one_for_all") as world:
        world.system.address("/").call(TerminateChild("b"))
        crash(world, "/a")
        world.wait_state("/b", "running")


def test_E11_rest_for_one_starts_a_finished_later_member_again_but_not_an_earlier_one(plan):
    children = w(plan, "a"), w(plan, "b", restart="transient"), w(plan, "c")
    with running(*children, strategy="rest_for_one") as world:
        world.system.address("/b").cast(Stop(NORMAL))
        world.events.expect(ChildExited)
        crash(world, "/c")
        restarted(world, "/c")
        assert world.system.whereis("/b").state == "stopped"
        crash(world, "/a")
        world.wait_state("/b", "running")


def test_E12_a_whole_group_dying_at_once_counts_once(plan):
    ids = ("a", "b", "c")
    with running(*(w(plan, id) for id in ids), strategy="one_for_all", intensity=1, period=3600) as world:
        supervisor = world.system.registry.running("/")
        threads = [world.system.registry.running(f"/{id}").thread for id in ids]
        supervisor.actor_inbox.put_system(Suspend())
        for id in ids:
            crash(world, f"/{id}")
        for thread in threads:
            thread.join(5.0)
        supervisor.actor_inbox.put_system(Resume())
        restarted(world, "/c")
        assert all(incarnation(world, f"/{id}") for id in ids)
        assert len(world.system.tree.get("/").budget.times) == 1


def test_E14_a_bystander_that_ignores_its_restart_stays_listed(plan):
    with running(w(plan, "a"), w(plan, "b"), strategy="one_for_all") as world:
        plan.on_start["b"] = [Ignore()]
        crash(world, "/a")
        world.events.expect(ChildStopped, lambda event: event.path == "/b")
        restarted(world, "/a")
        world.wait_state("/b", "stopped")
        assert counts(world) == [2, 1, 0, 2]


def test_temporary_members_of_a_group_are_forgotten(plan):
    children = w(plan, "a"), w(plan, "b", restart="temporary")
    with running(*children, strategy="one_for_all") as world:
        crash(world, "/a")
        restarted(world, "/a")
        assert counts(world) == [1, 1, 0, 1]


def test_E14_a_temporary_bystander_is_not_even_asked_again(plan):
    with running(w(plan, "a"), w(plan, "b", restart="temporary"), strategy="one_for_all") as world:
        plan.on_start["b"] = [Ignore()]
        crash(world, "/a")
        restarted(world, "/a")
        assert listed(world) == [("a", "running")]
        assert plan.of("start") == ["a", "b", "a"]


@pytest.mark.parametrize(("first", "second", "counted"), [("a", "c", 1), ("c", "a", 2)])
def test_E13_of_two_that_die_at_once_the_later_one_costs_only_if_it_is_seen_first(plan, first, second, counted):
    with running(*(w(plan, id) for id in "abc"), strategy="rest_for_one", period=3600) as world:
        supervisor = world.system.registry.running("/")
        supervisor.actor_inbox.put_system(Suspend())
        for id in (first, second):
            thread = world.system.registry.running(f"/{id}").thread
            crash(world, f"/{id}")
            thread.join(5.0)
        supervisor.actor_inbox.put_system(Resume())
        restarted(world, "/a")
        assert counts(world) == [3, 3, 0, 3]
        assert len(world.system.tree.get("/").budget.times) == counted


def test_rest_for_one_keeps_the_earlier_member_that_came_up_when_a_later_one_does_not(plan):
    with running(*(w(plan, id) for id in "abc"), strategy="rest_for_one") as world:
        plan.diary.clear()
        plan.on_start["b"] = [ValueError("once")]
        crash(world, "/a")
        restarted(world, "/c")
        assert plan.of("start") == ["a", "b", "b", "c"]
        assert len(world.system.tree.get("/").budget.times) == 2
