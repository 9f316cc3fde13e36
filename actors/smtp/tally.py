"""How many mails of one sender ended how, over all its incarnations. Written by the sender's thread; read by any."""

from collections import Counter
from collections.abc import Iterable

from actors.smtp.verdicts import Outcome, Verdict


class Tally:
    """Counts since the process began."""

    def __init__(self) -> None:
        self._counts: Counter[Outcome] = Counter()

    def add(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self._counts[verdict.outcome] += 1

    def counts(self) -> dict[Outcome, int]:
        """Every outcome is there, zero or not."""
        return {outcome: self._counts[outcome] for outcome in Outcome}
