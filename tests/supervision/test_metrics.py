import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from supervision import Actor, Backoff, ChildSpec, DynamicSupervisor, FaultRule, StartChild, Supervisor
from supervision.config import check
from supervision.metrics import collector
from supervision.testing import Running, running
from supervision.verbs import Site


class Worker(Actor):
    def on_receive(self, message: Any) -> Any:
        match message:
            case "crash":
                raise ValueError("crash")
            case threading.Event():
                message.wait(10)
            case "unknown":
                super().on_receive(message)


class Absent(Actor):
    def on_start(self) -> None:
        raise OSError("not there yet")


TREE = (
    Supervisor.spec("pool", [ChildSpec(id="a", actor=Worker), ChildSpec(id="b", actor=Worker)], intensity=5),
    DynamicSupervisor.spec("guests"),
    ChildSpec(id="away", actor=Absent, start="eventual", backoff=Backoff(min_seconds=60, immediate=0, jitter=False)),
)


def registry(tree: Running) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector(Site(tree.system, check({"apps": []}, Path("var"), {}))))
    return registry


def value(tree: Running, name: str, **labels: str) -> float | None:
    return registry(tree).get_sample_value(name, labels)


def crash(tree: Running, path: str) -> None:
    before = tree.system.tree.get(path)
    assert before is not None
    with pytest.raises(ValueError, match="crash"):
        tree.system.address(path).call("crash")
    wait_until(lambda: state_after(tree, path, before.incarnation) == "running")


def state_after(tree: Running, path: str, incarnation: int) -> str | None:
    row = tree.system.tree.get(path)
    return str(row.state) if row is not None and row.incarnation > incarnation else None


def wait_until(so: Any) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if so():
            return
        pause.wait(0.005)
    raise AssertionError("did not happen")


def test_the_state_of_each_child_is_one_of_all_states() -> None:
    with running(*TREE) as tree:
        tree.wait_state("/away", "backoff")
        assert value(tree, "supervisor_child_state", child="/pool/a", state="running") == 1
        assert value(tree, "supervisor_child_state", child="/pool/a", state="backoff") == 0
        assert value(tree, "supervisor_child_state", child="/away", state="backoff") == 1
        assert value(tree, "supervisor_child_state", child="/", state="running") == 1


def test_restarts_are_counted_by_reason_and_against_the_budget() -> None:
    with running(*TREE) as tree:
        crash(tree, "/pool/a")
        crash(tree, "/pool/a")
        assert value(tree, "supervisor_restarts_total", child="/pool/a", reason="crash") == 2
        assert value(tree, "supervisor_restart_budget", supervisor="/pool") == 3
        assert value(tree, "supervisor_restart_budget", supervisor="/") == 3
        assert value(tree, "supervisor_restart_budget", supervisor="/pool/a") is None


def test_start_and_retry_times_are_timestamps() -> None:
    with running(*TREE) as tree:
        tree.wait_state("/away", "backoff")
        now = tree.system.clock.time()
        started = value(tree, "actor_started_timestamp_seconds", child="/pool/a")
        retry = value(tree, "supervisor_backoff_until_timestamp_seconds", child="/away")
        assert started is not None and now - 60 < started <= now
        assert retry is not None and now < retry <= now + 60
        assert value(tree, "actor_started_timestamp_seconds", child="/away") == 0
        assert value(tree, "supervisor_backoff_until_timestamp_seconds", child="/pool/a") == 0


def test_the_depth_of_a_mailbox_is_that_of_the_moment() -> None:
    with running(*TREE) as tree:
        release = threading.Event()
        worker = tree.system.address("/pool/a")
        worker.cast(release)
        for _ in range(3):
            worker.cast("wait")
        wait_until(lambda: value(tree, "actor_mailbox_messages", child="/pool/a", lane="user") == 3)
        release.set()
        wait_until(lambda: value(tree, "actor_mailbox_messages", child="/pool/a", lane="user") == 0)
        wait_until(lambda: value(tree, "actor_messages_total", child="/pool/a") == 4)


def test_what_events_tell_is_counted() -> None:
    with running(*TREE) as tree:
        tree.system.faults.enabled = True
        tree.system.address("/pool/a").call("unknown")
        tree.system.faults.add(FaultRule("crash", "/pool/b"))
        wait_until(lambda: value(tree, "supervisor_restarts_total", child="/pool/b", reason="injected") == 1)
        assert value(tree, "actor_dead_letters_total", child="/pool/a") == 1
        assert value(tree, "fault_injections_total", kind="crash") == 1
        assert value(tree, "actor_zombie_threads") == 0


def test_children_that_come_and_go_share_a_label() -> None:
    with running(*TREE) as tree:
        for name in ("ada", "bob", "cyd"):
            tree.system.address("/guests").call(StartChild(ChildSpec(id=name, actor=Worker)))
        crash(tree, "/guests/bob")
        assert value(tree, "supervisor_child_state", child="/guests/*", state="running") == 3
        assert value(tree, "supervisor_restarts_total", child="/guests/*", reason="crash") == 1
        text = generate_latest(registry(tree)).decode()
        assert "ada" not in text


def test_promtool_has_nothing_to_say() -> None:
    with running(*TREE) as tree:
        crash(tree, "/pool/a")
        tree.system.address("/pool/a").call("unknown")
        text = generate_latest(registry(tree))
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_the_readers_see_a_tree_that_is_not_there_yet() -> None:
    from supervision import System

    empty = CollectorRegistry()
    empty.register(collector(Site(System(), check({"apps": []}, Path("var"), {}))))
    assert empty.get_sample_value("actor_zombie_threads", {}) == 0
