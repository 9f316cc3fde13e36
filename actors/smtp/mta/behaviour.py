"""How the embedded mail server pretends to be difficult: rules that decline, delay, hang up or talk nonsense.

The first rule that matches a recipient, whose dice fall and whose throttle is exceeded decides. With a seed the dice
fall the same way for the same sequence of mails; with several connections at once that sequence may differ.
"""

import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from actors.smtp.mta.rule import Rule, Stage

#: Recipients whose place in their script is remembered, per rule; beyond it the one seen longest ago begins anew.
MOST_RECIPIENTS = 100_000


@dataclass(frozen=True, slots=True)
class Action:
    """What to do now. `reply` is a line for the wire, nonsense or not; None: go on as usual."""

    delay_seconds: float = 0.0
    reply: str | None = None
    drop: str = "never"


@dataclass(slots=True)
class Active:
    """A rule at work, with what it remembers."""

    rule: Rule
    used: int = 0
    lately: deque[float] = field(default_factory=deque)
    attempts: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def exceeded(self, now: float) -> bool:
        """Whether this one is more than the throttle lets through; what it lets through is remembered."""
        if self.rule.above is None:
            return True
        while self.lately and self.lately[0] <= now - self.rule.seconds:
            self.lately.popleft()
        if len(self.lately) >= self.rule.above:
            return True
        self.lately.append(now)
        return False

    def answer(self, recipient: str) -> str | None:
        """The line to say to this recipient; "" when its script is over."""
        if not self.rule.replies:
            return self.rule.reply if self.rule.garbage is None else self.rule.garbage
        attempt = self.attempts.pop(recipient, 0)
        self.attempts[recipient] = attempt + 1
        if len(self.attempts) > MOST_RECIPIENTS:
            self.attempts.popitem(last=False)
        return self.rule.replies[attempt] if attempt < len(self.rule.replies) else ""


class Behaviour:
    """The rules at work. `decide` belongs to one thread; the others may be called from any, and hold from then on."""

    def __init__(
        self, rules: Sequence[Rule] = (), seed: int | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._configured = tuple(rules)
        self._active = [Active(rule) for rule in rules]
        self._dice = random.Random(seed)
        self._now = now

    def decide(self, at: Stage, recipients: Iterable[str]) -> Action | None:
        """What to do now, None to behave well."""
        lowered = [recipient.lower() for recipient in recipients]
        for active in self._active:
            rule = active.rule
            met = next((one for one in lowered if fnmatchcase(one, rule.recipient.lower())), None)
            if rule.at != at or met is None or self._dice.random() >= rule.probability:
                continue
            answer = active.answer(met) if active.exceeded(self._now()) else ""
            if answer == "" or (answer or "").startswith("250 "):
                continue
            active.used += 1
            return Action(rule.delay_seconds, answer, rule.drop)
        return None

    def add(self, rule: Rule, *, first: bool = True) -> None:
        """From now on; `first`: before all others."""
        self._active = [Active(rule), *self._active] if first else [*self._active, Active(rule)]

    def remove(self, number: int) -> Rule | None:
        """Take away the rule of this number, from 1; None when there is none."""
        if not 1 <= number <= len(self._active):
            return None
        gone = self._active[number - 1]
        self._active = [one for one in self._active if one is not gone]
        return gone.rule

    def replace(self, rules: Sequence[Rule] | None = None) -> None:
        """These rules and no others; those of the configuration when None. Scripts and throttles begin anew."""
        self._active = [Active(rule) for rule in (self._configured if rules is None else rules)]

    def rows(self) -> list[tuple[Rule, int]]:
        """Each rule with how often it was used, in the order in which they are asked."""
        return [(active.rule, active.used) for active in list(self._active)]
