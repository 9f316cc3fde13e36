"""Elixir's `Task.Supervisor` by its cases: functions as temporary children, awaited, streamed, stopped, abandoned."""

import threading

import pytest

from supervision import (
    NORMAL,
    SHUTDOWN,
    CallTimeout,
    ChildAbandoned,
    ChildExited,
    ChildStarted,
    ChildStopped,
    Down,
    MaxChildren,
    NoProc,
    NotFound,
    Refusal,
    RookeryError,
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
    runs, errors = Inbox(), [ValueError("once")]

    def work():
        runs.put(current().context.incarnation)
        if errors:
            raise errors.pop()

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


def test_nobody_else_starts_tasks_for_an_owner(world):
    actor = world.system.registry.running("/owner")
    with pytest.raises(RookeryError, match="tasks of /owner"):
        Tasks(world.system, "/tasks", actor).async_(print)


def test_what_a_task_is_shown_as_holds_no_arguments(tasks):
    def look(secret):
        return current().inspect()

    shown = tasks.async_(look, "hunter2").await_()
    assert shown["function"].endswith("look")
    assert "hunter2" not in str(shown)


def test_without_a_supervisor_there_is_no_task(world):
    with pytest.raises(NoProc):
        Tasks(world.system, "/nobody").async_(print)
