"""What one bind did, over all its incarnations. Written by the bind's thread; read by any."""

from collections import Counter
from collections.abc import Mapping

from actors.carrier.port import Accepted, InDoubt, Refused, Throttled, Unsent, Verdict

KINDS: Mapping[type[Verdict], str] = {
    Accepted: "accepted",
    Throttled: "throttled",
    Refused: "refused",
    InDoubt: "in_doubt",
    Unsent: "unsent",
}
#: Upper bounds of the seconds between submit_sm and its answer.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Tally:
    """Counts since the process began.

    Attributes:
        outcomes: pieces, by what was told of them.
        events: everything else worth a number, by its name; see `actors.smpp.metrics`.
        in_use: unanswered submit_sm now, of `window`.
        congestion: 0 to 100, as the SMSC said last (congestion_state of SMPP 5.0); None if it never did.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter(dict.fromkeys(KINDS.values(), 0))
        self.events: Counter[str] = Counter()
        self.in_use = 0
        self.window = 0
        self.congestion: int | None = None
        self.answers = 0
        self.answer_seconds = 0.0
        self._buckets = [0] * len(BUCKETS)

    def told(self, verdict: Verdict) -> None:
        self.outcomes[KINDS[type(verdict)]] += 1

    def answered(self, seconds: float) -> None:
        """A submit_sm was answered after so long."""
        self.answers += 1
        self.answer_seconds += seconds
        for at, bound in enumerate(BUCKETS):
            if seconds <= bound:
                self._buckets[at] += 1
                return

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus wants them: so many took at most so long."""
        total, found = 0, []
        for bound, count in zip(BUCKETS, self._buckets, strict=True):
            total += count
            found.append((str(bound), float(total)))
        return [*found, ("+Inf", float(self.answers))]
