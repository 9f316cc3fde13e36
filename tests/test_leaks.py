"""The proof that nothing is left behind must itself be able to fail."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pykka

from tests.leaks import before, left_behind


@contextmanager
def waiting_thread() -> Iterator[threading.Event]:
    release = threading.Event()
    thread = threading.Thread(target=release.wait, args=(30,), name="forgotten", daemon=True)
    thread.start()
    yield release
    release.set()
    thread.join(5)


def test_a_clean_test_leaves_nothing() -> None:
    assert left_behind(before()) == []


def test_a_daemon_thread_is_named_with_its_stack() -> None:
    start = before()
    with waiting_thread():
        (report,) = left_behind(start, wait_seconds=0.05)
    assert "thread 'forgotten' (daemon=True)" in report
    assert "in wait" in report


def test_a_thread_that_is_ending_is_waited_for() -> None:
    start = before()
    with waiting_thread() as release:
        threading.Timer(0.05, release.set).start()
        assert left_behind(start) == []


def test_a_child_process_is_named_and_killed() -> None:
    start = before()
    child = subprocess.Popen(["sleep", "30"])
    (report,) = left_behind(start, wait_seconds=0.05)
    assert report == f"process {child.pid}: sleep 30"
    child.wait(5)


def test_a_child_of_a_process_that_was_there_before_is_its_parents_concern() -> None:
    with subprocess.Popen(["sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shared:
        assert shared.stdin is not None and shared.stdout is not None
        start = before()
        print("sleep 30 & echo started", file=shared.stdin, flush=True)
        assert shared.stdout.readline() == "started\n"
        assert left_behind(start, wait_seconds=0.1) == []
        print("kill $!", file=shared.stdin, flush=True)


def test_an_actor_shows_as_thread_and_as_registered() -> None:
    class Forgotten(pykka.ThreadingActor):
        use_daemon_thread = True

    start = before()
    actor = Forgotten.start()
    thread, registered = left_behind(start, wait_seconds=0.05)
    assert "Forgotten" in thread
    assert registered == f"registered actor {actor}"
    actor.stop(timeout=5)
