"""Every kind of fault strikes a running actor, is told as injected, and is gone when its rule is."""

import gc
import queue
import threading
from dataclasses import replace

import pytest

from supervision import (
    Actor,
    ChildAbandoned,
    ChildExited,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    DeadLetter,
    FaultInjected,
    FaultRule,
    MailboxFull,
    RestartChild,
    TerminateChild,
)
from supervision.calls import NotStarted
from supervision.errors import Exited
from supervision.faults import Dropped
from supervision.log import describe
from supervision.reasons import Crashed, Hung
from supervision.testing import FakeClock, Inbox, running


class Echo(Actor):
    mailbox_bound = 5

    def on_receive(self, message):
        return message


ECHO = ChildSpec(id="a", actor=Echo)


class Noting(Actor):
    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def on_receive(self, message):
        self.seen.put(message)


def enabled(world):
    world.system.faults.enabled = True
    return world.system.faults


def up(world, restarts=1):
    world.events.expect(ChildStarted, lambda event: event.path == "/a" and event.restarts == restarts)


# --- crash and failed start -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"), [("ValueError", ValueError), ("SystemExit", Exited), ("queue.Empty", queue.Empty)]
)
def test_the_exception_of_a_crash_can_be_chosen_and_still_counts_as_injected(name, kind):
    with running(ECHO) as world:
        enabled(world).add(FaultRule("crash", "/a", every=1, exception=name))
        with pytest.raises(kind):
            world.system.address("/a").call("x")
        exited = world.events.expect(ChildExited)
        assert exited.reason.category == "injected" and name.rpartition(".")[2] in str(exited.reason)
        up(world)
        assert world.system.address("/a").call("still here") == "still here"


def test_a_real_crash_beside_a_fault_is_not_called_injected():
    class Faulty(Actor):
        def on_receive(self, message):
            raise ValueError(message)

    with running(ChildSpec(id="a", actor=Faulty)) as world:
        enabled(world).add(FaultRule("crash", "/a", every=100, exception="ValueError"))
        world.system.address("/a").cast("x")
        assert world.events.expect(ChildExited).reason.category == "crash"


def test_the_next_starts_fail():
    with running(ECHO, intensity=10) as world:
        enabled(world).add(FaultRule("fail-start", "/a", times=2))
        world.system.address("/").call(TerminateChild("a"))
        for _ in range(2):
            with pytest.raises(NotStarted, match="fail-start"):
                world.system.address("/").call(RestartChild("a"))
        world.system.address("/").call(RestartChild("a"))
        assert world.system.address("/a").call("up") == "up"


# --- hang and slow ----------------------------------------------------------------------------------------------------


def test_a_hang_lasts_its_seconds():
    clock, seen = FakeClock(), Inbox()
    with running(ChildSpec(id="a", actor=Noting, args=(seen,)), clock=clock) as world:
        enabled(world).add(FaultRule("hang", "/a", seconds=30))
        clock.wait_for_timers()
        world.system.address("/a").cast("late")
        clock.advance(29)
        assert seen.nothing_more()
        clock.advance(1)
        assert seen.expect(str) == "late"


def test_clearing_wakes_what_hangs_for_ever():
    with running(ECHO) as world:
        faults = enabled(world)
        number = faults.add(FaultRule("hang", "/a"))
        world.events.expect(FaultInjected)
        assert faults.clear(number) == 1
        assert world.system.address("/a").call("awake") == "awake"
        assert world.system.tree.get("/a").restarts == 0


def test_the_watchdog_replaces_what_hangs_and_calls_it_injected():
    with running(ChildSpec(id="a", actor=Echo, watchdog=0.1)) as world:
        enabled(world).add(FaultRule("hang", "/a"))
        exited = world.events.expect(ChildExited)
        assert exited.reason.category == "injected" and "hung for" in str(exited.reason)
        up(world)
        assert dict(world.system.tree.get("/a").restarts_by_reason) == {"injected": 1}
        assert world.system.tree.zombies() == []


def test_a_stop_past_its_deadline_breaks_a_hang_and_its_message_is_not_handled():
    seen = Inbox()
    with running(ChildSpec(id="a", actor=Noting, args=(seen,), shutdown=0.1)) as world:
        enabled(world).add(FaultRule("hang", "/a", every=1))
        world.system.address("/a").cast("never")
        world.events.expect(FaultInjected)
        thread = world.system.registry.running("/a").thread
        world.system.address("/").call(TerminateChild("a"))
        assert world.events.expect(ChildStopped).reason.category == "injected"
        thread.join(5.0)
        assert not thread.is_alive() and seen.nothing_more()


