"""Take down everything but the root: as much of a tree as its restart budgets allow, and not one restart more.

After `almost_kill` of dLuna's chaos_monkey, an idea only. The choice is a pure function of the rows of the tree; the
shell strikes one child after the other, deepest first, and looks at the budgets again before each, so that what falls
in consequence is not held against the root. What is temporary does not come back, as after any crash. Runs in the
thread of whoever asks, and waits.
"""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from supervision.faults.rule import FaultRule
from supervision.system import System
from supervision.tree import Row, State

#: Restarts the topmost supervisor keeps for what falls in consequence.
SPARE = 1
#: Seconds one child may take to go down and come back before we go on.
PATIENCE_SECONDS = 2.0
_LOOK_SECONDS = 0.005


@dataclass(slots=True)
class Outcome:
    """Paths that were struck, in order; of those that were not, why."""

    struck: list[str] = field(default_factory=list)
    spared: dict[str, str] = field(default_factory=dict)


def plan(rows: Sequence[Row], rng: random.Random, now: float) -> list[str]:
    """Which children to strike, siblings by chance, deeper ones first: no supervisor loses more than it may restart.

    `now` is monotonic seconds. Where a budget does not reach for all children, supervisors go first, for with them
    goes all that is below them.
    """
    children: dict[str | None, list[Row]] = {}
    for row in rows:
        if row.state is State.RUNNING:
            children.setdefault(row.parent, []).append(row)
    chosen = []
    for supervisor in sorted((row for row in rows if row.budget is not None), key=lambda row: -row.depth):
        mine = list(children.get(supervisor.path, ()))
        rng.shuffle(mine)
        mine.sort(key=lambda row: row.type != "supervisor")
        chosen += [row.path for row in mine[: affordable(supervisor, now)]]
    return chosen


def affordable(supervisor: Row, now: float) -> int:
    """Children of `supervisor` that may go down now."""
    left = supervisor.budget_left(now) or 0
    return max(0, left - SPARE) if supervisor.parent is None else left


def almost_kill(system: System, seed: int, deadline_seconds: float = 30.0) -> Outcome:
    """Carry the plan out. Raises FaultsDisabled."""
    outcome = Outcome()
    rows = system.tree.rows()
    deadline = time.monotonic() + deadline_seconds
    for path in plan(rows, random.Random(seed), system.clock.monotonic()):
        if why := _obstacle(system, path, deadline):
            outcome.spared[path] = why
        elif _strike(system, path):
            outcome.struck.append(path)
        else:
            outcome.spared[path] = "not struck in time"
    for row in rows:
        if row.parent is not None and not _is_down_with(row.path, outcome.struck) and row.path not in outcome.spared:
            outcome.spared[row.path] = "beyond the budget" if row.state is State.RUNNING else str(row.state)
    return outcome


def _obstacle(system: System, path: str, deadline: float) -> str:
    """Why not to strike, in the light of what has happened since the plan; empty when nothing is in the way."""
    row = system.tree.get(path)
    if row is None or row.state is not State.RUNNING:
        return "not running any more" if row is None else str(row.state)
    parent = system.tree.get(str(row.parent))
    if parent is None or affordable(parent, system.clock.monotonic()) < 1:
        return "the budget is used up"
    return "out of time" if time.monotonic() > deadline else ""


def _strike(system: System, path: str) -> bool:
    """Crash one child and see it come back, or not."""
    before = system.tree.get(path)
    assert before is not None
    number = system.faults.add(FaultRule("crash", path))
    pause = threading.Event()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _is_as_before(system, before) and time.monotonic() < deadline:
        pause.wait(_LOOK_SECONDS)
    struck = not _is_as_before(system, before)
    while _is_coming(system, path) and time.monotonic() < deadline:
        pause.wait(_LOOK_SECONDS)
    if any(entry.id == number for entry in system.faults.entries()):
        system.faults.clear(number)
    return struck


def _is_as_before(system: System, before: Row) -> bool:
    row = system.tree.get(before.path)
    return row is not None and row.incarnation == before.incarnation and row.state is State.RUNNING


def _is_coming(system: System, path: str) -> bool:
    row = system.tree.get(path)
    return row is not None and row.state in (State.STARTING, State.STOPPING)


def _is_down_with(path: str, struck: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in struck)
