"""Everything but the root goes down, within the restart budgets; the choice itself is a function of the rows."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import Actor, ChildSpec, FaultRule, LimitReached, State, Supervisor
from supervision.faults import FaultsDisabled
from supervision.faults.almost_kill import almost_kill, plan
from supervision.testing import running
from supervision.tree import Budget, Row


class Echo(Actor):
    def on_receive(self, message):
        return message


def workers(*ids):
    return [ChildSpec(id=id, actor=Echo) for id in ids]


def supervisor_row(path, intensity, used=0, now=100.0):
    budget = Budget("one_for_one", intensity, 5.0, (now,) * used)
    return Row(path=path, id=path.rpartition("/")[2], type="supervisor", state=State.RUNNING, budget=budget)


def worker_row(path):
    return Row(path=path, id=path.rpartition("/")[2], type="worker", state=State.RUNNING)


sizes = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 6)), max_size=5)


@given(sizes, st.integers(0, 5), st.integers(0, 1000))
def test_no_supervisor_loses_more_than_it_may_restart_and_the_root_keeps_one(pools, intensity, seed):
    rows = [supervisor_row("/", intensity)]
    for number, (allowed, used, count) in enumerate(pools):
        rows.append(supervisor_row(f"/{number}", allowed, used))
        rows += [worker_row(f"/{number}/{child}") for child in range(count)]
    chosen = plan(rows, random.Random(seed), 100.0)
    assert len(chosen) == len(set(chosen)) and "/" not in chosen
    for row in rows:
        if row.budget is not None:
            lost = sum(1 for path in chosen if (path.rpartition("/")[0] or "/") == row.path)
            assert lost <= max(0, row.budget_left(100.0) - (row.path == "/"))
    assert [path.count("/") for path in chosen] == sorted((path.count("/") for path in chosen), reverse=True)


def test_supervisors_go_before_workers_because_all_below_goes_with_them():
    rows = [supervisor_row("/", 2), worker_row("/a"), supervisor_row("/pool", 0), worker_row("/pool/b")]
    assert {tuple(plan(rows, random.Random(seed), 100.0)) for seed in range(20)} == {("/pool",)}


def test_everything_goes_down_and_the_root_stays():
    pools = [Supervisor.spec(name, workers("a", "b"), intensity=3) for name in ("one", "two", "three")]
    with running(*pools, *workers("lone"), intensity=5) as world:
        world.system.faults.enabled = True
        before = {row.path: row.incarnation for row in world.system.tree.rows()}
        outcome = almost_kill(world.system, seed=1)
        assert outcome.spared == {}
        for path, incarnation in before.items():
            world.wait_state(path, "running")
            assert path == "/" or world.system.tree.get(path).incarnation > incarnation
        assert world.system.tree.get("/").incarnation == before["/"]
        assert not any(isinstance(event, LimitReached) for event in world.events.seen)
        assert world.system.faults.entries() == []


def test_what_the_budget_does_not_reach_is_named():
    with running(*workers("a", "b", "c"), intensity=2) as world:
        world.system.faults.enabled = True
        outcome = almost_kill(world.system, seed=1)
        assert len(outcome.struck) == 1 and set(outcome.spared.values()) == {"beyond the budget"}
        assert len(outcome.spared) == 2
        again = almost_kill(world.system, seed=1)
        assert again.struck == [] and len(again.spared) == 3


def test_it_is_refused_unless_faults_are_enabled_and_leaves_the_rules_of_others():
    with running(*workers("a")) as world:
        with pytest.raises(FaultsDisabled):
            almost_kill(world.system, seed=0)
        world.system.faults.enabled = True
        number = world.system.faults.add(FaultRule("drop", "/nobody"))
        assert almost_kill(world.system, seed=0).struck == ["/a"]
        assert [entry.id for entry in world.system.faults.entries()] == [number]