def test_only_the_end_of_the_rule_wakes_a_stubborn_hang():
    with running(ChildSpec(id="a", actor=Echo, shutdown=0.1)) as world:
        faults = enabled(world)
        faults.add(FaultRule("hang", "/a", stubborn=True))
        world.events.expect(FaultInjected)
        thread = world.system.registry.running("/a").thread
        world.system.address("/").call(TerminateChild("a"))
        assert "strike" in world.events.expect(ChildAbandoned).stack
        assert len(world.system.tree.zombies()) == 1
        faults.clear()
        thread.join(5.0)
        assert not thread.is_alive() and world.system.tree.zombies() == []


def test_slow_adds_its_latency_and_jitter_to_every_message():
    clock, seen = FakeClock(), Inbox()
    with running(ChildSpec(id="a", actor=Noting, args=(seen,)), clock=clock) as world:
        enabled(world).add(FaultRule("slow", "/a", seconds=1.0, jitter_seconds=0.5, times=None, seed=3))
        delays = []
        for number in range(5):
            world.system.address("/a").cast(number)
            clock.wait_for_timers()
            delays.append(clock.next_due() or 0.0)
            clock.advance(delays[-1])
            assert seen.expect(int) == number
        assert all(1.0 <= delay <= 1.5 for delay in delays) and len(set(delays)) == 5


# --- messages ---------------------------------------------------------------------------------------------------------


def test_a_dropped_message_is_told_counted_and_answered():
    seen = Inbox()
    with running(ChildSpec(id="a", actor=Noting, args=(seen,))) as world:
        enabled(world).add(FaultRule("drop", "/a", times=2))
        with pytest.raises(Dropped, match="fault 1: drop"):
            world.system.address("/a").call("one")
        assert "drop" in world.events.expect(DeadLetter).reason
        world.system.address("/a").cast("two")
        assert "drop" in world.events.expect(DeadLetter).reason
        world.system.address("/a").call("three")
        assert seen.expect(str) == "three" and seen.seen == ["three"]
        assert world.system.counts.dead_letters() == {"/a": 2}
        assert world.system.tree.get("/a").restarts == 0


def test_a_full_mailbox_refuses_senders_until_the_rule_is_cleared():
    with running(ECHO) as world:
        faults = enabled(world)
        faults.add(FaultRule("fill-mailbox", "/a"))
        world.events.expect(FaultInjected)
        actor = world.system.registry.running("/a")
        while actor.actor_inbox.depth()[1] != 5:
            threading.Event().wait(0.001)
        for _ in range(3):
            with pytest.raises(MailboxFull, match="holds 5 messages"):
                world.system.address("/a").call("x")
        faults.clear()
        assert world.system.address("/a").call("room again") == "room again"
        assert actor.depth() == (0, 0)


def test_what_leaks_is_held_until_the_rule_is_cleared_or_the_actor_restarts():
    def leaked():
        return sum(1 for one in gc.get_objects() if isinstance(one, list) and one and isinstance(one[0], bytearray))

    with running(ECHO) as world:
        faults = enabled(world)
        faults.add(FaultRule("leak", "/a", bytes=1000, times=None))
        before = leaked()
        for number in range(4):
            world.system.address("/a").call(number)
        assert leaked() == before + 1
        faults.add(FaultRule("crash", "/a"))
        up(world)
        assert leaked() == before
        world.system.address("/a").call("x")
        assert leaked() == before + 1
        faults.clear()
        assert leaked() == before


# --- stop -------------------------------------------------------------------------------------------------------------


def test_a_refused_stop_ends_with_the_deadline_and_not_before():
    with running(ChildSpec(id="a", actor=Echo, shutdown=0.2)) as world:
        enabled(world).add(FaultRule("refuse-stop", "/a", times=None))
        world.system.address("/a").call("served meanwhile")
        world.system.address("/").call(TerminateChild("a"))
        stopped = world.events.expect(ChildStopped)
        assert stopped.reason.category == "injected" and "did not stop within 0.2 s" in str(stopped.reason)
        assert world.system.tree.zombies() == []


