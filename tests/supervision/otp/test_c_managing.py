"""Group C: the children of a static supervisor, managed by call."""

import pytest

from supervision import (
    KILLED,
    NORMAL,
    SHUTDOWN,
    Actor,
    ChildSpec,
    CountChildren,
    Crashed,
    DeleteChild,
    GetChildSpec,
    Ignore,
    NoProc,
    RestartChild,
    SpecError,
    StartChild,
    Stop,
    Supervisor,
    TerminateChild,
    WhichChild,
    WhichChildren,
    launch,
)
from supervision.calls import AlreadyPresent, AlreadyStarted, NotFound, NotStarted, Running
from supervision.testing import running
from tests.supervision.otp.twins import (
    counts,
    heard,
    incarnation,
    listed,
    restarted,
    s_static,
    w,
    w_ret,
)


def test_C1_to_C5_the_life_of_a_child_through_the_calls(plan):
    with running(w(plan, "a")) as world:
        root = world.system.address("/")
        with pytest.raises(AlreadyStarted):  # C1
            root.call(StartChild(w(plan, "a")))
        for message in (TerminateChild("x"), DeleteChild("x"), RestartChild("x")):  # C2
            with pytest.raises(NotFound):
                root.call(message)
        root.call(TerminateChild("a"))  # C3
        root.call(TerminateChild("a"))
        assert ("end", "a", "shutdown") in plan.diary
        assert counts(world) == [1, 0, 0, 1]
        with pytest.raises(AlreadyPresent):  # C4
            root.call(StartChild(w(plan, "a")))
        assert root.call(RestartChild("a")) == "/a"  # C5
        with pytest.raises(Running):
            root.call(RestartChild("a"))
        with pytest.raises(Running):
            root.call(DeleteChild("a"))
        root.call(TerminateChild("a"))
        root.call(DeleteChild("a"))
        assert counts(world) == [0, 0, 0, 0]


def test_C12_a_temporary_child_that_ignores_is_not_kept(plan):
    plan.on_start["a"] = [Ignore()]
    with running() as world:
        assert world.system.address("/").call(StartChild(w(plan, "a", restart="temporary"))) is None
        assert counts(world) == [0, 0, 0, 0]


def test_C13_a_child_that_does_not_start_is_not_kept(plan):
    plan.on_start["a"] = [ValueError("why")]
    with running() as world:
        with pytest.raises(NotStarted, match="ValueError: why"):
            world.system.address("/").call(StartChild(w(plan, "a")))
        assert counts(world) == [0, 0, 0, 0]


def test_C14_a_failed_restart_by_call_keeps_the_spec(plan):
    with running(w(plan, "a")) as world:
        root = world.system.address("/")
        root.call(TerminateChild("a"))
        plan.on_start["a"] = [ValueError("why")]
        with pytest.raises(NotStarted):
            root.call(RestartChild("a"))
        assert counts(world) == [1, 0, 0, 1]


def test_C16_children_are_listed_newest_first(plan):
    with running() as world:
        root = world.system.address("/")
        root.call(StartChild(w(plan, "c1")))
        root.call(StartChild(w(plan, "c2")))
        assert [row.id for row in root.call(WhichChildren())] == ["c2", "c1"]
        root.call(TerminateChild("c1"))
        root.call(DeleteChild("c1"))
        assert [row.id for row in root.call(WhichChildren())] == ["c2"]


def test_C8_a_static_child_is_not_known_by_its_path(plan):
    with running(w(plan, "a")) as world:
        with pytest.raises(NotFound):
            world.system.address("/").call(TerminateChild("/a"))
        assert counts(world) == [1, 1, 0, 1] and plan.of("end") == []


