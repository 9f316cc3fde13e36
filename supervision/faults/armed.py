"""One rule at one path: whether it strikes now, and what its strikes hold until it ends.

`strikes` belongs to the thread of the actor at that path, `hold` and `release` to any.
"""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from supervision.faults.rule import FaultRule

Undo = Callable[[], object]


@dataclass(slots=True)
class Armed:
    """Its counters outlive the incarnations of the actor."""

    id: int
    rule: FaultRule
    ends_at: float | None
    rng: random.Random
    seen: int = 0
    struck: int = 0
    released: bool = False
    #: Whether a timer will release it at `ends_at`.
    timed: bool = False
    _held: list[Undo] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self, now: float) -> bool:
        """Whether the fault strikes at this message (or at once). Counts what it decides."""
        rule = self.rule
        if self.released or (self.ends_at is not None and now >= self.ends_at):
            return False
        if rule.times is not None and self.struck >= rule.times:
            return False
        self.seen += 1
        if self.seen <= rule.after:
            return False
        if rule.every is not None and (self.seen - rule.after) % rule.every:
            return False
        if rule.probability is not None and self.rng.random() >= rule.probability:
            return False
        self.struck += 1
        return True

    def hold(self, undo: Undo) -> None:
        """Call `undo` when the rule ends; at once if it has."""
        with self._lock:
            if not self.released:
                self._held.append(undo)
                return
        undo()

    @contextmanager
    def held(self, undo: Undo) -> Iterator[None]:
        """As `hold`, until the end of the block."""
        self.hold(undo)
        try:
            yield
        finally:
            with self._lock:
                if undo in self._held:
                    self._held.remove(undo)

    def release(self) -> None:
        """The rule has ended: undo what lasts. Twice is once."""
        with self._lock:
            self.released = True
            held, self._held = self._held, []
        for undo in held:
            undo()


@dataclass(slots=True)
class Entry:
    """A rule as added, with its state at each path."""

    id: int
    rule: FaultRule
    ends_at: float | None
    armed: dict[str, Armed] = field(default_factory=dict)
    released: bool = False

    @property
    def struck(self) -> dict[str, int]:
        """Strikes so far, by path."""
        return {path: armed.struck for path, armed in list(self.armed.items()) if armed.struck}

    def ruling(self, now: float) -> "Ruling":
        """For another process; `now` is monotonic seconds."""
        return Ruling(self.id, self.rule, None if self.ends_at is None else max(0.0, self.ends_at - now), self.struck)

    def at(self, path: str) -> Armed:
        if path not in self.armed:
            rng = random.Random(f"{self.rule.seed}:{path}")
            self.armed[path] = Armed(self.id, self.rule, self.ends_at, rng, released=self.released)
        return self.armed[path]

    def release(self) -> None:
        """The rule has ended, everywhere."""
        self.released = True
        for armed in list(self.armed.values()):
            armed.release()


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule on its way between the processes of one tree; `struck` counts by path."""

    id: int
    rule: FaultRule
    ends_in_seconds: float | None
    struck: Mapping[str, int]
