"""Faults on purpose: rules by path pattern that strike in the actors' own threads, so a drill breaks what life breaks.

Off unless enabled. A rule without `every` and `probability` strikes at once, also an idle actor; the others strike as
messages pass. `times` counts per path and survives restarts: an actor that crashes on every 100th message, three times,
is left alone afterwards. Supervisors are spared by patterns with wildcards; name one exactly to hit it.

Each strike is an event and a reason `injected`, so logs and metrics never mistake a drill for an outage.
"""

import itertools
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from supervision.errors import Refusal, RookeryError

Kind = Literal["crash"]


class InjectedFault(RookeryError):
    """The exception of an injected crash."""

    title = "Injected fault"


class FaultsDisabled(Refusal):
    """`faults.enabled` is false in the configuration."""

    status = 403


class UnknownFault(Refusal):
    """No rule has that number."""

    status = 404


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What breaks, where and how often.

    Attributes:
        pattern: a path; `*` stands for anything within a segment, `**` for any number of segments.
        times: strikes per path; None for no end.
        every: strike at every n-th message of an actor.
        probability: strike a message with this chance, drawn from `seed` and the path.
        duration_seconds: the rule ends by itself after that; None for never.
    """

    kind: Kind
    pattern: str
    times: int | None = 1
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    duration_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.kind != "crash":
            raise Refusal(f"unknown fault {self.kind!r}; known: crash", field="kind")
        if not self.pattern.startswith("/"):
            raise Refusal(f"a pattern is a path and begins with '/': {self.pattern!r}", field="pattern")
        for name in ("times", "every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise Refusal(f"must be >= 1, not {value}", field=name)
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise Refusal(f"must be between 0 and 1, not {self.probability}", field="probability")
        if self.duration_seconds is not None and self.duration_seconds <= 0:
            raise Refusal(f"must be > 0, not {self.duration_seconds}", field="duration_seconds")

    @property
    def at_once(self) -> bool:
        return self.every is None and self.probability is None

    def matches(self, path: str, type: str) -> bool:
        if type == "supervisor" and "*" in self.pattern:
            return False
        return compiled(self.pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over whole paths."""
    parts = []
    for segment in pattern.strip("/").split("/"):
        if segment == "**":
            parts.append("(?:/[^/]+)*")
        else:
            parts.append("/" + "[^/]*".join(re.escape(piece) for piece in segment.split("*")))
    return re.compile("".join(parts))


@dataclass(slots=True)
class Armed:
    """One rule at one path; used by that actor's thread only."""

    id: int
    rule: FaultRule
    ends_at: float | None
    rng: random.Random
    seen: int = 0
    struck: int = 0

    def strikes(self, now: float) -> bool:
        """Whether the fault strikes at this message (or at once). Counts what it decides."""
        if self.ends_at is not None and now >= self.ends_at:
            return False
        if self.rule.times is not None and self.struck >= self.rule.times:
            return False
        self.seen += 1
        if self.rule.every is not None and self.seen % self.rule.every:
            return False
        if self.rule.probability is not None and self.rng.random() >= self.rule.probability:
            return False
        self.struck += 1
        return True


@dataclass(slots=True)
class Entry:
    """A rule as added, with its state at each path."""

    id: int
    rule: FaultRule
    ends_at: float | None
    armed: dict[str, Armed] = field(default_factory=dict)

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
            self.armed[path] = Armed(self.id, self.rule, self.ends_at, rng)
        return self.armed[path]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule on its way between the processes of one tree; `struck` counts by path."""

    id: int
    rule: FaultRule
    ends_in_seconds: float | None
    struck: Mapping[str, int]


class Faults:
    """The rules of one system. `changed` is called after each change so that running actors look again."""

    def __init__(self, now: Callable[[], float], changed: Callable[[FaultRule | None], None]) -> None:
        self.enabled = False
        self._now = now
        self._changed = changed
        self._ids = itertools.count(1)
        self._entries: dict[int, Entry] = {}

    def add(self, rule: FaultRule) -> int:
        """Arm a rule; returns its number. Raises FaultsDisabled unless `enabled`."""
        if not self.enabled:
            raise FaultsDisabled("faults are off; set faults.enabled: true in the configuration and restart")
        number = next(self._ids)
        ends_at = None if rule.duration_seconds is None else self._now() + rule.duration_seconds
        self._entries[number] = Entry(number, rule, ends_at)
        self._changed(rule)
        return number

    def clear(self, number: int | None = None) -> int:
        """Disarm one rule or all; returns how many."""
        if number is None:
            cleared, self._entries = len(self._entries), {}
        elif self._entries.pop(number, None) is None:
            raise UnknownFault(f"no fault has the number {number}; see `rookery fault list`", field="id")
        else:
            cleared = 1
        self._changed(None)
        return cleared

    def mirror(self, rules: "Iterable[Ruling]") -> None:
        """Have exactly these rules of another process, with its numbers; what is known already goes on counting."""
        given = {ruling.id: ruling for ruling in rules}
        if gone := [number for number in self._entries if number not in given]:
            for number in gone:
                del self._entries[number]
            self._changed(None)
        for number, ruling in sorted(given.items()):
            if number not in self._entries:
                ends_at = None if ruling.ends_in_seconds is None else self._now() + ruling.ends_in_seconds
                entry = self._entries[number] = Entry(number, ruling.rule, ends_at)
                for path, struck in ruling.struck.items():
                    entry.at(path).struck = struck
                self._changed(ruling.rule)

    def rulings(self) -> "list[Ruling]":
        """All rules as they stand, for another process."""
        return [entry.ruling(self._now()) for entry in self.entries()]

    def note_struck(self, number: int, struck: Mapping[str, int]) -> None:
        """What another process says of the strikes of a rule at its paths."""
        entry = self._entries.get(number)
        for path, count in struck.items() if entry else ():
            entry.at(path).struck = count  # type: ignore[union-attr]

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def armed_for(self, path: str, type: str) -> tuple[Armed, ...]:
        """The rules that apply to the actor at `path`, with their counters."""
        return tuple(entry.at(path) for entry in self.entries() if entry.rule.matches(path, type))