def test_a_stubborn_refusal_makes_a_zombie_that_ends_with_the_rule():
    with running(ChildSpec(id="a", actor=Echo, shutdown=0.1)) as world:
        faults = enabled(world)
        faults.add(FaultRule("refuse-stop", "/a", times=None, stubborn=True))
        thread = world.system.registry.running("/a").thread
        world.system.address("/").call(TerminateChild("a"))
        assert len(world.system.tree.zombies()) == 1
        faults.clear()
        thread.join(5.0)
        assert not thread.is_alive() and world.system.tree.zombies() == []


# --- rules ------------------------------------------------------------------------------------------------------------


ONES = [
    FaultRule("crash", "/a"), FaultRule("hang", "/a"), FaultRule("slow", "/a", seconds=60.0),
    FaultRule("drop", "/a"), FaultRule("fill-mailbox", "/a"), FaultRule("leak", "/a", bytes=1000),
    FaultRule("refuse-stop", "/a"),
]  # fmt: skip


@pytest.mark.parametrize("rule", ONES, ids=lambda rule: rule.kind)
def test_a_leashed_fault_is_told_but_breaks_nothing(rule):
    with running(ChildSpec(id="a", actor=Echo, shutdown=5.0)) as world:
        enabled(world).add(replace(rule, leashed=True))
        assert world.system.address("/a").call("as ever") == "as ever"
        if rule.kind == "refuse-stop":
            world.system.address("/").call(TerminateChild("a"))
            assert world.events.expect(ChildStopped).reason.category == "shutdown"
        assert any(isinstance(event, FaultInjected) and event.leashed for event in seen(world))
        assert world.system.tree.get("/a").restarts == 0
        assert world.system.counts.faults() == {}


@pytest.mark.parametrize("kind", ["crash", "hang", "drop", "fill-mailbox"])
def test_the_null_fault_changes_nothing(kind):
    with running(ECHO) as world:
        enabled(world).add(FaultRule(kind, "/a", probability=0.0, times=None))
        enabled(world).add(FaultRule("slow", "/a", seconds=60.0, probability=0.0, times=None))
        enabled(world).add(FaultRule("leak", "/a", bytes=10**9, probability=0.0, times=None))
        for number in range(200):
            assert world.system.address("/a").call(number) == number
        assert not any(isinstance(event, FaultInjected | ChildExited | DeadLetter) for event in seen(world))
        assert all(entry.struck == {} for entry in world.system.faults.entries())


def test_a_rule_that_is_added_while_an_actor_starts_applies_to_it():
    class Late(Echo):
        def on_start(self):
            if not self.context.system.faults.entries():
                enabled(self.context).add(FaultRule("drop", "/a", times=1))

    with running(ChildSpec(id="a", actor=Late)) as world:
        with pytest.raises(Dropped):
            world.system.address("/a").call("x")
        assert world.system.address("/a").call("x") == "x"


def test_the_duration_ends_what_lasts():
    clock = FakeClock()
    with running(ECHO, clock=clock) as world:
        enabled(world).add(FaultRule("fill-mailbox", "/a", duration_seconds=10))
        clock.wait_for_timers()
        with pytest.raises(MailboxFull):
            world.system.address("/a").cast("x")
        clock.advance(10)
        assert world.system.address("/a").call("room again") == "room again"


def seen(world):
    while not world.events.nothing_more():
        world.events.expect(object)
    return world.events.seen


def test_the_log_tells_injected_from_real():
    for reason, category in (
        (Crashed(ValueError("x"), injected=True), "injected"),
        (Crashed(ValueError("x")), "crash"),
        (Hung(3.0, injected=True), "injected"),
        (Hung(3.0), "stalled"),
    ):
        line = describe(ChildExited(path="/a", incarnation=1, reason=reason, restart_in=0.0, budget_left=2))
        assert line.values["category"] == category
    struck = FaultInjected(path="/a", incarnation=1, fault=1, kind="drop")
    assert (describe(struck).text, describe(replace(struck, leashed=True)).text) == ("fault injected", "fault leashed")


def test_an_exception_that_another_process_knew_but_this_one_does_not_is_a_crash_all_the_same():
    rule = FaultRule("crash", "/a")
    object.__setattr__(rule, "exception", "not.loaded.here.Error")
    with running(ECHO) as world:
        enabled(world).add(rule)
        exited = world.events.expect(ChildExited)
        assert exited.reason.category == "injected" and "not.loaded.here is not loaded" in str(exited.reason)
