"""A node's life: started, failing to start, dying in every way, stopped in time and not. Real processes."""

import os
import signal
from typing import Any

import psutil
import pytest

from supervision import ChildSpec, Event, SpecError, Supervisor
from supervision.events import ChildExited, ChildStarted, ChildStopped, NodeLost
from supervision.interpreter import SWITCH_SECONDS
from supervision.launch import launch
from supervision.node import Node
from supervision.reasons import Killed, Lost
from supervision.system import System
from supervision.testing import Running, running
from tests.supervision.node.inside import (
    DiesAtStart,
    FailsToStart,
    Ignores,
    Routine,
    Stubborn,
    Subject,
    TellsItsTurns,
    node,
)

SUBJECT = ChildSpec(id="subject", actor=Subject)
PATIENCE = 30.0


def order(tree: Running, what: str) -> None:
    tree.system.facts["order"] = what


def lost(tree: Running) -> NodeLost:
    return tree.events.expect(NodeLost, timeout=PATIENCE)


def up_again(tree: Running) -> None:
    tree.events.expect(ChildStarted, lambda event: event.path == "/n" and event.restarts == 1, timeout=PATIENCE)


def pid(tree: Running) -> int:
    row = tree.system.tree.get("/n")
    assert row is not None
    return row.pid


def test_its_children_stand_in_the_tree_as_if_local() -> None:
    with running(node(SUBJECT)) as tree:
        rows = {row.path: row for row in tree.system.tree.rows()}
        assert list(rows) == ["/", "/n", "/n/subject"]
        assert rows["/n"].pid == rows["/n/subject"].pid != os.getpid()
        assert rows["/n/subject"].state == "running"


def test_what_happens_all_the_time_stays_inside() -> None:
    with running(node(SUBJECT)) as tree:
        order(tree, "tell")
        tree.events.expect(Event, lambda event: type(event) is Event and event.path == "/n/subject", timeout=PATIENCE)
        assert not any(isinstance(event, Routine) for event in tree.events.seen)


def test_no_process_is_left_behind() -> None:
    with running(node(SUBJECT)) as tree:
        process = psutil.Process(pid(tree))
    assert not process.is_running()


def test_a_failed_start_tells_what_failed_inside() -> None:
    system = System()
    root = launch(system, Supervisor.spec("root", [node(ChildSpec(id="bad", actor=FailsToStart))]))
    reason = root.wait(PATIENCE)
    system.close()
    assert "no such thing as a free lunch" in str(reason)
    assert "/n/bad" in str(reason)


def test_its_threads_take_short_turns() -> None:
    system = System()
    root = launch(system, Supervisor.spec("root", [node(ChildSpec(id="turns", actor=TellsItsTurns))]))
    reason = root.wait(PATIENCE)
    system.close()
    assert f"turns of {SWITCH_SECONDS:g} s" in str(reason)


def test_a_process_that_dies_while_it_starts_is_a_failed_start() -> None:
    system = System()
    root = launch(system, Supervisor.spec("root", [node(ChildSpec(id="bad", actor=DiesAtStart))]))
    reason = root.wait(PATIENCE)
    system.close()
    assert "exit code 9" in str(reason)


def test_a_start_that_takes_too_long_is_killed() -> None:
    system = System()
    spec = node(SUBJECT, options={"start_timeout_seconds": 0.05})
    root = launch(system, Supervisor.spec("root", [spec]))
    reason = root.wait(PATIENCE)
    system.close()
    assert "did not serve in 0.05 s" in str(reason)


def test_ignore_inside_is_ignored_outside() -> None:
    with running(Node.spec("n", ChildSpec(id="n", actor=Ignores))) as tree:
        row = tree.system.tree.get("/n")
        assert row is not None and row.state == "stopped" and row.last_reason == "ignored"


def test_what_does_not_pickle_is_named() -> None:
    inner = Supervisor.spec("inner", [ChildSpec(id="bad", actor=Subject, args=(1, lambda: None))])
    with pytest.raises(SpecError, match=r"args\[1\] of /n/inner/bad"):
        Node.spec("n", Supervisor.spec("n", [inner]))


@pytest.mark.parametrize(("what", "reason"), [("exit", "exit code 3"), ("segfault", "SIGSEGV"), ("null", "SIGSEGV")])
def test_a_death_from_inside_is_named_and_restarted(what: str, reason: str) -> None:
    with running(node(SUBJECT)) as tree:
        before = pid(tree)
        order(tree, what)
        event = lost(tree)
        order(tree, "")
        assert (event.path, event.pid, str(event.reason)) == ("/n", before, f"node lost: {reason}")
        up_again(tree)
        assert pid(tree) != before


