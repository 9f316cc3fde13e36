"""What supervision costs: messages per second beside stock Pykka, the way from a crash to a running successor, memory.

Three actors do the same nothing with a message: stock Pykka's, reached by its reference (`pykka`); ours started alone,
reached by its reference (`bare`); ours under a supervisor, reached by its path, as applications do (`supervised`).
A tell counts when its actor has handled it. `--size` is the number of messages per figure (an ask is waited for, so
there are a tenth as many) and sets the crashes and children in proportion.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pykka

from benchmarks.outcome import Options, Outcome
from benchmarks.side_by_side import alternately, percentile
from supervision import (
    SHUTDOWN,
    Actor,
    ChildSpec,
    ChildStarted,
    DynamicSupervisor,
    Event,
    StartChild,
    Supervisor,
    System,
    TerminateChild,
    launch,
)

MESSAGES = 50_000
SECONDS = 2.0
WAIT_SECONDS = 60.0

Send = Callable[[Any], Any]


class Stock(pykka.ThreadingActor):
    """Stock Pykka's actor, as its documentation writes one."""

    use_daemon_thread = True

    def on_receive(self, message: Any) -> Any:
        return receive(message)


class Ours(Actor):
    """The same with Rookery's base class; the bound must not cut a burst short."""

    mailbox_bound = 10_000_000

    def on_receive(self, message: Any) -> Any:
        return receive(message)


def receive(message: Any) -> Any:
    if isinstance(message, threading.Event):
        message.set()
    elif isinstance(message, Exception):
        raise message
    elif callable(message):
        message()
    return message


def run(options: Options) -> Outcome:
    messages = options.size or MESSAGES
    tells, asks = _messages_per_second(messages, options.seconds or SECONDS)
    restarts = _restart_milliseconds(max(20, messages // 5))
    children = _many_children(max(20, messages // 5))
    return Outcome(
        results={
            "tells_per_s": tells["supervised"],
            "asks_per_s": asks["supervised"],
            "restart_p50_ms": percentile(restarts, 50),
            "restart_p99_ms": percentile(restarts, 99),
            **children,
            "tree_read_ms": _tree_read_milliseconds(max(20, messages // 50)),
        },
        ratios={
            "tell_vs_pykka": tells["supervised"] / tells["pykka"],
            "ask_vs_pykka": asks["supervised"] / asks["pykka"],
            "supervised_vs_bare": tells["supervised"] / tells["bare"],
        },
    )


def _messages_per_second(messages: int, seconds: float) -> tuple[dict[str, float], dict[str, float]]:
    stock, bare = Stock.start(), Ours.start()
    with _system([ChildSpec(id="ours", actor=Ours)]) as system:
        address = system.address("/ours")
        tell: dict[str, Send] = {"pykka": stock.tell, "bare": bare.tell, "supervised": address.cast}
        ask: dict[str, Send] = {"pykka": stock.ask, "bare": bare.ask, "supervised": address.call}
        told = alternately({name: _telling(send, messages) for name, send in tell.items()}, seconds)
        asked = alternately({name: _asking(send, max(1, messages // 10)) for name, send in ask.items()}, seconds)
    stock.stop(timeout=WAIT_SECONDS)
    bare.stop(timeout=WAIT_SECONDS)
    return told, asked


def _telling(tell: Send, count: int) -> Callable[[], float]:
    def measure() -> float:
        handled = threading.Event()
        began = time.perf_counter()
        for number in range(count):
            tell(number)
        tell(handled)
        if not handled.wait(WAIT_SECONDS):
            raise TimeoutError(f"{count} messages were not handled within {WAIT_SECONDS} s")
        return count / (time.perf_counter() - began)

    return measure


def _asking(ask: Send, count: int) -> Callable[[], float]:
    def measure() -> float:
        began = time.perf_counter()
        for number in range(count):
            ask(number)
        return count / (time.perf_counter() - began)

    return measure


def _restart_milliseconds(crashes: int) -> list[float]:
    """From the message that kills an actor to its successor's first readiness, one crash at a time."""
    ready: queue.SimpleQueue[float] = queue.SimpleQueue()

    def note(event: Event) -> None:
        if isinstance(event, ChildStarted) and event.path == "/ours":
            ready.put(time.perf_counter())

    with _system([ChildSpec(id="ours", actor=Ours)], note) as system:
        ready.get(timeout=WAIT_SECONDS)
        return [1000 * _crash(system, ready) for _ in range(crashes)]


def _crash(system: System, ready: "queue.SimpleQueue[float]") -> float:
    began = time.perf_counter()
    system.address("/ours").cast(RuntimeError("benchmark"))
    return ready.get(timeout=WAIT_SECONDS) - began


def _many_children(count: int) -> dict[str, float]:
    """Idle children under a dynamic supervisor: resident KB of each, seconds to start and to stop them all."""
    before = psutil.Process().memory_info().rss
    with _system([DynamicSupervisor.spec("many")]) as system:
        dynamic = system.address("/many")
        started = _seconds(lambda: [dynamic.call(StartChild(_idle(number)), WAIT_SECONDS) for number in range(count)])
        grown = psutil.Process().memory_info().rss - before
        stopped = _seconds(lambda: system.address("/").call(TerminateChild("many"), WAIT_SECONDS))
    return {"kb_per_child": grown / 1024 / count, "start_children_s": started, "stop_children_s": stopped}


def _idle(number: int) -> ChildSpec:
    return ChildSpec(id=f"ours-{number}", actor=Ours)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _tree_read_milliseconds(count: int) -> float:
    """The whole tree as plain values while every actor in it hangs."""
    gate = threading.Event()
    with _system([ChildSpec(id=f"ours-{number}", actor=Ours) for number in range(count)]) as system:
        for number in range(count):
            system.address(f"/ours-{number}").cast(gate.wait)
        milliseconds = alternately({"tree": lambda: _read_milliseconds(system)}, seconds=0.5)["tree"]
        gate.set()
    return milliseconds


def _read_milliseconds(system: System) -> float:
    began = time.perf_counter()
    now = system.clock.monotonic()
    rows = [row.as_dict(now) for row in system.tree.rows()]
    return 1000 * (time.perf_counter() - began) if rows else 0.0


@contextmanager
def _system(children: list[ChildSpec], subscriber: Callable[[Event], None] = lambda event: None) -> Iterator[System]:
    system = System()
    system.events.subscribe(subscriber)
    root = launch(system, Supervisor.spec("root", children, intensity=1_000_000))
    try:
        root.wait_started(WAIT_SECONDS)
        yield system
    finally:
        root.stop(SHUTDOWN)
        root.wait(WAIT_SECONDS)
        system.close()
