"""How long to wait before a restart: exponential with full jitter, as a function of values.

Full jitter (a uniform draw between zero and the exponential cap) keeps siblings from hitting a recovering dependency in
step. The streak of failures is the caller's to keep; it starts anew once a child has run for `stable_after_seconds`.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """The curve. `immediate` failures of a streak are retried at once, the next ones wait longer and longer."""

    min_seconds: float = 0.1
    max_seconds: float = 30.0
    factor: float = 2.0
    jitter: bool = True
    stable_after_seconds: float = 30.0
    immediate: int = 1

    def cap(self, streak: int) -> float:
        """The longest wait after `streak` failures in a row, this one included (>= 1)."""
        exponent = streak - self.immediate - 1
        if exponent < 0:
            return 0.0
        try:
            return min(self.max_seconds, self.min_seconds * self.factor**exponent)
        except OverflowError:
            return self.max_seconds

    def delay(self, streak: int, rng: random.Random) -> float:
        """Seconds to wait after `streak` failures in a row: the cap itself, or a draw below it when jitter is on."""
        cap = self.cap(streak)
        return rng.uniform(0.0, cap) if self.jitter else cap
