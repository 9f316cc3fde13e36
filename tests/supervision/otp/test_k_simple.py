"""Group K: `simple_one_for_one`, many instances of one template."""

import pytest

from supervision import (
    KILLED,
    ChildExited,
    ChildSpec,
    DeleteChild,
    Ignore,
    NotFound,
    NotStarted,
    RestartChild,
    SimpleOneForOne,
    StartChild,
    StartInstance,
    Stop,
    Supervisor,
    TerminateChild,
    WhichChild,
    WhichChildren,
)
from supervision.testing import running
from tests.supervision.otp.twins import W, counts, crash, ended, incarnation, listed, restarted, s_simple, w, w_ign


class Scripted(W):
    """Its extra argument says how each of its starts goes."""

    def on_start(self):
        if self.extra and (error := self.extra[0].pop(0)) is not None:
            raise error


def scripted(plan, **fields):
    return ChildSpec(id="w", actor=Scripted, args=("w", plan), **fields)


def test_K1_instances_are_counted_under_one_spec(plan):
    with running(s_simple(w(plan, "w"), intensity=2, period=3600)) as world:
        assert listed(world, "/s") == [] and counts(world, "/s") == [1, 0, 0, 0]
        for number in (1, 2):
            assert world.system.address("/s").call(StartInstance()) == f"/s/w-{number}"
            assert counts(world, "/s") == [1, number, 0, number]


@pytest.mark.parametrize(
    "message", [RestartChild("/s/w-1"), DeleteChild("/s/w-1"), StartChild(ChildSpec(id="x", actor=W))]
)
def test_K3_an_instance_is_neither_restarted_nor_deleted_by_call(plan, message):
    with running(s_simple(w(plan, "w"))) as world:
        path = world.system.address("/s").call(StartInstance())
        with pytest.raises(SimpleOneForOne):
            world.system.address("/s").call(message)
        assert incarnation(world, path)


def test_K4_an_instance_is_known_by_its_path_alone(plan):
    with running(s_simple(w(plan, "w", restart="temporary")), w(plan, "stranger")) as world:
        simple = world.system.address("/s")
        first, second = simple.call(StartInstance()), simple.call(StartInstance())
        rows = {row.path: row for row in simple.call(WhichChildren())}
        assert set(rows) == {first, second}
        assert all(simple.call(WhichChild(path)) == row for path, row in rows.items())
        simple.call(TerminateChild(first))
        simple.call(TerminateChild(first))  # whoever is dead is stopped
        assert [row.path for row in simple.call(WhichChildren())] == [second]
        for message in (WhichChild(first), WhichChild("/stranger"), TerminateChild("/stranger")):
            with pytest.raises(NotFound):
                simple.call(message)
        for unknown in (WhichChild("w-2"), TerminateChild("w-2")):
            with pytest.raises(SimpleOneForOne):
                simple.call(unknown)


def test_K6_an_instance_is_restarted_with_arguments_of_its_own(plan):
    script = [None, *(ValueError("never") for _ in range(20))]
    with running(s_simple(scripted(plan), intensity=4, period=3600)) as world:
        first = world.system.address("/s").call(StartInstance((script,)))
        world.system.address("/s").call(StartInstance())
        crash(world, first)
        ended(world)
        assert len(script) == 20 - 4


@pytest.mark.parametrize("value", ["error_reason", None])
def test_K7_a_start_that_fails_leaves_nothing(plan, value):
    def fails(*args):
        if value is None:
            raise ValueError("reason")
        return value

    with running(s_simple(ChildSpec(id="w", actor=fails))) as world:
        with pytest.raises(NotStarted, match=value or "reason"):
            world.system.address("/s").call(StartInstance())
        assert listed(world, "/s") == [] and counts(world, "/s") == [1, 0, 0, 0]


@pytest.mark.parametrize("restart", ["temporary", "permanent"])
def test_K8_an_instance_that_ignores_is_not_kept(plan, restart):
    with running(s_simple(w_ign(plan, "w", restart=restart))) as world:
        assert world.system.address("/s").call(StartInstance()) is None
        assert counts(world, "/s") == [1, 0, 0, 0]
        path = world.system.address("/s").call(StartInstance())
        assert listed(world, "/s") == [(path.rpartition("/")[2], "running")]
        assert counts(world, "/s") == [1, 1, 0, 1]


@pytest.mark.parametrize("type", ["worker", "supervisor"])
def test_K18_many_instances_are_counted_by_type(plan, type):
    template = Supervisor.spec("w", restart="temporary") if type == "supervisor" else w(plan, "w", restart="temporary")

    def expected(number):
        return [1, number, number, 0] if type == "supervisor" else [1, number, 0, number]

    simple = s_simple(ChildSpec(id="w", actor=_any_args(template), type=template.type, restart="temporary"))
    with running(simple) as world:
        paths = []
        for number in (50, 100):
            paths += [world.system.address("/s").call(StartInstance()) for _ in range(50)]
            assert counts(world, "/s") == expected(number)
            assert listed(world, "/s") == listed(world, "/s")
        for path in paths:
            world.system.registry.running(path).request_stop(KILLED)
        for _ in paths:
            assert world.events.expect(ChildExited).reason == KILLED
        assert counts(world, "/s") == [1, 0, 0, 0]


def _any_args(spec):
    return lambda: spec.actor(*spec.args, **spec.kwargs)


def test_an_instance_that_ends_is_forgotten_and_its_path_not_used_again(plan):
    with running(s_simple(w(plan, "w", restart="transient"))) as world:
        first = world.system.address("/s").call(StartInstance())
        world.system.address(first).cast(Stop())
        world.events.expect(ChildExited)
        assert listed(world, "/s") == []
        assert world.system.address("/s").call(StartInstance()) != first


def test_a_template_that_ignores_its_restart_is_forgotten(plan):
    with running(s_simple(scripted(plan))) as world:
        path = world.system.address("/s").call(StartInstance(([None, None, Ignore()],)))
        crash(world, path)
        restarted(world, path, 1)
        crash(world, path)
        world.events.expect(ChildExited)
        assert counts(world, "/s") == [1, 0, 0, 0]
