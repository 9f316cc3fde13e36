"""Group K: the dynamic supervisor by Elixir's cases."""

import threading
from typing import Any, cast

import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    Actor,
    Backoff,
    ChildExited,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    DynamicSupervisor,
    GetChildSpec,
    Ignore,
    MaxChildren,
    NoProc,
    RookeryError,
    SpecError,
    StartChild,
    Stop,
    TerminateChild,
    WhichChildren,
)
from supervision.calls import NotFound, NotStarted
from supervision.spec import Flags
from supervision.testing import FakeClock, Inbox, running
from tests.supervision.otp.twins import W as W_twin
from tests.supervision.otp.twins import counts, crash, listed, restarted, s_dynamic, stuck, w_info, w_ret
from tests.supervision.otp.twins import w as twin


class Gate(threading.Event):
    def __init__(self):
        super().__init__()
        self.entered = threading.Event()


class W(Actor):
    def __init__(self, on_start=None, gate=None):
        super().__init__()
        self.script, self.gate = on_start or [], gate

    def on_start(self):
        if self.script and (error := self.script.pop(0)) is not None:
            raise error

    def on_receive(self, message):
        if isinstance(message, BaseException):
            raise message
        if message == "hang":
            self.gate.entered.set()
            self.gate.wait(10.0)
        return self.context.incarnation


def w(id, **fields):
    script, gate = fields.pop("script", None), fields.pop("gate", None)
    return ChildSpec(id=id, actor=W, args=(script, gate), **fields)


def children(world):
    return [(row.id, row.state.value) for row in world.system.address("/d").call(WhichChildren())]


@pytest.mark.parametrize(
    ("make", "tag"),
    [
        (lambda: DynamicSupervisor(Flags(strategy="one_for_all")), "invalid_strategy"),
        (lambda: DynamicSupervisor(Flags(), max_children=-1), "invalid_max_children"),
        (lambda: DynamicSupervisor(Flags(intensity=-1)), "invalid_intensity"),
        (lambda: DynamicSupervisor(Flags(period=0)), "invalid_period"),
        (lambda: DynamicSupervisor.spec("d", [w("a")]), "bad_start_spec"),
    ],
)
def test_B13_bad_options_are_refused(make, tag):
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.tag == tag


def test_K9_starts_answer_the_path_none_for_ignore_and_the_error():
    with running(DynamicSupervisor.spec("d")) as world:
        dynamic = world.system.address("/d")
        assert dynamic.call(StartChild(w("a"))) == "/d/a"
        assert dynamic.call(StartChild(w("b", script=[Ignore()]))) is None
        with pytest.raises(NotStarted, match="found"):
            dynamic.call(StartChild(w("c", script=[ValueError("found")])))
        assert children(world) == [("a", "running")]


def test_K11_max_children_refuses_without_starting():
    with running(DynamicSupervisor.spec("d", max_children=0)) as world:
        with pytest.raises(MaxChildren):
            world.system.address("/d").call(StartChild(w("a")))
        assert children(world) == []


def test_K12_a_child_waiting_for_its_restart_keeps_its_place():
    clock = FakeClock()
    slow = Backoff(min_seconds=10, max_seconds=10, jitter=False, immediate=0)
    with running(DynamicSupervisor.spec("d", max_children=1), clock=clock) as world:
        dynamic = world.system.address("/d")
        dynamic.call(StartChild(w("a", backoff=slow)))
        world.system.address("/d/a").cast(ValueError("die"))
        world.wait_state("/d/a", "backoff")
        with pytest.raises(MaxChildren):
            dynamic.call(StartChild(w("b")))


@pytest.mark.parametrize(
    ("restart", "message", "stays"),
    [
        ("temporary", ValueError("x"), False),
        ("transient", Stop(NORMAL), False),
        ("transient", ValueError("x"), True),
        ("permanent", Stop(NORMAL), True),
    ],
)
def test_K13_a_child_that_is_not_restarted_is_gone_whatever_its_type(restart, message, stays):
    with running(DynamicSupervisor.spec("d")) as world:
        world.system.address("/d").call(StartChild(w("a", restart=restart)))
        world.system.address("/d/a").cast(message)
        world.events.expect(ChildExited)
        if stays:
            world.events.expect(ChildStarted, lambda event: event.restarts == 1)
        assert children(world) == ([("a", "running")] if stays else [])


def test_K16_a_terminated_child_is_forgotten():
    with running(DynamicSupervisor.spec("d")) as world:
        dynamic = world.system.address("/d")
        dynamic.call(StartChild(w("a")))
        dynamic.call(TerminateChild("a"))
        with pytest.raises(NotFound):
            dynamic.call(TerminateChild("a"))
        assert world.system.tree.get("/d/a") is None


def test_F10_a_restart_that_always_fails_ends_it_after_intensity_attempts():
    script = [None, *[ValueError("never")] * 50]
    with running(DynamicSupervisor.spec("d", intensity=10, period=3600, restart="temporary")) as world:
        world.system.address("/d").call(StartChild(w("a", script=script)))
        world.system.address("/d/a").cast(ValueError("die"))
        exited = world.events.expect(ChildExited, lambda event: event.path == "/d")
        assert exited.reason == SHUTDOWN
        assert len(script) == 40


