"""How the simulated carrier takes one piece: which rule, which pauses, which receipts.

With a seed the dice fall the same way for the same sequence of pieces. `decide` belongs to one thread; the receipts are
a pure function.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from actors.carrier.port import (
    Accepted,
    InDoubt,
    Piece,
    Receipt,
    ReceiptState,
    Refused,
    Throttled,
    Unsent,
    Verdict,
)
from actors.carrier.simulated.rule import Rule

#: How it behaves when no rule says otherwise.
WELL = Rule()
#: Twilio's words for these, so that the same code reads them.
OPTED_OUT, THROTTLED, REFUSED = "21610", "30001", "30007"


@dataclass(slots=True)
class Active:
    """A rule at work, with what it remembers."""

    rule: Rule
    used: int = 0
    lately: deque[float] = field(default_factory=deque)

    def exceeded(self, now: float) -> bool:
        """Whether this one is more than the threshold lets through; what it lets through is remembered."""
        if self.rule.above is None:
            return True
        while self.lately and self.lately[0] <= now - self.rule.seconds:
            self.lately.popleft()
        if len(self.lately) >= self.rule.above:
            return True
        self.lately.append(now)
        return False


@dataclass(frozen=True, slots=True)
class Treatment:
    """What happens to one piece, in seconds from now."""

    rule: Rule
    answer_seconds: float = 0.0
    receipt_seconds: float = 0.0


class Behaviour:
    """The rules at work."""

    def __init__(
        self, rules: Sequence[Rule] = (), seed: int | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._active = [Active(rule) for rule in rules]
        self._dice = random.Random(seed)
        self._now = now

    def decide(self, piece: Piece) -> Treatment:
        """By the first rule that applies; well, if none does."""
        rule = self._rule(piece.destination.value, piece.source.value)
        return Treatment(rule, self._dice.uniform(*rule.answer_seconds), self._dice.uniform(*rule.receipt_seconds))

    def rows(self) -> list[tuple[Rule, int]]:
        """Each rule with how often it was used, in the order in which they are asked."""
        return [(active.rule, active.used) for active in self._active]

    def _rule(self, to: str, sender: str) -> Rule:
        for active in self._active:
            rule = active.rule
            if not (fnmatchcase(to, rule.to) and fnmatchcase(sender, rule.sender)):
                continue
            if self._dice.random() < rule.probability and active.exceeded(self._now()):
                active.used += 1
                return rule
        return WELL


def verdict_of(rule: Rule, carrier_id: str) -> Verdict:
    """What the carrier says, or what a link makes of its silence."""
    match rule.answer:
        case "throttle":
            return Throttled(rule.code or THROTTLED, rule.retry_after_seconds)
        case "refuse":
            return Refused(rule.code or REFUSED, "the simulated carrier refuses it", rule.permanent)
        case "opted-out":
            return opted_out()
        case "none" | "hang-up":
            return InDoubt("the simulated carrier did not answer")
        case "unsent":
            return Unsent("the simulated carrier was not reached")
        case _:
            return Accepted(carrier_id)


def opted_out() -> Refused:
    return Refused(OPTED_OUT, "the member opted out at the carrier", opted_out=True)


def receipts_of(treatment: Treatment, carrier: str, carrier_id: str, now: float) -> list[tuple[float, Receipt]]:
    """The receipts of a piece that was taken at `now`, each with when it is due; seconds since the epoch."""
    rule = treatment.rule
    id = carrier_id.swapcase() if rule.ids == "other-case" else carrier_id
    due = now if rule.receipts == "early" else now + treatment.answer_seconds + treatment.receipt_seconds
    sent = _receipt(carrier, id, ReceiptState.SENT, "", now)
    end = _receipt(carrier, id, rule.state, rule.code, due)
    match rule.receipts:
        case "never":
            return []
        case "twice":
            return [(due, end), (due, end)]
        case "staged":
            return [(now + treatment.answer_seconds, sent), (due, end)]
        case "reordered":
            return [(due, end), (due, sent)]
        case _:
            return [(due, end)]


def _receipt(carrier: str, id: str, state: ReceiptState, code: str, at: float) -> Receipt:
    return Receipt(carrier, id, state, code, datetime.fromtimestamp(at, UTC))
