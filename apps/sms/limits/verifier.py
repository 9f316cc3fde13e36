"""Proves or refutes limits from hand-over logs alone. Shares no code with what decided; the caller's thread.

For each limit and key the log is walked with two pointers: the units of every closed window that ends with a hand-over.
No window of that length holds more than the fullest of these. Calendar windows are counted twice, by the wall's clock
as it was written and by the steady clock of that life; the worse of both is the verdict.

Several lives (other epochs, other machines) are merged by the wall's clock at their beginning, which may be wrong by
the stated uncertainty. A limit that could only have been exceeded within that uncertainty is `unproven`. A limit that
was changed holds for windows that begin after the line that says so.

Memory: about 150 bytes for each hand-over within one window of each limit and key, and one walk for each of these.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from apps.sms.limits.evidence import Entry, Header, Rule, read
from apps.sms.limits.walks import Finding, Walk, walk_of

#: How far apart the clocks of two machines may be, if nothing is said.
UNCERTAINTY_SECONDS = 0.1
#: Remembered pairs of keys and walks; forgetting them costs time alone.
MOST_PLANS = 100_000

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """One limit over all its keys.

    Attributes:
        used: units of the worst window, from `from_us` to `to_us` (wall's clock, microseconds since 1970), of `key`.
        utilisation: of the best used stretch of ten windows (one, of windows longer than a minute); of calendar limits
            that of the worst window.
        overall: utilisation from the first to the last full stretch of the key that had most.
        handed: units in all.
    """

    name: str
    verdict: Literal["proven", "refuted", "unproven"]
    amount: int
    unit: str
    window: str
    used: int
    key: Key
    from_us: int
    to_us: int
    utilisation: float
    overall: float
    handed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """All limits of the logs, by name, and how many hand-overs of how many holders' lives were read.

    `unlimited` hand-overs were under no limit at all.
    """

    limits: tuple[LimitVerdict, ...]
    handovers: int
    lives: int
    unlimited: int

    @property
    def proven(self) -> bool:
        return all(limit.verdict == "proven" for limit in self.limits)


def verify(logs: Mapping[str, Iterable[str]], uncertainty_seconds: float = UNCERTAINTY_SECONDS) -> Verdict:
    """Judge these logs together: lines by the log's name, each log in its order, read once. Raises WrongLog."""
    case = _Case(round(uncertainty_seconds * 1_000_000))
    streams = [read(lines, name) for name, lines in logs.items()]
    for item in heapq.merge(*streams, key=lambda item: item.steady_us):
        case.take(item)
    return case.verdict()


@dataclass(slots=True)
class _Case:
    """Everything known while the logs are read."""

    uncertainty_us: int
    rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    walks: dict[tuple[Rule, Key], Walk] = field(default_factory=dict)
    plans: dict[tuple[str, tuple[Key, ...]], tuple[tuple[Walk, bool], ...]] = field(default_factory=dict)
    handovers: int = 0
    unlimited: int = 0

    def take(self, item: Header | Entry) -> None:
        if isinstance(item, Header):
            self.rules[item.life] = item.rules
            self.plans.clear()
            return
        self.handovers += 1
        plan = self.plans.get((item.life, item.keys))
        if plan is None:
            plan = self._plan(item)
        self.unlimited += not plan
        for walk, counts_messages in plan:
            units = item.messages if counts_messages else item.segments
            if units:
                walk.take(item, units)

    def _plan(self, entry: Entry) -> tuple[tuple[Walk, bool], ...]:
        if len(self.plans) >= MOST_PLANS:
            self.plans.clear()
        plan = tuple(
            (self._walk(rule, key), rule.unit == "messages")
            for rule in self.rules[entry.life]
            for key in entry.keys
            if rule.concerns(key)
        )
        self.plans[entry.life, entry.keys] = plan
        return plan

    def _walk(self, rule: Rule, key: Key) -> Walk:
        found = self.walks.get((rule, key))
        if found is None:
            found = self.walks[rule, key] = walk_of(rule, self.uncertainty_us)
        return found

    def verdict(self) -> Verdict:
        stated = {rule for rules in self.rules.values() for rule in rules} | {rule for rule, _ in self.walks}
        limits = [self._judge(rule) for rule in sorted(stated, key=lambda rule: (rule.name, rule.amount))]
        return Verdict(tuple(limits), self.handovers, len(self.rules), self.unlimited)

    def _judge(self, rule: Rule) -> LimitVerdict:
        found = {key: walk for (one, key), walk in self.walks.items() if one == rule} or {(): walk_of(rule, 0)}
        key, worst = max(found.items(), key=lambda pair: pair[1].finding.used)
        return LimitVerdict(
            rule.name,
            _verdict(rule.amount, [walk.finding for walk in found.values()]),
            rule.amount,
            rule.unit,
            rule.window,
            worst.finding.used,
            key,
            worst.finding.from_us,
            worst.finding.to_us,
            max(walk.use()[0] for walk in found.values()),
            max(found.values(), key=lambda walk: walk.finding.handed).use()[1],
            sum(walk.finding.handed for walk in found.values()),
        )


def _verdict(amount: int, findings: Sequence[Finding]) -> Literal["proven", "refuted", "unproven"]:
    if any(one.used > amount for one in findings):
        return "refuted"
    return "unproven" if any(one.perhaps > amount for one in findings) else "proven"
