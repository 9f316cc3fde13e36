"""The live tree as a snapshot that can be read while every actor hangs.

Each row is written by one thread at a time (the child's supervisor) and replaced whole, so readers in any thread need
no lock and ask no actor. Mailbox depths and message counts are read from the live actor at the moment of reading.

Not guaranteed: rows of one reading are not from the same instant.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol


class State(StrEnum):
    """A child's state. BACKOFF waits for its next start, FAILED was parked, ABANDONED could not be stopped."""

    STARTING = "starting"
    RUNNING = "running"
    BACKOFF = "backoff"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Live(Protocol):
    """What a row reads from a running actor."""

    @property
    def handled(self) -> int:
        """Messages handled so far."""

    @property
    def busy_since(self) -> float | None:
        """When the message in hand came into hand (monotonic seconds), None when there is none."""

    @property
    def suspended(self) -> bool:
        """Whether it serves system messages only."""

    def depth(self) -> tuple[int, int]:
        """Messages waiting, as (system lane, user lane)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A supervisor's restart intensity and the restarts (monotonic seconds) still in its window when last written."""

    strategy: str
    intensity: int
    period_seconds: float
    times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One child. Times are seconds since the epoch, None when there is none yet."""

    path: str
    id: str
    type: str
    state: State
    incarnation: int = 0
    restarts: int = 0
    restarts_by_reason: tuple[tuple[str, int], ...] = ()
    started_at: float | None = None
    last_reason: str | None = None
    last_exit_at: float | None = None
    next_retry_at: float | None = None
    pid: int = 0
    budget: Budget | None = None
    live: Live | None = field(default=None, compare=False, repr=False)

    @property
    def parent(self) -> str | None:
        """The path of its supervisor, None for the root."""
        return None if self.path == "/" else self.path.rpartition("/")[0] or "/"

    @property
    def depth(self) -> int:
        """Levels below the root."""
        return 0 if self.path == "/" else self.path.count("/")

    def budget_left(self, now: float) -> int | None:
        """Restarts that would still be tolerated at `now` (monotonic seconds); None for a worker."""
        if self.budget is None:
            return None
        recent = sum(1 for at in self.budget.times if at >= now - self.budget.period_seconds)
        return max(0, self.budget.intensity - recent)

    def as_dict(self, now: float) -> dict[str, Any]:
        """Plain values for JSON; `now` is monotonic seconds."""
        # Not `dataclasses.asdict`: its deep copies take most of the time of a large tree.
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain["budget"] = None if self.budget is None else asdict(self.budget)
        plain["parent"] = self.parent
        plain["restarts_by_reason"] = dict(self.restarts_by_reason)
        plain["budget_left"] = self.budget_left(now)
        system, user = self.live.depth() if self.live else (0, 0)
        plain["mailbox"] = {"system": system, "user": user}
        plain["handled"] = self.live.handled if self.live else 0
        plain["suspended"] = self.live.suspended if self.live else False
        busy_since = self.live.busy_since if self.live else None
        plain["busy_seconds"] = None if busy_since is None else max(0.0, time.monotonic() - busy_since)
        return plain


_PLAIN = tuple(name for name in Row.__slots__ if name not in ("live", "budget"))


@dataclass(frozen=True, slots=True)
class Zombie:
    """An abandoned incarnation whose thread still runs."""

    path: str
    incarnation: int
    since: float
    thread: threading.Thread


class Tree:
    """All rows of one process, in start order, and the zombies. `top` is the path of the topmost row."""

    def __init__(self, top: str = "/") -> None:
        self._above = None if top == "/" else top.rpartition("/")[0] or "/"
        self._rows: dict[str, Row] = {}
        self._budgets: dict[str, Budget] = {}
        self._zombies: dict[tuple[str, int], Zombie] = {}
        #: What nodes told of abandoned incarnations inside them, by the node's path.
        self._zombies_in: dict[str, tuple[dict[str, Any], ...]] = {}
        #: Paths of nodes that ever ran here, or of the node that this is.
        self.nodes: set[str] = set() if top == "/" else {top}
        #: Differs after each change of a row; two changes at once may count as one.
        self.version = 0

    def put(self, row: Row) -> None:
        self._rows[row.path] = row
        self.version += 1

    def put_budget(self, path: str, budget: Budget) -> None:
        """A supervisor's own part of its row, which its parent writes otherwise."""
        self._budgets[path] = budget
        self.version += 1

    def clear_below(self, path: str) -> None:
        """Forget everything below `path`: a supervisor starts with an empty tree."""
        below = path.rstrip("/") + "/"
        for known in list(self._rows):
            if known.startswith(below) and known != path:
                self._rows.pop(known, None)
                self._budgets.pop(known, None)
        self.version += 1

    def remove(self, path: str) -> None:
        """Forget a row and everything below it."""
        row = self._rows.get(path)
        if row is None or row.type != "worker":  # below a worker is nothing, and looking costs a look at every row
            self.clear_below(path)
        self._rows.pop(path, None)
        self._budgets.pop(path, None)

    def get(self, path: str) -> Row | None:
        row = self._rows.get(path)
        return None if row is None else self._with_budget(row)

    def rows(self) -> list[Row]:
        """Parents before children, siblings in start order."""
        children: dict[str | None, list[Row]] = {}
        for row in list(self._rows.values()):
            children.setdefault(row.parent, []).append(self._with_budget(row))

        def walk(parent: str | None) -> Iterator[Row]:
            for row in children.get(parent, ()):
                yield row
                yield from walk(row.path)

        return list(walk(self._above))

    def everywhere(self, path: str) -> list[str]:
        """The path itself, and where the same part of an app stands in nodes."""
        return [path, *(node + path for node in sorted(self.nodes))]

    def names(self, path: str) -> tuple[str, ...]:
        """The path, and for what is inside a node also the name it has without the node."""
        return (path, *(path[len(node) :] for node in self.nodes if path.startswith(f"{node}/")))

    def children(self, path: str) -> list[Row]:
        return [self._with_budget(row) for row in list(self._rows.values()) if row.parent == path]

    def _with_budget(self, row: Row) -> Row:
        budget = self._budgets.get(row.path)
        return row if budget is None else replace(row, budget=budget)

    def abandon(self, zombie: Zombie) -> None:
        self._zombies[zombie.path, zombie.incarnation] = zombie

    def buried(self, path: str, incarnation: int) -> None:
        """The thread of an abandoned incarnation has ended after all."""
        self._zombies.pop((path, incarnation), None)

    def zombies(self) -> list[Zombie]:
        return [zombie for zombie in list(self._zombies.values()) if zombie.thread.is_alive()]

    def put_zombies_in(self, node: str, zombies: tuple[dict[str, Any], ...]) -> None:
        """What the node at that path says of its own; empty when it is gone."""
        if zombies:
            self._zombies_in[node] = zombies
        else:
            self._zombies_in.pop(node, None)

    def zombies_in_nodes(self) -> list[dict[str, Any]]:
        """The zombies of other processes of this tree, as plain values."""
        return [zombie for zombies in list(self._zombies_in.values()) for zombie in zombies]
