"""Elixir's `PartitionSupervisor` by its cases: copies of one child, and a key that leads to one of them."""

import itertools
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import (
    Actor,
    ChildSpec,
    ChildStarted,
    DynamicSupervisor,
    NoPartitions,
    NoProc,
    NotStarted,
    Partitions,
    PartitionSupervisor,
    SpecError,
    StartChild,
    WhichChildren,
)
from supervision.partition import route
from supervision.testing import running


class Shard(Actor):
    def __init__(self, number=None):
        super().__init__()
        self.number = number

    def on_receive(self, message):
        if isinstance(message, BaseException):
            raise message
        return self.number if message == "number" else self.context.incarnation


SHARD = ChildSpec(id="shard", actor=Shard)


def sharded(partitions, **fields):
    return running(PartitionSupervisor.spec("p", SHARD, partitions=partitions, **fields))


def test_L1_children_spread_over_as_many_partitions_as_cores():
    with running(PartitionSupervisor.spec("p", DynamicSupervisor.spec("pool"))) as world:
        partitions = Partitions(world.system, "/p")
        assert partitions.count() == os.cpu_count()
        started = {
            partitions.address(random.random()).call(StartChild(ChildSpec(id=f"c{number}", actor=Shard)))
            for number in range(100)
        }
        rows = [row for path in partitions.paths() for row in world.system.address(path).call(WhichChildren())]
        assert {row.path for row in rows} == started
        assert len(rows) == len(started) == 100


def test_L2_whole_numbers_lead_by_their_remainder():
    with sharded(3, with_arguments=lambda args, number: (*args, number)) as world:
        partitions = Partitions(world.system, "/p")
        assert [partitions.address(key).call("number") for key in (0, 1, 2, 3, -1)] == [0, 1, 2, 0, 1]


def test_L4_partitions_come_and_go():
    sizes = [*range(8, -1, -1), *range(9), *random.Random(8).sample(range(9), 9)]
    with sharded(8) as world:
        partitions, before = Partitions(world.system, "/p"), 8
        for size in sizes:
            assert partitions.resize(size) == before
            before = size
            assert partitions.count() == len(partitions.paths()) == size
            counts = partitions.count_children()
            assert (counts.active, counts.specs) == (size, 8)
            if size:
                assert len({partitions.address(key).call("who?") for key in range(8)}) == size


def test_L5_zero_partitions_lead_nowhere_and_there_are_no_more_than_at_the_start():
    with sharded(8) as world:
        partitions = Partitions(world.system, "/p")
        assert partitions.resize(0) == 8
        with pytest.raises(NoPartitions, match="zero partitions"):
            partitions.path_for("any")
        sizes: list[Any] = [9, -1, True, 1.0]
        for size in sizes:
            with pytest.raises(SpecError) as caught:
                partitions.resize(size)
            assert caught.value.tag == "invalid_partitions"
        assert partitions.count() == 0


def test_L6_nobody_is_there():
    with running(SHARD) as world:
        asks = (Partitions.count, Partitions.paths, lambda found: found.path_for(1), lambda found: found.resize(1))
        for path, ask in itertools.product(("/p", "/shard"), asks):
            with pytest.raises(NoProc, match=path):
                ask(Partitions(world.system, path))
        with pytest.raises(NoProc):
            Partitions(world.system, "/p").count_children()


def test_L7_a_restarted_partition_has_its_old_number():
    with sharded(3, with_arguments=lambda args, number: (number,)) as world:
        one = Partitions(world.system, "/p").address(1)
        before = one.call("who?")
        one.cast(ValueError("die"))
        world.events.expect(ChildStarted, lambda event: event.restarts == 1)
        assert one.call("who?") > before
        assert one.call("number") == 1


class Reluctant(Shard):
    """Number 1 starts once only."""

    starts = 0

    def on_start(self):
        if self.number == 1:
            type(self).starts += 1
            if self.starts > 1:
                raise ValueError("once is enough")


def test_growing_stops_at_the_first_that_does_not_start():
    child = ChildSpec(id="shard", actor=type("Once", (Reluctant,), {}))
    spec = PartitionSupervisor.spec("p", child, partitions=3, with_arguments=lambda args, number: (number,))
    with running(spec) as world:
        partitions = Partitions(world.system, "/p")
        partitions.resize(0)
        with pytest.raises(NotStarted, match="once is enough"):
            partitions.resize(3)
        assert partitions.paths() == ["/p/0"]
        assert partitions.address("any").call("number") == 0


@pytest.mark.parametrize("partitions", [0, -1, True, 2.0])
def test_a_partition_supervisor_starts_with_at_least_one(partitions):
    with pytest.raises(SpecError) as caught:
        spec = PartitionSupervisor.spec("p", SHARD, partitions=partitions)
        spec.actor(*spec.args)
    assert caught.value.tag == "invalid_partitions"


# --- the route, a function of values ---------------------------------------------------------------

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.uuids() | st.datetimes()
KEYS = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner))


@given(KEYS, st.integers(1, 64))
def test_every_key_has_one_partition(key, partitions):
    assert 0 <= route(key, partitions) < partitions
    assert route(key, partitions) == route(key, partitions)


@given(st.integers(), st.integers(1, 64))
def test_neighbours_take_turns(key, partitions):
    assert {route(abs(key) + step, partitions) for step in range(partitions)} == set(range(partitions))


def test_texts_lead_to_the_same_partition_in_another_process():
    keys = ["ada", "grace", ("list", 7), b"bytes", 2.5, None]
    program = f"from supervision.partition import route; print([route(key, 97) for key in {keys!r}])"
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.stdout.strip() == str([route(key, 97) for key in keys])


def test_texts_are_spread_evenly():
    sizes = [0] * 8
    for number in range(8_000):
        sizes[route(f"person-{number}", 8)] += 1
    assert 850 < min(sizes) <= max(sizes) < 1_150


@pytest.mark.parametrize("key", [object(), frozenset({"a"}), ("a", object())])
def test_a_key_that_no_other_process_knows_is_refused(key):
    with pytest.raises(SpecError, match="chosen by"):
        route(key, 3)