def test_G11_a_restart_that_fails_once_is_tried_again():
    with running(DynamicSupervisor.spec("d", intensity=2)) as world:
        world.system.address("/d").call(StartChild(w("a", script=[None, ValueError("once")])))
        world.system.address("/d/a").cast(ValueError("die"))
        world.events.expect(ChildExited, lambda event: not event.started)
        world.events.expect(ChildStarted, lambda event: event.restarts == 2)


def test_G12_ignore_on_a_restart_drops_the_child():
    with running(DynamicSupervisor.spec("d")) as world:
        world.system.address("/d").call(StartChild(w("a", script=[None, Ignore()])))
        world.system.address("/d/a").cast(ValueError("die"))
        world.events.expect(ChildExited)
        assert children(world) == []


def test_H14_children_stop_at_once_each_by_its_own_deadline():
    """One that hangs does not delay the question to the others: they have ended when its time is over."""
    gate = Gate()
    with running(DynamicSupervisor.spec("d")) as world:
        dynamic = world.system.address("/d")
        for id, shutdown in (("hangs", 0.3), ("a", 5.0), ("b", "infinity"), ("c", "brutal_kill")):
            dynamic.call(StartChild(w(id, shutdown=shutdown, gate=gate)))
        world.system.address("/d/hangs").cast("hang")
        assert gate.entered.wait(5.0)
        thread = world.system.registry.running("/d/hangs").thread
        world.system.address("/").call(TerminateChild("d"))
        reasons = {}
        while len(reasons) < 4:
            stopped = world.events.expect(ChildStopped)
            reasons[stopped.path.rpartition("/")[2]] = stopped.reason.category
        assert reasons == {"hangs": "killed", "a": "shutdown", "b": "shutdown", "c": "killed"}
        gate.set()
        thread.join(5.0)


def test_B13_the_defaults_are_three_restarts_in_five_seconds_without_further_limits():
    dynamic = DynamicSupervisor(*DynamicSupervisor.spec("d").args)
    assert dynamic.flags == Flags(strategy="one_for_one", intensity=3, period=5.0)
    assert (dynamic.max_children, dynamic.extra_arguments) == (None, ())


@pytest.mark.parametrize(
    ("make", "tag"),
    [
        (lambda: DynamicSupervisor(Flags(), extra_arguments=cast(Any, "no list")), "invalid_extra_arguments"),
        (lambda: DynamicSupervisor(Flags(auto_shutdown="any_significant")), "invalid_auto_shutdown"),
    ],
)
def test_B13_options_that_do_not_fit_are_refused(make, tag):
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.tag == tag


def test_K9_what_on_start_returns_is_part_of_the_answer_and_nonsense_an_error(plan):
    with running(s_dynamic()) as world:
        dynamic = world.system.address("/s")
        assert dynamic.call(StartChild(w_info(plan, "a", "info"))) == ("/s/a", "info")
        with pytest.raises(NotStarted, match="unknown"):
            dynamic.call(StartChild(w_ret("unknown")))
        assert listed(world, "/s") == [("a", "running")]


def test_K12_a_restarted_child_keeps_its_place_too(plan):
    with running(s_dynamic(max_children=1, intensity=100_000)) as world:
        dynamic = world.system.address("/s")
        dynamic.call(StartChild(twin(plan, "a")))
        crash(world, "/s/a")
        restarted(world, "/s/a")
        with pytest.raises(MaxChildren):
            dynamic.call(StartChild(twin(plan, "b")))
        assert counts(world, "/s") == [1, 1, 0, 1]
        assert plan.of("start") == ["a", "a"]


def test_K14_restarts_may_go_differently_than_the_start(plan):
    """The quiet wait after a failed restart keeps them in `restarting`, where OTP would try on without a pause."""
    waits = Backoff(min_seconds=3600, max_seconds=3600, jitter=False, immediate=1)

    class Nonsense:
        starts = 0

        def __call__(self, *args):
            self.starts += 1
            return W_twin(*args) if self.starts == 1 else "nonsense"

    outcomes = {"ok": None, "info": "info", "ignore": Ignore(), "error": ValueError("error")}
    expected = {"ok": (1, 1), "info": (2, 2), "ignore": (2, 2), "error": (3, 2), "nonsense": (4, 2)}
    with running(s_dynamic(intensity=100_000)) as world:
        dynamic = world.system.address("/s")
        for id, (workers, active) in expected.items():
            actor = Nonsense() if id == "nonsense" else W_twin
            dynamic.call(StartChild(ChildSpec(id=id, actor=actor, args=(id, plan), backoff=waits)))
            if id in outcomes:
                plan.on_start[id] = [outcomes[id]]
            crash(world, f"/s/{id}")
            if active + 1 == workers or id == "nonsense":
                world.events.expect(ChildExited, lambda event: not event.started)
            elif id == "ignore":
                world.events.expect(ChildExited)
            else:
                restarted(world, f"/s/{id}")
            assert counts(world, "/s") == [workers, active, 0, workers]
        assert [id for id, state in listed(world, "/s") if state == "backoff"] == ["nonsense", "error"]


