"""What all actors of one process share: clock, randomness, registry, tree, events, faults. Never global; any thread."""

import itertools
import os
import random
from dataclasses import dataclass

from supervision.address import Address
from supervision.clock import Clock, SystemClock
from supervision.counts import Counts
from supervision.errors import NoProc
from supervision.events import EventHub
from supervision.faults import FaultRule, Faults
from supervision.messages import FaultsChanged
from supervision.paths import Paths
from supervision.tree import State, Tree


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a path from the snapshot; `retry_in` seconds when it waits for its next start."""

    state: State
    incarnation: int
    retry_in: float | None


class System:
    """One per process; tests make one per test. `facts` are public values that actors announce, such as bound ports.

    `base` is the path of the node that this process is, empty in the root; see `Paths` for what it changes.
    """

    def __init__(self, clock: Clock | None = None, rng: random.Random | None = None, base: str = "") -> None:
        self.base = base
        self.clock: Clock = clock or SystemClock()
        self.rng = rng or random.Random()
        self.registry = Paths(base)
        self.tree = Tree(base or "/")
        self.events = EventHub()
        self.counts = Counts(self.events)
        self.facts: dict[str, str] = {}
        self.faults = Faults(self.clock.monotonic, self._faults_changed, self.tree.names)
        self._incarnations = itertools.count(1)

    def next_incarnation(self) -> int:
        """Grows over all paths, so no two incarnations of this process are ever confused."""
        return next(self._incarnations)

    def whereis(self, path: str) -> Status | None:
        """State of the child at `path`, None when no such child is known."""
        row = self.tree.get(path) or self.tree.get(self.base + path)
        if row is None:
            return None
        retry_in = None if row.next_retry_at is None else max(0.0, row.next_retry_at - self.clock.time())
        return Status(row.state, row.incarnation, retry_in)

    def address(self, path: str) -> Address:
        return Address(self, path)

    def noproc(self, path: str) -> NoProc:
        """The error for a path where nobody runs, telling what is known about it."""
        status = self.whereis(path)
        if status is None:
            return NoProc(f"{path}: there is no such child in the tree")
        row = self.tree.get(path)
        if row is not None and row.pid not in (0, os.getpid()):
            return NoProc(f"{path} runs in the process {row.pid}; actors reach each other inside one process only")
        if status.retry_in is None:
            return NoProc(f"{path} is {status.state}")
        return NoProc(f"{path} is {status.state}, next try in {status.retry_in:.1f} s")

    def close(self) -> None:
        """Stop the clock. The actors must have ended before."""
        self.clock.close()

    def _faults_changed(self, rule: FaultRule | None) -> None:
        added = max((entry.id for entry in self.faults.entries()), default=None) if rule else None
        for actor in self.registry.all():
            actor.actor_inbox.put_system(FaultsChanged(added))