@pytest.mark.parametrize(
    "message",
    [
        StartChild(ChildSpec(id="a", actor=Actor)),
        TerminateChild("a"),
        RestartChild("a"),
        DeleteChild("a"),
        WhichChildren(),
        WhichChild("a"),
        CountChildren(),
        GetChildSpec("a"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_C9_every_call_to_nobody_is_answered_at_once(message):
    with running() as world, pytest.raises(NoProc, match="no such child"):
        world.system.address("/foo").call(message)


def test_C13_the_reason_and_the_spec_of_a_failed_start_are_told():
    def fails():
        raise ValueError("reason")

    with running() as world:
        for spec, error in ((ChildSpec(id="c1", actor=fails), ValueError), (w_ret("error_reason"), SpecError)):
            with pytest.raises(NotStarted) as caught:
                world.system.address("/").call(StartChild(spec))
            assert isinstance(caught.value.reason, Crashed) and caught.value.spec == spec
            assert isinstance(caught.value.__cause__, error)
        assert listed(world) == []


def test_C15_a_name_that_a_stranger_holds_is_told_bare(plan):
    with running() as world:
        stranger = launch(world.system, w(plan, "stranger"), "/n")
        stranger.wait_started(5.0)
        with pytest.raises(AlreadyStarted, match="somebody else runs at /n"):
            world.system.address("/").call(StartChild(w(plan, "n")))
        assert incarnation(world, "/n") == stranger.incarnation
        assert listed(world) == [] and plan.of("start") == ["stranger"]
        stranger.stop()
        stranger.wait(5.0)


def test_C15_a_child_that_finds_its_name_taken_while_it_starts_says_so_bare(plan):
    plan.on_start["a"] = [AlreadyStarted("the name is taken")]
    with running() as world:
        with pytest.raises(AlreadyStarted, match="the name is taken"):
            world.system.address("/").call(StartChild(w(plan, "a")))
        assert listed(world) == []


def test_C16_a_single_child_is_looked_up_by_its_id(plan):
    with running() as world:
        root = world.system.address("/")
        root.call(StartChild(w(plan, "c1")))
        root.call(StartChild(w(plan, "c2")))
        root.call(TerminateChild("c1"))
        assert listed(world) == [("c2", "running"), ("c1", "stopped")]
        assert [root.call(WhichChild(id)) for id in ("c2", "c1")] == root.call(WhichChildren())
        root.call(DeleteChild("c1"))
        for id in ("c1", "unknown"):
            with pytest.raises(NotFound):
                root.call(WhichChild(id))


def test_C17_the_life_cycle_of_a_child(plan):
    with running(s_static()) as world:
        supervisor = world.system.address("/s")
        assert counts(world, "/s") == [0, 0, 0, 0]
        path = supervisor.call(StartChild(w(plan, "a")))
        assert path == "/s/a" and incarnation(world, path)
        assert counts(world, "/s") == [1, 1, 0, 1]
        with pytest.raises(Running):
            supervisor.call(DeleteChild("a"))
        supervisor.call(TerminateChild("a"))
        assert supervisor.call(RestartChild("a")) == path and incarnation(world, path)
        supervisor.call(TerminateChild("a"))
        supervisor.call(DeleteChild("a"))
        assert counts(world, "/s") == [0, 0, 0, 0]
        supervisor.stop(SHUTDOWN)


ENDS = {"kill": Stop(KILLED), "normal": Stop(NORMAL), "abnormal": ValueError("die"), "terminate_child": None}


@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one"])
@pytest.mark.parametrize("end", ENDS)
def test_C18_what_is_known_of_a_child_after_its_end(plan, strategy, end):
    with running(strategy=strategy) as world:
        root = world.system.address("/")
        for id, restart in (("P", "permanent"), ("T", "transient"), ("Y", "temporary")):
            root.call(StartChild(w(plan, id, restart=restart)))
            if ENDS[end] is None:
                root.call(TerminateChild(id))
            else:
                world.system.address(f"/{id}").cast(ENDS[end])
                heard(world, f"/{id}")
            again = StartChild(w(plan, id, restart=restart))
            back = id == "P" or (id == "T" and end in ("kill", "abnormal"))
            if id == "Y":
                assert root.call(again) == "/Y"
            else:
                stopped = end == "terminate_child" or not back
                with pytest.raises(AlreadyPresent if stopped else AlreadyStarted):
                    root.call(again)
                if stopped:
                    assert root.call(RestartChild(id)) == f"/{id}"


def test_C18_what_a_temporary_child_was_started_with_is_not_kept(plan):
    with running() as world:
        root = world.system.address("/")
        for id, restart in (("kept", "permanent"), ("dropped", "temporary")):
            root.call(StartChild(w(plan, id, restart=restart)))
        assert root.call(GetChildSpec("kept")).args == ("kept", plan)
        assert root.call(GetChildSpec("dropped")).args == ()


def test_a_permanent_child_that_ignores_is_kept_without_a_process(plan):
    plan.on_start["a"] = [Ignore()]
    with running() as world:
        root = world.system.address("/")
        assert root.call(StartChild(w(plan, "a"))) is None
        assert listed(world) == [("a", "stopped")]
        with pytest.raises(AlreadyPresent):
            root.call(StartChild(w(plan, "a")))
        assert root.call(RestartChild("a")) == "/a"


def test_a_temporary_child_is_added_again_at_the_end_of_the_order(plan):
    with running(w(plan, "a", restart="temporary"), w(plan, "b")) as world:
        root = world.system.address("/")
        root.call(TerminateChild("a"))
        root.call(StartChild(w(plan, "a", restart="temporary")))
        assert listed(world) == [("a", "running"), ("b", "running")]
        assert [row.id for row in world.system.tree.rows()[1:]] == ["b", "a"]


def test_a_child_added_by_call_is_lost_and_a_deleted_one_is_back_after_the_supervisors_restart(plan):
    with running(Supervisor.spec("s", [w(plan, "init")])) as world:
        supervisor = world.system.address("/s")
        supervisor.call(TerminateChild("init"))
        supervisor.call(DeleteChild("init"))
        supervisor.call(StartChild(w(plan, "added")))
        supervisor.stop(KILLED)
        restarted(world, "/s")
        assert listed(world, "/s") == [("init", "running")]