def test_K15_extra_arguments_come_first_at_the_start_and_at_each_restart():
    seen = []

    class Notes(Actor):
        def __init__(self, *args):
            super().__init__()
            seen.append(args)

        def on_receive(self, message):
            raise message

    with running(s_dynamic(extra_arguments=("f",))) as world:
        world.system.address("/s").call(StartChild(ChildSpec(id="a", actor=Notes, args=(1,))))
        crash(world, "/s/a")
        restarted(world, "/s/a")
        assert seen == [("f", 1), ("f", 1)]


@pytest.mark.parametrize("shutdown", ["brutal_kill", 1.0])
def test_K16_terminating_twice_finds_nobody_the_second_time(plan, shutdown):
    with running(s_dynamic()) as world:
        path = world.system.address("/s").call(StartChild(twin(plan, "a", shutdown=shutdown)))
        world.system.address("/s").call(TerminateChild(path))
        reason = world.events.expect(ChildStopped).reason
        assert reason.category == ("killed" if shutdown == "brutal_kill" else "shutdown")
        with pytest.raises(NotFound):
            world.system.address("/s").call(TerminateChild(path))
        assert counts(world, "/s") == [0, 0, 0, 0]


def test_K16_a_restarting_child_is_forgotten_without_anything_to_stop(plan):
    with running(s_dynamic(intensity=1_000_000)) as world:
        world.system.address("/s").call(StartChild(stuck(plan, "a")))
        plan.stuck.set()
        crash(world, "/s/a")
        world.wait_state("/s/a", "backoff")
        world.system.address("/s").call(TerminateChild("a"))
        assert counts(world, "/s") == [0, 0, 0, 0]
        with pytest.raises(NotFound):
            world.system.address("/s").call(TerminateChild("a"))


def test_a_dynamic_child_is_known_by_its_id_and_by_its_path(plan):
    with running(s_dynamic()) as world:
        path = world.system.address("/s").call(StartChild(twin(plan, "a")))
        specs = [world.system.address("/s").call(GetChildSpec(name)) for name in ("a", path)]
        assert specs[0] == specs[1] and specs[0].shutdown == 5.0


# --- past Elixir: waiting for a place --------------------------------------------------------------


def asked(world, answers, *specs, wait=30.0):
    """One thread per request, lined up in this order; each puts its answer or its error."""
    supervisor, threads = world.system.registry.running("/s"), []

    def ask(spec):
        try:
            answers.put(world.system.address("/s").call(StartChild(spec, wait=wait), timeout=60.0))
        except RookeryError as error:
            answers.put(error)

    for number, spec in enumerate(specs, start=len(supervisor.waiting) + 1):
        threads.append(threading.Thread(target=ask, args=(spec,)))
        threads[-1].start()
        while counts(world, "/s") and len(supervisor.waiting) < number:
            pass
    return threads


def test_requests_wait_for_a_place_first_come_first_served(plan):
    answers = Inbox()
    with running(s_dynamic(max_children=1)) as world:
        dynamic = world.system.address("/s")
        dynamic.call(StartChild(twin(plan, "a")))
        threads = asked(world, answers, twin(plan, "b"), twin(plan, "c"))
        with pytest.raises(MaxChildren):
            dynamic.call(StartChild(twin(plan, "d")))
        for left, comes in (("a", "/s/b"), ("b", "/s/c")):
            assert answers.nothing_more()
            dynamic.call(TerminateChild(left))
            assert answers.expect(str) == comes
        for thread in threads:
            thread.join(5.0)
        assert plan.of("start") == ["a", "b", "c"]


def test_who_has_waited_long_enough_is_refused_and_leaves_the_line(plan):
    answers, clock = Inbox(), FakeClock()
    with running(s_dynamic(max_children=1), clock=clock) as world:
        world.system.address("/s").call(StartChild(twin(plan, "a")))
        (thread,) = asked(world, answers, twin(plan, "b"), wait=10.0)
        clock.advance(10.0)
        assert isinstance(answers.expect(object), MaxChildren)
        thread.join(5.0)
        world.system.address("/s").call(TerminateChild("a"))
        assert counts(world, "/s") == [0, 0, 0, 0] and plan.of("start") == ["a"]


def test_a_failed_start_passes_the_place_on_and_the_end_of_the_supervisor_is_told(plan):
    answers = Inbox()
    plan.on_start["b"] = [ValueError("why")]
    with running(s_dynamic(max_children=1)) as world:
        world.system.address("/s").call(StartChild(twin(plan, "a")))
        threads = asked(world, answers, *(twin(plan, id) for id in "bcd"))
        world.system.address("/s").call(TerminateChild("a"))
        assert isinstance(answers.expect(object), NotStarted)
        assert answers.expect(str) == "/s/c"
        world.system.address("/").call(TerminateChild("s"))
        assert isinstance(answers.expect(object), NoProc)
        for thread in threads:
            thread.join(5.0)
