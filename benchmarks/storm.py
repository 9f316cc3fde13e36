"""Random faults over a tree of actors in nodes, and the count afterwards: is everybody up, was every end told once.

`--seconds` is how long it blows (600 by default, ten minutes), `--size` how many actors (200). Three nodes carry them
under supervisors of every strategy. Crashes strike through the public fault rules; nodes are killed, stopped and paused
by signal. The seed is printed, so a storm can be repeated. Results are counts, there is nothing to compare with.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import psutil

from benchmarks.outcome import Options, Outcome
from supervision import (
    SHUTDOWN,
    Actor,
    Backoff,
    ChildExited,
    ChildSpec,
    ChildStarted,
    ChildStopped,
    Event,
    FaultInjected,
    FaultRule,
    State,
    Supervisor,
    System,
    launch,
)
from supervision.events import NodeLost
from supervision.node import Node
from supervision.node import Options as NodeOptions

ACTORS, NODES, GROUP = 200, 3, 10
SECONDS = 600.0
CALM_SECONDS = 60.0
STRATEGIES = ("one_for_one", "one_for_all", "rest_for_one")
#: Generous: a storm is to be survived, not to be given up on.
INTENSITY, PERIOD_SECONDS = 100_000, 1.0
BACKOFF = Backoff(min_seconds=0.05, max_seconds=1.0)
NODE = NodeOptions(heartbeat_seconds=0.5, timeout_seconds=3.0)


class Worker(Actor):
    """Has a little to do all the time, so that faults strike at work."""

    def on_start(self) -> None:
        self.send_after(0.05, "tick")

    def on_receive(self, message: Any) -> None:
        self.send_after(0.05, "tick")


class Ledger:
    """Every start and every end, heard through the one event hook. Emitting threads write, under a lock of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.alive: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def hear(self, event: Event) -> None:
        with self._lock:
            match event:
                case ChildStarted(path=path, incarnation=incarnation):
                    self._started(path, incarnation)
                case ChildExited(path=path, incarnation=incarnation, started=True):
                    self._ended(path, incarnation)
                case ChildStopped(path=path, incarnation=incarnation):
                    self._ended(path, incarnation)
                case NodeLost(path=path):
                    self._node_lost(path)
                case FaultInjected():
                    self.counts["injected"] += 1

    def _started(self, path: str, incarnation: int) -> None:
        self.counts["starts"] += 1
        if path in self.alive:
            self.wrong.append(f"{path}#{incarnation} started, the end of #{self.alive[path]} was never told")
        self.alive[path] = incarnation

    def _ended(self, path: str, incarnation: int) -> None:
        self.counts["ends"] += 1
        if self.alive.pop(path, None) != incarnation:
            self.wrong.append(f"{path}#{incarnation} ended twice, or never started")

    def _node_lost(self, path: str) -> None:
        """Nobody is left inside to tell of the ends there."""
        self.counts["nodes_lost"] += 1
        for inside in [known for known in self.alive if known.startswith(f"{path}/")]:
            del self.alive[inside]


def run(options: Options) -> Outcome:
    actors = options.size or ACTORS
    seconds = options.seconds or SECONDS
    seed = random.SystemRandom().randrange(2**32)
    print(f"storm: {actors} actors in {NODES} nodes for {seconds:g} s, seed {seed}", flush=True)
    system, ledger = System(), Ledger()
    system.events.subscribe(ledger.hear)
    system.faults.enabled = True
    root = launch(system, Supervisor.spec("root", _nodes(actors), intensity=INTENSITY, period=PERIOD_SECONDS))
    root.wait_started(120.0)
    _blow(system, random.Random(seed), seconds)
    system.faults.clear()
    down = _await_calm(system)
    zombies = len(system.tree.zombies())
    root.stop(SHUTDOWN)
    stopped = root.wait(60.0) is not None
    system.close()
    for line in (*down, *ledger.wrong):
        print(line)
    counts = {name: float(ledger.counts[name]) for name in ("starts", "ends", "injected", "nodes_lost")}
    left = {
        "not_up_again": float(len(down)),
        "ends_told_wrong": float(len(ledger.wrong)),
        "zombies": float(zombies),
        "threads_left": float(_threads_left()),
        "processes_left": float(len(psutil.Process().children(recursive=True))),
        "stopped_in_order": float(stopped),
    }
    return Outcome(results={**counts, **left}, ratios={})


def _nodes(actors: int) -> list[ChildSpec]:
    """The actors spread over the nodes, ten to a supervisor, the strategies in turns."""
    nodes = []
    for node in range(NODES):
        mine = [f"worker-{number}" for number in range(actors) if number % NODES == node]
        groups = [mine[start : start + GROUP] for start in range(0, len(mine), GROUP)]
        children = [_group(number, ids) for number, ids in enumerate(groups)]
        inside = Supervisor.spec("inside", children, intensity=INTENSITY, period=PERIOD_SECONDS)
        nodes.append(Node.spec(f"node-{node + 1}", inside, NODE, backoff=BACKOFF))
    return nodes


def _group(number: int, ids: list[str]) -> ChildSpec:
    workers = [ChildSpec(id=id, actor=Worker, backoff=BACKOFF) for id in ids]
    strategy: Any = STRATEGIES[number % len(STRATEGIES)]
    return Supervisor.spec(f"group-{number}", workers, strategy=strategy, intensity=INTENSITY, period=PERIOD_SECONDS)


def _blow(system: System, rng: random.Random, seconds: float) -> None:
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if rng.random() < 0.02:
            _hit_node(system, rng)
        else:
            _hit_actor(system, rng)
        if rng.random() < 0.05:
            system.faults.clear()
        pause.wait(rng.uniform(0.02, 0.3))


def _hit_actor(system: System, rng: random.Random) -> None:
    rows = [row for row in system.tree.rows() if row.depth == 3]
    if not rows:
        return
    victim = rng.choice(rows).path
    pattern = victim if rng.random() < 0.7 else f"{victim.rpartition('/')[0]}/*"
    every = rng.choice([None, 1, 5, 20])
    system.faults.add(FaultRule("crash", pattern, times=rng.randint(1, 3), every=every))


def _hit_node(system: System, rng: random.Random) -> None:
    """Killed, stopped for good, or only paused: the last one must be survived without a restart."""
    rows = [row for row in system.tree.rows() if row.depth == 1 and row.state is State.RUNNING]
    node = system.registry.running(rng.choice(rows).path) if rows else None
    if not isinstance(node, Node) or not node.pid:
        return
    with suppress(ProcessLookupError):
        match rng.choice(["kill", "stop", "pause"]):
            case "kill":
                os.kill(node.pid, signal.SIGKILL)
            case "stop":
                os.kill(node.pid, signal.SIGSTOP)
            case "pause":
                os.kill(node.pid, signal.SIGSTOP)
                threading.Event().wait(0.5)
                os.kill(node.pid, signal.SIGCONT)


def _await_calm(system: System) -> list[str]:
    """Who is not running when there was time enough."""
    pause, deadline = threading.Event(), time.monotonic() + CALM_SECONDS
    while (down := _down(system)) and time.monotonic() < deadline:
        pause.wait(0.2)
    return down


def _down(system: System) -> list[str]:
    return [f"{row.path} is {row.state}" for row in system.tree.rows() if row.state is not State.RUNNING]


def _threads_left() -> int:
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in others:
        thread.join(timeout=5.0)
    return sum(thread.is_alive() for thread in others)
