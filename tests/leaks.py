"""What a test leaves behind: threads, child processes, registered Pykka actors. Runs in the test's own thread.

Endings take a moment, so what is new is waited for, all within one deadline. A thread that outlives it cannot be
killed; it fails the test that started it and is known, and so not reported again, when the next one begins.
"""

import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass

import psutil
import pykka

WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Before:
    """What was there when the test began."""

    threads: frozenset[threading.Thread]
    processes: frozenset[psutil.Process]
    actors: frozenset[str]


def before() -> Before:
    return Before(
        threads=frozenset(threading.enumerate()),
        processes=frozenset(_children()),
        actors=frozenset(_actors()),
    )


def left_behind(start: Before, wait_seconds: float = WAIT_SECONDS) -> list[str]:
    """One line (for a thread: with its stack) per thing that is still there; child processes among them are killed."""
    deadline = time.monotonic() + wait_seconds
    threads = _wait_for_threads(start, deadline)
    processes = _wait_for_processes(start, deadline)
    actors = _actors() - start.actors
    return [
        *(_describe_thread(thread) for thread in threads),
        *(_describe_process(process) for process in processes),
        *(f"registered actor {actor}" for actor in sorted(actors)),
    ]


def _wait_for_threads(start: Before, deadline: float) -> list[threading.Thread]:
    new = [thread for thread in threading.enumerate() if thread not in start.threads]
    for thread in new:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [thread for thread in new if thread.is_alive()]


def _wait_for_processes(start: Before, deadline: float) -> list[psutil.Process]:
    new = [process for process in _children() if _is_new(process, start)]
    _, alive = psutil.wait_procs(new, timeout=max(0.0, deadline - time.monotonic()))
    return list(alive)


def _is_new(process: psutil.Process, start: Before) -> bool:
    """A child of something older is no concern of this test: servers that many tests share start and end helpers."""
    with suppress(psutil.NoSuchProcess):
        return start.processes.isdisjoint([process, *process.parents()])
    return False


def _children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if not _is_resource_tracker(child)]


def _is_resource_tracker(process: psutil.Process) -> bool:
    """multiprocessing keeps this one for the life of the interpreter, and it ends with it."""
    with suppress(psutil.Error):
        return any("resource_tracker" in argument for argument in process.cmdline())
    return False


def _actors() -> set[str]:
    return {str(reference) for reference in pykka.ActorRegistry.get_all()}


def _describe_thread(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    stack = "".join(traceback.format_stack(frame)) if frame else "  (ended meanwhile)\n"
    return f"thread {thread.name!r} (daemon={thread.daemon}):\n{stack}"


def _describe_process(process: psutil.Process) -> str:
    try:
        text = f"process {process.pid}: {' '.join(process.cmdline())}"
        process.kill()
        process.wait(timeout=WAIT_SECONDS)
    except psutil.NoSuchProcess:
        return f"process {process.pid} (ended meanwhile)"
    return text
