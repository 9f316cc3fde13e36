"""A node whose root dies or is paused. Real roots, in processes of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from supervision import ChildSpec, Supervisor
from supervision.launch import launch
from supervision.system import System
from tests.supervision.node.inside import Marker, Stubborn, Subject, node

PATIENCE = 30.0


def be_a_root(folder: str, kind: str) -> None:
    """Runs in a process of its own until somebody kills it."""
    children = {
        "marker": ChildSpec(id="marker", actor=Marker, args=(f"{folder}/stopped",)),
        "stubborn": ChildSpec(id="stubborn", actor=Stubborn, shutdown=60),
        "hold": ChildSpec(id="hold", actor=Subject),
    }
    system = System()
    options = {"shutdown_seconds": 0.5, "timeout_seconds": 0.5}
    if kind == "hold":
        options = {"timeout_seconds": 60.0, "orphan_seconds": 1.0}
    root = launch(system, Supervisor.spec("root", [node(children[kind], options=options)]))
    root.wait_started(PATIENCE)
    if kind == "hold":
        system.facts["holding"] = f"{folder}/holding"
        system.facts["order"] = "hold"
    print(system.tree.rows()[1].pid, flush=True)
    time.sleep(600)


class Root:
    def __init__(self, folder: Path, kind: str) -> None:
        code = f"from tests.supervision.node.test_orphan import be_a_root; be_a_root({str(folder)!r}, {kind!r})"
        self.popen = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert self.popen.stdout is not None
        self.node = psutil.Process(int(self.popen.stdout.readline()))

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()


@pytest.fixture
def kind() -> str:
    return "marker"


@pytest.fixture
def root(tmp_path: Path, kind: str) -> Iterator[Root]:
    root = Root(tmp_path, kind)
    yield root
    root.kill()
    root.node.wait(PATIENCE)


def test_when_its_root_is_killed_it_drains_and_exits(root: Root, tmp_path: Path) -> None:
    root.kill()
    root.node.wait(PATIENCE)
    assert (tmp_path / "stopped").read_text() == "shutdown\n"


@pytest.mark.parametrize("kind", ["stubborn"])
def test_what_does_not_stop_is_not_waited_for(root: Root) -> None:
    root.kill()
    root.node.wait(PATIENCE)


@pytest.mark.parametrize("kind", ["hold"])
def test_even_a_call_that_holds_the_interpreter_does_not_survive_the_root(root: Root, tmp_path: Path) -> None:
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not (tmp_path / "holding").exists():
        assert time.monotonic() < deadline, "the node never came to hold the interpreter"
        pause.wait(0.02)
    root.kill()
    root.node.wait(PATIENCE)


def test_a_paused_root_is_not_dead(root: Root, tmp_path: Path) -> None:
    os.kill(root.popen.pid, signal.SIGSTOP)
    try:
        with pytest.raises(psutil.TimeoutExpired):
            root.node.wait(1.5)  # three times the silence after which a root gives up a node
    finally:
        os.kill(root.popen.pid, signal.SIGCONT)
    with pytest.raises(psutil.TimeoutExpired):
        root.node.wait(0.5)
    assert not (tmp_path / "stopped").exists()
