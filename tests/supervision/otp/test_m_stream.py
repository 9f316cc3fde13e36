"""Elixir's `async_stream` by its cases: a function over many items, some at once, nothing left of what nobody wants."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision import SHUTDOWN, Crashed, Exit, MaxChildren, Ok, SpecError, Tasks, TaskSupervisor, TaskTimeout
from supervision.testing import Inbox, running
from tests.supervision.otp.owners import by_owner, fail, idle, owner, settle, wait


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def world(inbox):
    with running(TaskSupervisor.spec("tasks"), owner(inbox)) as world:
        yield world


@pytest.fixture
def tasks(world):
    return Tasks(world.system, "/tasks")


def test_M10_outcomes_come_in_the_order_of_the_items_even_if_the_first_is_slowest(tasks):
    last = threading.Event()

    def work(item):
        last.set() if item == 4 else None
        return item if item != 1 else last.wait(10.0) and item

    outcomes = list(tasks.async_stream([1, 2, 3, 4], work, max_concurrency=4))
    assert outcomes == [Ok(item, item) for item in (1, 2, 3, 4)]


def test_M10_they_come_as_they_end_if_order_does_not_matter(tasks):
    gates = {item: threading.Event() for item in (1, 2, 3)}
    gates[3].set()
    seen = []
    for outcome in tasks.async_stream([1, 2, 3], lambda item: gates[item].wait(10.0), max_concurrency=3, ordered=False):
        seen.append(outcome.item)
        gates[max(1, outcome.item - 1)].set()
    assert seen == [3, 2, 1]


def test_M10_failures_are_outcomes_in_their_place(tasks):
    errors = [ValueError("a"), None, KeyError("b")]
    outcomes = list(tasks.async_stream(errors, lambda error: fail(error) if error else "fine"))
    assert [type(outcome) for outcome in outcomes] == [Exit, Ok, Exit]
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Exit)]
    assert [reason.error for reason in reasons if isinstance(reason, Crashed)] == [errors[0], errors[2]]


def test_M11_leaving_a_stream_stops_the_rest(world, tasks):
    started = Inbox()

    def work(item):
        started.put(item)
        return item if item == 0 else wait()

    outcomes = tasks.async_stream([0, 1, 2, 3], work, max_concurrency=4)
    assert next(outcomes) == Ok(0, 0)
    outcomes.close()
    assert idle(world, tasks)
    assert list(outcomes) == []


def test_M11_an_owner_keeps_no_links_and_gets_no_messages(world, tasks, inbox):
    actor = world.system.registry.running("/owner")

    def do(owner):
        outcomes = owner.tasks.async_stream([1, 0], lambda item: item or wait(), max_concurrency=2)
        first = next(outcomes)
        outcomes.close()
        return first

    assert by_owner(world, do) == Ok(1, 1)
    assert idle(world, tasks)
    settle(world)
    assert inbox.nothing_more()
    assert world.system.registry._watchers.get(actor, []) == []


def test_the_end_of_the_owner_stops_its_stream(world, tasks):
    kept = []

    def do(owner):
        outcomes = owner.tasks.async_stream([1, 0], lambda item: item or wait(), max_concurrency=2)
        kept.append((next(outcomes), outcomes))

    by_owner(world, do)
    world.system.address("/owner").stop(SHUTDOWN)
    assert idle(world, tasks)


def test_M12_a_task_that_takes_too_long_is_killed_and_an_outcome(world, tasks):
    outcomes = list(
        tasks.async_stream([1, 100], lambda item: item if item == 1 else wait(), timeout=0.05, on_timeout="kill_task")
    )
    assert outcomes[0] == Ok(1, 1)
    assert (outcomes[1].item, str(outcomes[1].reason)) == (100, "killed (timeout after 0.05 s)")
    assert idle(world, tasks)


def test_M12_by_default_it_ends_the_stream(world, tasks):
    with pytest.raises(TaskTimeout):
        list(tasks.async_stream([1, 2], lambda item: wait(), timeout=0.05))
    assert idle(world, tasks)


@pytest.mark.parametrize(
    ("options", "tag"),
    [
        ({"shutdown": "unknown"}, "invalid_shutdown"),
        ({"max_concurrency": -1}, "invalid_max_concurrency"),
        ({"timeout": 0}, "invalid_timeout"),
        ({"timeout": float("inf")}, "invalid_timeout"),
        ({"on_timeout": "ignore"}, "invalid_on_timeout"),
    ],
)
def test_M12_bad_options_are_refused_before_anything_runs(tasks, options, tag):
    with pytest.raises(SpecError) as caught:
        tasks.async_stream([], print, **options)
    assert caught.value.tag == tag


def test_M12_a_stream_wider_than_its_supervisor_raises_and_leaves_nothing():
    with running(TaskSupervisor.spec("tasks", max_children=1)) as world:
        tasks = Tasks(world.system, "/tasks")
        with pytest.raises(MaxChildren):
            list(tasks.async_stream([1, 2], lambda item: wait(), max_concurrency=2))
        assert idle(world, tasks)


@settings(max_examples=25)
@given(st.lists(st.integers(), max_size=12), st.integers(1, 4), st.booleans())
def test_a_stream_answers_each_item_once_and_never_runs_more_than_allowed(items, width, ordered):
    lock, now, most = threading.Lock(), [], []

    def work(item):
        with lock:
            now.append(item)
            most.append(len(now))
        with lock:
            now.remove(item)
        return -item

    with running(TaskSupervisor.spec("tasks")) as world:
        tasks = Tasks(world.system, "/tasks")
        outcomes = list(tasks.async_stream(items, work, max_concurrency=width, ordered=ordered))
    found = [(outcome.item, outcome.value) for outcome in outcomes]
    expected = [(item, -item) for item in items]
    assert found == expected if ordered else sorted(found) == sorted(expected)
    assert max(most, default=0) <= width
