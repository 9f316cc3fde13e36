"""Significant children: when their end is the end of their supervisor, and when it is not."""

import pytest

from supervision import (
    NORMAL,
    Actor,
    Backoff,
    ChildExited,
    ChildSpec,
    ChildStarted,
    DynamicSupervisor,
    SpecError,
    StartChild,
    Stop,
    Supervisor,
    TerminateChild,
    WhichChildren,
)
from supervision.spec import Flags
from supervision.testing import FakeClock, running

CRASH = ValueError("die")
MODES = ("any_significant", "all_significant")


class W(Actor):
    def on_receive(self, message):
        if isinstance(message, BaseException):
            raise message
        return self.context.incarnation


def w(id, restart, significant=True, **fields):
    return ChildSpec(id=id, actor=W, restart=restart, significant=significant, **fields)


def inner(*children, mode="any_significant", **flags):
    """The supervisor under test, as a temporary child, so that the root stays when it ends."""
    return Supervisor.spec("s", children, auto_shutdown=mode, restart="temporary", **{"intensity": 5, **flags})


def end(world, id, message):
    world.system.address(f"/s/{id}").cast(message)


def ended(world):
    exited = world.events.expect(ChildExited, lambda event: event.path == "/s")
    assert exited.reason.category == "shutdown"


def alive(world, *ids):
    """The supervisor serves, and exactly these children run: asked through it, so all notices before were heard."""
    rows = world.system.address("/s").call(WhichChildren())
    assert {row.id for row in rows if row.state == "running"} == set(ids)


def heard(world, id):
    world.events.expect(ChildExited, lambda event: event.path == f"/s/{id}")


@pytest.mark.parametrize("restart", ["transient", "temporary"])
def test_B9_significant_children_need_a_supervisor_that_shuts_down(restart):
    with pytest.raises(SpecError) as caught:
        Supervisor(Flags(), [w("a", restart)])
    assert caught.value.tag == "bad_combination"


def test_B9_a_significant_child_is_not_permanent():
    with pytest.raises(SpecError) as caught:
        Supervisor(Flags(auto_shutdown="any_significant"), [w("a", "permanent")])
    assert caught.value.tag == "bad_combination"


def test_B9_start_child_checks_it_too():
    with running() as world, pytest.raises(SpecError, match="bad_combination"):
        world.system.address("/").call(StartChild(w("a", "transient")))


@pytest.mark.parametrize("mode", MODES)
def test_B13_a_dynamic_supervisor_has_no_auto_shutdown(mode):
    with pytest.raises(SpecError) as caught:
        DynamicSupervisor(Flags(auto_shutdown=mode))
    assert caught.value.tag == "invalid_auto_shutdown"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("message", [Stop(NORMAL), CRASH])
def test_I2_children_that_are_not_significant_never_end_it(mode, message):
    children = w("a", "transient", significant=False), w("b", "temporary", significant=False)
    with running(inner(*children, mode=mode)) as world:
        end(world, "a", message)
        heard(world, "a")
        end(world, "b", message)
        heard(world, "b")
        alive(world, *(["a"] if message is CRASH else []))
        assert world.system.whereis("/s").state == "running"


@pytest.mark.parametrize("message", [Stop(NORMAL), CRASH])
def test_any_a_significant_temporary_child_ends_it_whatever_its_reason(message):
    with running(inner(w("a", "temporary"), w("b", "temporary"))) as world:
        end(world, "a", message)
        ended(world)
        assert world.system.tree.get("/s/b") is None


def test_any_a_significant_transient_child_ends_it_cleanly_and_is_restarted_after_a_crash():
    with running(inner(w("a", "transient"), w("b", "transient"))) as world:
        end(world, "a", CRASH)
        world.events.expect(ChildStarted, lambda event: event.path == "/s/a" and event.restarts == 1)
        alive(world, "a", "b")
        end(world, "a", Stop(NORMAL))
        ended(world)


def test_I3_an_order_to_stop_is_not_an_end_by_itself():
    children = w("s1", "temporary"), w("s2", "temporary"), w("s3", "temporary", significant=False)
    with running(inner(*children)) as world:
        supervisor = world.system.address("/s")
        supervisor.call(TerminateChild("s1"))
        alive(world, "s2", "s3")
        supervisor.call(StartChild(w("s1", "temporary")))
        assert next(row.id for row in supervisor.call(WhichChildren())) == "s1"


@pytest.mark.parametrize("restart", ["temporary", "transient"])
def test_I5_I8_all_waits_for_the_last_significant_child(restart):
    children = w("s1", restart), w("s2", restart), w("s3", restart, significant=False)
    with running(inner(*children, mode="all_significant")) as world:
        end(world, "s1", Stop(NORMAL))
        heard(world, "s1")
        alive(world, "s2", "s3")
        end(world, "s2", Stop(NORMAL))
        ended(world)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one"])
def test_I9_being_bounced_as_a_bystander_is_not_an_end_by_itself(mode, strategy):
    children = w("s1", "transient"), w("s2", "transient", significant=False), w("s3", "transient")
    with running(inner(*children, mode=mode, strategy=strategy)) as world:
        before = {id: world.system.address(f"/s/{id}").call("who?") for id in ("s1", "s2", "s3")}
        end(world, "s2", CRASH)
        world.events.expect(ChildStarted, lambda event: event.path == "/s/s2" and event.restarts == 1)
        alive(world, "s1", "s2", "s3")
        after = {id: world.system.address(f"/s/{id}").call("who?") for id in before}
        bounced = {id for id in before if before[id] != after[id]}
        assert (
            bounced
            == {
                "one_for_one": {"s2"},
                "one_for_all": {"s1", "s2", "s3"},
                "rest_for_one": {"s2", "s3"},
            }[strategy]
        )


def test_I11_a_significant_child_that_is_being_restarted_still_counts_as_active():
    waiting = Backoff(min_seconds=10, max_seconds=10, jitter=False, immediate=0)
    children = w("s1", "transient", backoff=waiting), w("s2", "transient")
    with running(inner(*children, mode="all_significant"), clock=FakeClock()) as world:
        end(world, "s1", CRASH)
        world.wait_state("/s/s1", "backoff")
        end(world, "s2", Stop(NORMAL))
        heard(world, "s2")
        alive(world)
        assert world.system.whereis("/s").state == "running"


def test_I12_one_that_was_stopped_by_order_does_not_hold_it_back():
    with running(inner(w("s1", "transient"), w("s2", "transient"), mode="all_significant")) as world:
        world.system.address("/s").call(TerminateChild("s1"))
        alive(world, "s2")
        end(world, "s2", Stop(NORMAL))
        ended(world)
