"""Group B: what is checked before anything starts."""

from typing import cast

import pytest

from supervision import (
    SHUTDOWN,
    Actor,
    ChildSpec,
    GetChildSpec,
    SimpleSupervisor,
    SpecError,
    StartChild,
    StartInstance,
    Supervisor,
    System,
    launch,
)
from supervision.calls import NotFound
from supervision.partition import PartitionSupervisor
from supervision.spec import Flags
from supervision.testing import running
from tests.supervision.otp.twins import (
    W,
    counts,
    ended,
    s_simple,
    w,
)

SHARD = ChildSpec(id="shard", actor=Actor)


def test_B4_a_bad_spec_is_refused_and_the_supervisor_unharmed(plan):
    with running() as world:
        with pytest.raises(SpecError, match="invalid_restart_type"):
            world.system.address("/").call(StartChild(w(plan, "a", restart="prmanent")))
        assert counts(world) == [0, 0, 0, 0]


def test_B11_a_spec_can_be_read_back(plan):
    with running(w(plan, "a")) as world:
        assert world.system.address("/").call(GetChildSpec("a")).shutdown_seconds == 5.0
        with pytest.raises(NotFound):
            world.system.address("/").call(GetChildSpec("b"))


def test_B2_flags_that_are_no_flags_are_refused():
    with pytest.raises(SpecError) as caught:
        Supervisor(cast(Flags, (1, 2)))
    assert (caught.value.tag, caught.value.value) == ("invalid_type", (1, 2))


def test_B7_a_supervisor_with_two_children_of_one_id_does_not_start(plan):
    with pytest.raises(SpecError) as caught:
        launch(System(), Supervisor.spec("s", [w(plan, "a"), w(plan, "a")]))
    assert (caught.value.tag, caught.value.value) == ("duplicate_child_name", "a")
    assert plan.diary == []


@pytest.mark.parametrize("number", [0, 2])
def test_B8_a_simple_supervisor_needs_exactly_one_template(plan, number):
    templates = [w(plan, id) for id in "ab"[:number]]
    with pytest.raises(SpecError) as caught:
        SimpleSupervisor.spec("s", templates)
    assert (caught.value.tag, caught.value.value) == ("bad_start_spec", templates)


@pytest.mark.parametrize("mode", ["any_significant", "all_significant"])
def test_B10_a_simple_supervisor_has_no_auto_shutdown(plan, mode):
    with pytest.raises(SpecError) as caught:
        launch(System(), SimpleSupervisor.spec("s", [w(plan, "a")], auto_shutdown=mode))
    assert caught.value.tag == "bad_combination"


def test_B10_without_it_it_starts_and_stops(plan):
    with running(s_simple(w(plan, "a"), auto_shutdown="never")) as world:
        world.system.address("/s").stop(SHUTDOWN)
        assert ended(world).reason == SHUTDOWN


def test_B11_the_spec_that_is_read_back_has_its_defaults_filled_in(plan):
    children = (
        ChildSpec(id="c1", actor=W, args=("c1", plan)),
        ChildSpec(id="c2", actor=W, args=("c2", plan), shutdown="brutal_kill"),
        ChildSpec(id="c3", actor=W, args=("c3", plan), type="supervisor"),
    )
    with running(*children) as world:
        specs = [world.system.address("/").call(GetChildSpec(id)) for id in ("c1", "c2", "c3")]
        assert [(spec.restart, spec.shutdown, spec.type) for spec in specs] == [
            ("permanent", 5.0, "worker"),
            ("permanent", "brutal_kill", "worker"),
            ("permanent", "infinity", "supervisor"),
        ]
        with pytest.raises(NotFound):
            world.system.address("/").call(GetChildSpec("child4"))


def test_B12_every_instance_has_the_completed_template(plan):
    with running(s_simple(w(plan, "w", restart="temporary"))) as world:
        simple = world.system.address("/s")
        paths = [simple.call(StartInstance()) for _ in range(3)]
        for path in paths:
            spec = simple.call(GetChildSpec(path))
            assert (spec.shutdown, spec.type, spec.significant, spec.args) == (5.0, "worker", False, ("w", plan))
        with pytest.raises(NotFound):
            simple.call(GetChildSpec("/"))


@pytest.mark.parametrize(
    ("fields", "tag"),
    [
        ({"actor": None}, "invalid_mfa"),
        ({"args": "abc"}, "invalid_mfa"),
        ({"shutdown": -1}, "invalid_shutdown"),
        ({"significant": True}, "bad_combination"),
    ],
)
def test_B14_a_bad_spec_is_refused_in_the_caller_even_without_a_supervisor(fields, tag):
    with pytest.raises(SpecError) as caught:
        System().address("/nobody").call(StartChild(ChildSpec(**{"id": "a", "actor": Actor, **fields})))
    assert caught.value.tag == tag


def test_B15_a_strategy_alone_means_three_restarts_in_five_seconds_and_no_auto_shutdown():
    flags = Supervisor.spec("s", strategy="rest_for_one").args[0]
    assert flags == Flags(strategy="rest_for_one", intensity=3, period=5.0, auto_shutdown="never")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"child": SHARD}, "'id'"),
        ({"id": "p"}, "'child'"),
        ({"id": "p", "child": SHARD, "auto_shutdown": "any_significant"}, "invalid_auto_shutdown"),
        ({"id": "p", "child": SHARD, "strategy": "one_for_all"}, "invalid_strategy"),
        ({"id": "p", "child": SHARD, "with_arguments": lambda args: args}, "1 positional argument but 2"),
        ({"id": "p", "child": SHARD, "partitions": 0}, "invalid_partitions"),
    ],
)
def test_B16_what_a_partition_supervisor_cannot_do_without_is_named(options, told):
    with pytest.raises((TypeError, SpecError), match=told):
        launch(System(), PartitionSupervisor.spec(**options))