def test_sigkill_is_named_and_restarted() -> None:
    with running(node(SUBJECT)) as tree:
        before = pid(tree)
        os.kill(before, signal.SIGKILL)
        assert str(lost(tree).reason) == "node lost: SIGKILL"
        exit = tree.events.expect(ChildExited)
        assert (exit.path, exit.restart_in, exit.reason) == ("/n", 0.0, Lost("SIGKILL"))
        up_again(tree)


def test_a_stopped_process_is_killed_for_its_silence() -> None:
    with running(node(SUBJECT, options={"timeout_seconds": 1.0})) as tree:
        os.kill(pid(tree), signal.SIGSTOP)
        assert str(lost(tree).reason) == "node lost: no heartbeat for 1.0 s"
        up_again(tree)


def test_a_call_that_holds_the_interpreter_is_killed_for_its_silence() -> None:
    with running(node(SUBJECT, options={"timeout_seconds": 1.0})) as tree:
        order(tree, "hold")
        assert str(lost(tree).reason) == "node lost: no heartbeat for 1.0 s"
        order(tree, "")
        up_again(tree)


def test_past_the_memory_limit_it_is_killed() -> None:
    limit = 180 * 1024 * 1024
    with running(node(SUBJECT, options={"memory_limit_bytes": limit})) as tree:
        order(tree, "grow")
        assert str(lost(tree).reason).startswith("node lost: memory limit: ")
        order(tree, "")
        up_again(tree)


def test_past_max_zombies_it_exits_75_and_starts_clean() -> None:
    sleeper = ChildSpec(id="subject", actor=Subject, watchdog=0.2)
    with running(node(sleeper, options={"max_zombies": 0})) as tree:
        order(tree, "sleep")
        assert str(lost(tree).reason) == "node lost: exit code 75: zombies past the limit"
        order(tree, "")
        up_again(tree)
        assert not tree.system.tree.zombies_in_nodes()


def test_past_the_shutdown_deadline_it_is_really_killed() -> None:
    stubborn = ChildSpec(id="stubborn", actor=Stubborn, shutdown=60)
    with running(node(stubborn, shutdown=0.5)) as tree:
        process = psutil.Process(pid(tree))
        events: Any = tree.events
    assert not process.is_running()
    stopped = events.expect(ChildStopped, lambda event: event.path == "/n")
    assert stopped.reason == Killed("did not stop within 0.5 s")


def test_brutal_kill_is_one() -> None:
    stubborn = ChildSpec(id="stubborn", actor=Stubborn, shutdown=60)
    with running(node(stubborn, shutdown="brutal_kill")) as tree:
        process = psutil.Process(pid(tree))
    assert not process.is_running()


def test_sigterm_stops_it_in_order_and_its_supervisor_decides() -> None:
    with running(node(SUBJECT)) as tree:
        os.kill(pid(tree), signal.SIGTERM)
        exit = tree.events.expect(ChildExited, timeout=PATIENCE)
        assert str(exit.reason) == "shutdown (SIGTERM)"
        up_again(tree)


def test_any_child_spec_can_ask_for_a_process_of_its_own() -> None:
    branch = Supervisor.spec("branch", [SUBJECT], node=True)
    with running(branch, ChildSpec(id="alone", actor=Subject, node=True)) as tree:
        pids = {row.path: row.pid for row in tree.system.tree.rows()}
        assert pids["/branch"] == pids["/branch/subject"] != os.getpid()
        assert pids["/alone"] not in (os.getpid(), pids["/branch"])


def test_a_child_that_cannot_travel_does_not_start() -> None:
    system = System()
    child = ChildSpec(id="bad", actor=Subject, args=(lambda: None,), node=True)
    root = launch(system, Supervisor.spec("root", [child]))
    reason = root.wait(PATIENCE)
    system.close()
    assert "args[0] of /bad does not" in str(reason)


def test_signals_for_the_root_change_nothing() -> None:
    with running(node(SUBJECT)) as tree:
        before = psutil.Process(pid(tree))
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            os.kill(before.pid, number)
        os.kill(before.pid, signal.SIGTERM)  # comes after them
        assert str(tree.events.expect(ChildExited, timeout=PATIENCE).reason) == "shutdown (SIGTERM)"
