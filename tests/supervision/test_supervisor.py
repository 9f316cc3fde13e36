"""A supervisor against OTP's behaviour; tests that follow a case of the OTP suites carry its ID in their name."""

import threading
from collections import defaultdict

import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    Actor,
    Backoff,
    CallTimeout,
    ChildExited,
    ChildParked,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    DeleteChild,
    GetChildSpec,
    Ignore,
    LimitReached,
    NoProc,
    RestartChild,
    Resume,
    SpecError,
    StartChild,
    StartFailed,
    Stop,
    Supervisor,
    Suspend,
    System,
    TerminateChild,
    WhichChildren,
    launch,
)
from supervision.calls import AlreadyPresent, AlreadyStarted, NotFound, NotStarted, Restarting, Running
from supervision.messages import Down
from supervision.testing import FakeClock, Inbox, running


class Plan:
    """What each start of each child shall do, and a diary of what happened. Shared by all incarnations."""

    def __init__(self):
        self.diary = []
        self.on_start = defaultdict(list)
        self.gates = {}

    def next_start(self, id):
        return self.on_start[id].pop(0) if self.on_start[id] else None


class W(Actor):
    """OTP's well-behaved worker: `stop` ends it normally, an exception ends it so."""

    def __init__(self, id, plan):
        super().__init__()
        self.id, self.plan = id, plan

    def on_start(self):
        self.plan.diary.append(("start", self.id))
        gate = self.plan.gates.get(self.id)
        if gate is not None and not gate.wait(10.0):
            raise AssertionError("nobody opened the gate")
        error = self.plan.next_start(self.id)
        if error is not None:
            raise error

    def on_receive(self, message):
        if isinstance(message, BaseException):
            raise message
        return self.context.incarnation

    def terminate(self, reason):
        self.plan.diary.append(("end", self.id, str(reason)))


@pytest.fixture
def plan():
    return Plan()


def w(plan, id, **fields):
    return ChildSpec(id=id, actor=W, args=(id, plan), **fields)


def incarnation(world, path):
    return world.system.address(path).call("who?")


def crash(world, path):
    world.system.address(path).cast(ValueError("die"))


def counts(world, path="/"):
    rows = world.system.address(path).call(WhichChildren())
    return [len(rows), sum(row.state == "running" for row in rows)]


def restarted(world, path, restarts=None):
    """Wait for the start after a restart."""
    return world.events.expect(
        ChildStarted, lambda event: event.path == path and event.restarts == (restarts or event.restarts) > 0
    )


# --- A: starting -----------------------------------------------------------------------------------


def test_A1_a_supervisor_without_children_starts_and_ends_with_shutdown():
    with running() as world:
        assert counts(world) == [0, 0]
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
        assert counts(world) == [2, 1]
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


# --- B, C: specs and management calls --------------------------------------------------------------


def test_B4_a_bad_spec_is_refused_and_the_supervisor_unharmed(plan):
    with running() as world:
        with pytest.raises(SpecError, match="invalid_restart_type"):
            world.system.address("/").call(StartChild(w(plan, "a", restart="prmanent")))
        assert counts(world) == [0, 0]


def test_B11_a_spec_can_be_read_back(plan):
    with running(w(plan, "a")) as world:
        assert world.system.address("/").call(GetChildSpec("a")).shutdown_seconds == 5.0
        with pytest.raises(NotFound):
            world.system.address("/").call(GetChildSpec("b"))


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
        assert counts(world) == [1, 0]
        with pytest.raises(AlreadyPresent):  # C4
            root.call(StartChild(w(plan, "a")))
        assert root.call(RestartChild("a")) == "/a"  # C5
        with pytest.raises(Running):
            root.call(RestartChild("a"))
        with pytest.raises(Running):
            root.call(DeleteChild("a"))
        root.call(TerminateChild("a"))
        root.call(DeleteChild("a"))
        assert counts(world) == [0, 0]


def test_C12_a_temporary_child_that_ignores_is_not_kept(plan):
    plan.on_start["a"] = [Ignore()]
    with running() as world:
        assert world.system.address("/").call(StartChild(w(plan, "a", restart="temporary"))) is None
        assert counts(world) == [0, 0]


def test_C13_a_child_that_does_not_start_is_not_kept(plan):
    plan.on_start["a"] = [ValueError("why")]
    with running() as world:
        with pytest.raises(NotStarted, match="ValueError: why"):
            world.system.address("/").call(StartChild(w(plan, "a")))
        assert counts(world) == [0, 0]


def test_C14_a_failed_restart_by_call_keeps_the_spec(plan):
    with running(w(plan, "a")) as world:
        root = world.system.address("/")
        root.call(TerminateChild("a"))
        plan.on_start["a"] = [ValueError("why")]
        with pytest.raises(NotStarted):
            root.call(RestartChild("a"))
        assert counts(world) == [1, 0]


def test_C16_children_are_listed_newest_first(plan):
    with running() as world:
        root = world.system.address("/")
        root.call(StartChild(w(plan, "c1")))
        root.call(StartChild(w(plan, "c2")))
        assert [row.id for row in root.call(WhichChildren())] == ["c2", "c1"]
        root.call(TerminateChild("c1"))
        root.call(DeleteChild("c1"))
        assert [row.id for row in root.call(WhichChildren())] == ["c2"]


