"""Elixir's `Task.Supervisor` by its cases: functions as temporary children, awaited, streamed, stopped, abandoned."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision import (
    NORMAL,
    SHUTDOWN,
    Actor,
    CallTimeout,
    ChildAbandoned,
    ChildExited,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    Crashed,
    Down,
    Exit,
    MaxChildren,
    NoProc,
    NotFound,
    Ok,
    Refusal,
    RookeryError,
    SpecError,
    Stop,
    Supervisor,
    TaskFailed,
    Tasks,
    TaskSupervisor,
    TaskTimeout,
    TerminateChild,
)
from supervision.task import current
from supervision.testing import Inbox, running


class Owner(Actor):
    """Has tasks: a message is a function of the actor and its tasks. Everything else goes to the test."""

    def __init__(self, inbox):
        super().__init__()
        self.inbox = inbox

    def on_start(self):
        self.tasks = Tasks(self.context.system, "/tasks", self)

    def on_receive(self, message):
        if callable(message):
            return message(self)
        return self.inbox.put(message)


def wait():
    """A function that ends only when it is told to."""
    task = current()
    task.on_break(task.stopping.set)
    assert task.stopping.wait(30.0)
    return "stopped"


def fail(error):
    raise error


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def world(inbox):
    owner = ChildSpec(id="owner", actor=Owner, args=(inbox,), restart="temporary")
    with running(TaskSupervisor.spec("tasks"), owner) as world:
        yield world


@pytest.fixture
def tasks(world):
    return Tasks(world.system, "/tasks")


def by_owner(world, do):
    return world.system.address("/owner").call(do)


def settle(world):
    """Until the owner has looked at everything that waits for it."""
    by_owner(world, lambda owner: None)


def idle(world, tasks):
    """Until no task is left."""
    pause = threading.Event()
    for _ in range(2_000):
        if not tasks.children():
            return True
        pause.wait(0.005)
    return False


def test_a_task_gives_its_value(tasks):
    assert tasks.async_(pow, 2, 5).await_() == 32
    assert tasks.async_nolink(lambda: None).await_() is None


def test_an_owner_is_told_of_the_end_unless_it_awaits_it(world, inbox):
    value, path = by_owner(
        world, lambda owner: (lambda task: (task.await_(), task.path))(owner.tasks.async_(pow, 2, 3))
    )
    assert value == 8
    task = by_owner(world, lambda owner: owner.tasks.async_nolink(pow, 2, 4))
    assert inbox.expect(Down) == task.down
    assert (task.down.reason, task.result()) == (NORMAL, 16)
    assert path not in [down.path for down in inbox.seen]


def test_a_started_child_runs_for_its_effects_and_may_be_restarted(world, tasks):
    runs = Inbox()

    def work():
        runs.put(current().context.incarnation)
        if len(runs.seen) < 1:
            raise ValueError("once")

    path = tasks.start_child(work, restart="transient")
    first = runs.expect(int)
    assert world.events.expect(ChildStarted, lambda event: event.path == path and event.restarts == 1)
    assert runs.expect(int) > first
    assert world.events.expect(ChildExited, lambda event: event.path == path).reason == NORMAL
    assert idle(world, tasks)


def test_a_linked_task_is_stopped_when_its_owner_ends(world, tasks):
    task = by_owner(world, lambda owner: owner.tasks.async_(wait))
    world.system.address("/owner").stop(SHUTDOWN)
    assert world.events.expect(ChildStopped, lambda event: event.path == task.path).orderly
    assert task.done
    assert idle(world, tasks)


def test_a_task_without_link_survives_its_owner(world, tasks):
    gate = threading.Event()
    task = by_owner(world, lambda owner: owner.tasks.async_nolink(gate.wait, 10.0))
    world.system.address("/owner").stop(SHUTDOWN)
    assert tasks.children() == [task.path]
    gate.set()
    world.events.expect(ChildExited, lambda event: event.path == task.path)
    assert task.result() is True


def test_a_linked_task_that_crashes_ends_its_owner(world):
    error = ValueError("boom")
    by_owner(world, lambda owner: owner.tasks.async_(fail, error) and None)
    exited = world.events.expect(ChildExited, lambda event: event.path == "/owner")
    assert exited.reason.error is error


def test_M2_an_owner_without_link_survives_the_crash_and_sees_it(world, inbox):
    error = ValueError("boom")
    task = by_owner(world, lambda owner: owner.tasks.async_nolink(fail, error))
    down = inbox.expect(Down)
    assert (down.path, down.reason.error) == (task.path, error)
    settle(world)
    assert inbox.nothing_more()


def test_M3_too_many_tasks_are_an_error():
    with running(TaskSupervisor.spec("tasks", max_children=1)) as world:
        tasks = Tasks(world.system, "/tasks")
        running_one = tasks.async_nolink(wait)
        for start in (tasks.async_, tasks.async_nolink, tasks.start_child):
            with pytest.raises(MaxChildren):
                start(wait)
        assert tasks.children() == [running_one.path]


@pytest.mark.parametrize("how", ["async_", "async_nolink", "start_child"])
def test_M5_a_task_has_the_time_to_stop_that_it_was_given(how):
    with running(Supervisor.spec("s", [TaskSupervisor.spec("tasks")])) as world:
        tasks = Tasks(world.system, "/s/tasks")
        getattr(tasks, how)(wait, shutdown="brutal_kill")
        (path,) = tasks.children()
        world.system.address("/").call(TerminateChild("s"))
        stopped = world.events.expect(ChildStopped, lambda event: event.path == path)
        assert (stopped.reason.category, stopped.orderly) == ("killed", True)


def test_a_task_that_hangs_is_abandoned_and_its_value_is_lost(world, tasks):
    gate, entered = threading.Event(), threading.Event()

    def hang():
        entered.set()
        gate.wait(10.0)
        return "too late"

    task = tasks.async_nolink(hang, shutdown=0.01)
    assert entered.wait(10.0)
    tasks.shutdown(task)
    abandoned = world.events.expect(ChildAbandoned)
    assert abandoned.path == task.path
    thread = world.system.tree.zombies()[0].thread
    gate.set()
    thread.join(10.0)
    with pytest.raises(TaskFailed, match="killed"):
        task.await_()


def test_M7_a_task_is_terminated_once(world, tasks):
    path = tasks.start_child(wait)
    supervisor = world.system.address("/tasks")
    assert tasks.children() == [path]
    supervisor.call(TerminateChild(path))
    assert tasks.children() == []
    with pytest.raises(NotFound):
        supervisor.call(TerminateChild(path))


def test_a_task_is_shut_down_without_a_word_to_its_owner(world, inbox):
    def do(owner):
        task = owner.tasks.async_(wait)
        owner.tasks.shutdown(task)
        owner.tasks.shutdown(task)
        return task.done

    assert by_owner(world, do)
    settle(world)
    assert inbox.nothing_more()


def test_M8_nothing_leaks_after_await_gave_up(world, tasks, inbox):
    gate = threading.Event()

    def do(owner):
        task = owner.tasks.async_nolink(gate.wait, 10.0)
        with pytest.raises(TaskTimeout) as timeout:
            task.await_(0)
        assert isinstance(timeout.value, CallTimeout)
        return task

    task = by_owner(world, do)
    gate.set()
    world.events.expect(ChildExited, lambda event: event.path == task.path)
    assert task.result() is True
    settle(world)
    assert inbox.nothing_more()


def test_M8_a_notice_that_waits_already_is_taken_back(world, tasks, inbox):
    def do(owner):
        task = owner.tasks.async_nolink(pow, 2, 6)
        ended = threading.Event()
        task.when_done(lambda _: ended.set())
        assert ended.wait(10.0)
        return task.await_(0)

    assert by_owner(world, do) == 64
    settle(world)
    assert inbox.nothing_more()


def test_only_the_owner_awaits_its_task(world):
    task = by_owner(world, lambda owner: owner.tasks.async_nolink(pow, 2, 7))
    with pytest.raises(RookeryError, match="only /owner"):
        task.await_()


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (ValueError("error"), "crash"),
        (SystemExit(3), "crash"),
        (Refusal("no"), "crash"),
        (Stop(SHUTDOWN), "shutdown"),
    ],
)
def test_M9_await_tells_how_the_task_failed(tasks, error, category):
    task = tasks.async_nolink(fail, error)
    with pytest.raises(TaskFailed) as failed:
        task.await_()
    assert (failed.value.path, failed.value.reason.category) == (task.path, category)
    assert failed.value.__cause__ is (error if category == "crash" else None)


def test_callers_are_known(world):
    def inner(owner):
        return Tasks(owner.context.system, "/tasks", owner).async_(pow, 2, 2).callers

    task, callers = by_owner(
        world, lambda owner: (lambda task: (task, task.await_()))(owner.tasks.async_(lambda: inner(current())))
    )
    assert task.callers == ("/owner",)
    assert callers == (task.path, "/owner")
    assert current() is None


def test_without_a_supervisor_there_is_no_task(world):
    with pytest.raises(NoProc):
        Tasks(world.system, "/nobody").async_(print)


# --- streams ---------------------------------------------------------------------------------------


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
    assert [outcome.reason.error for outcome in outcomes if isinstance(outcome, Exit)] == [errors[0], errors[2]]
    assert all(isinstance(outcome.reason, Crashed) for outcome in outcomes if isinstance(outcome, Exit))


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
