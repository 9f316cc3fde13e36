"""Which of several mail servers gets the next batch, so that each gets its share. A plain book; one thread.

Stride scheduling: the server that is furthest behind its share is next. One that was away does not catch up: it begins
where the others are now, or it would get everything for a while.
"""

from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(slots=True)
class Shares:
    """`passes` is how many mails per unit of weight each server was given, as if it had been there all along."""

    weights: dict[str, float] = field(default_factory=dict)
    passes: dict[str, float] = field(default_factory=dict)

    def join(self, mta: str, weight: float) -> None:
        """A server takes mails (again). Weights above 0 only."""
        if mta not in self.weights:
            self.passes[mta] = max(min(self.passes.values(), default=0.0), self.passes.get(mta, 0.0))
        self.weights[mta] = weight

    def leave(self, mta: str) -> None:
        """Nobody hands mails to it now."""
        if self.weights.pop(mta, None) is not None:
            del self.passes[mta]

    def next(self, idle: Collection[str]) -> str:
        """Of these servers, which have somebody idle, the one that is furthest behind."""
        return min(idle, key=lambda mta: (self.passes[mta], mta))

    def gave(self, mta: str, mails: int) -> None:
        if mta in self.weights:
            self.passes[mta] += mails / self.weights[mta]