# --- D: restart types ------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [Stop(NORMAL), Stop(SHUTDOWN), ValueError("die")])
def test_D1_D2_D3_a_permanent_child_is_always_restarted(plan, message):
    with running(w(plan, "a")) as world:
        old = incarnation(world, "/a")
        world.system.address("/a").cast(message)
        assert restarted(world, "/a").incarnation > old
        assert incarnation(world, "/a") > old
        assert counts(world) == [1, 1]


@pytest.mark.parametrize("message", [Stop(NORMAL), Stop(SHUTDOWN)])
def test_D4_a_transient_child_stays_down_after_a_clean_end(plan, message):
    with running(w(plan, "a", restart="transient")) as world:
        world.system.address("/a").cast(message)
        assert world.events.expect(ChildExited).restart_in is None
        assert counts(world) == [1, 0]


def test_D6_a_transient_child_is_restarted_after_a_crash(plan):
    with running(w(plan, "a", restart="transient")) as world:
        crash(world, "/a")
        restarted(world, "/a")
        assert counts(world) == [1, 1]


@pytest.mark.parametrize("message", [Stop(NORMAL), Stop(SHUTDOWN), ValueError("die")])
def test_D7_a_temporary_child_is_gone(plan, message):
    with running(w(plan, "a", restart="temporary")) as world:
        world.system.address("/a").cast(message)
        world.events.expect(ChildExited)
        assert counts(world) == [0, 0]


def test_D10_a_death_without_restart_touches_nobody_and_costs_nothing(plan):
    children = w(plan, "a"), w(plan, "b", restart="temporary"), w(plan, "c", restart="transient")
    with running(*children, strategy="one_for_all", intensity=0) as world:
        old = incarnation(world, "/a")
        crash(world, "/b")
        world.system.address("/c").cast(Stop(NORMAL))
        world.events.expect(ChildExited, lambda event: event.path == "/c")
        assert incarnation(world, "/a") == old
        assert world.system.tree.get("/").budget.times == ()


# --- E: strategies ---------------------------------------------------------------------------------


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
        assert counts(world) == [2, 1]


def test_temporary_members_of_a_group_are_forgotten(plan):
    children = w(plan, "a"), w(plan, "b", restart="temporary")
    with running(*children, strategy="one_for_all") as world:
        crash(world, "/a")
        restarted(world, "/a")
        assert counts(world) == [1, 1]


# --- F: intensity ----------------------------------------------------------------------------------


def test_F5_the_window_slides_with_the_clock(plan):
    clock = FakeClock()
    with running(w(plan, "a"), clock=clock, intensity=2, period=10) as world:
        for number, gap in enumerate((0, 9, 2), start=1):
            clock.advance(gap)
            crash(world, "/a")
            restarted(world, "/a", number)
        clock.advance(7)
        crash(world, "/a")
        assert world.root.wait(5.0).category == "shutdown"


def test_F7_a_child_that_never_starts_again_gets_exactly_intensity_attempts(plan):
    with running(w(plan, "a"), intensity=4, period=3600) as world:
        plan.diary.clear()
        plan.on_start["a"] = [ValueError("never")] * 100
        crash(world, "/a")
        assert world.root.wait(5.0).category == "shutdown"
        assert plan.diary.count(("start", "a")) == 4


def test_F8_restarts_by_call_cost_nothing(plan):
    with running(w(plan, "a"), intensity=1) as world:
        for _ in range(20):
            world.system.address("/").call(TerminateChild("a"))
            world.system.address("/").call(RestartChild("a"))
        assert world.system.tree.get("/").budget_left(0.0) == 1


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


# --- G: failed restarts ----------------------------------------------------------------------------


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


# --- H: stopping -----------------------------------------------------------------------------------


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
        assert counts(world) == [1, 1]


def test_H18_calls_after_the_end_say_that_nobody_is_there(plan):
    with running(w(plan, "a")) as world:
        world.root.stop()
        world.root.wait(5.0)
        with pytest.raises(NoProc):
            world.system.address("/").call(WhichChildren())


# --- J: nested -------------------------------------------------------------------------------------


def test_J3_a_supervisor_that_gives_up_is_restarted_with_its_init_children_only(plan):
    inner = Supervisor.spec("inner", [w(plan, "a")], intensity=0)
    with running(inner, w(plan, "z")) as world:
        world.system.address("/inner").call(StartChild(w(plan, "added")))
        other = incarnation(world, "/z")
        crash(world, "/inner/a")
        restarted(world, "/inner")
        assert counts(world, "/inner") == [1, 1]
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


# --- past OTP: backoff and eventual starts ---------------------------------------------------------


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
        for _ in range(7):
            world.wait_state("/a", "backoff")
            clock.wait_for_timers(1)
            clock.advance(1.0)
            world.events.expect(ChildExited, lambda event: not event.started)
        world.wait_state("/a", "running")
        assert incarnation(world, "/b")
        assert dict(world.system.tree.get("/a").restarts_by_reason) == {"start_failed": 7}
        assert world.system.tree.get("/").budget.times == ()


def test_a_slow_eventual_start_leaves_the_supervisor_responsive(plan):
    plan.gates["a"] = threading.Event()
    with running(w(plan, "a", start="eventual"), w(plan, "b")) as world:
        assert counts(world) == [2, 1]
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
