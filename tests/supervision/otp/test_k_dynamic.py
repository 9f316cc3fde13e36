"""The dynamic supervisor by Elixir's cases."""

import threading

import pytest

from supervision import (
    NORMAL,
    Actor,
    Backoff,
    ChildExited,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    DynamicSupervisor,
    Ignore,
    MaxChildren,
    SpecError,
    StartChild,
    Stop,
    TerminateChild,
    WhichChildren,
)
from supervision.calls import NotFound, NotStarted
from supervision.spec import Flags
from supervision.testing import FakeClock, running


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
        assert exited.reason.category == "shutdown"
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
