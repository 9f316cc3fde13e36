"""The actor that forgets old events, old mails in the shadow and old rows of the ledger, a piece at a time.

One per process; they do not know of each other, as deleting twice is deleting once. It also makes the partitions of the
days to come. A database that is away is waited for.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from actors.database import Database, Unavailable
from apps.email import ledger
from apps.email.rulebook.events import ahead, horizon, prune
from supervision import Actor

PAUSE_SECONDS = 600.0
NEXT_PIECE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Prune:
    """To itself: it is time."""


class Retention(Actor):
    """Takes nothing from others. `days` of events, `ledger_days` of single mails that are settled."""

    def __init__(self, days: int, ledger_days: int) -> None:
        super().__init__()
        self.days = days
        self.ledger_days = ledger_days
        self.counts: Counter[str] = Counter()

    def on_start(self) -> None:
        self.database = Database(self.context.system, bulk=True)
        self.send_after(NEXT_PIECE_SECONDS, Prune())

    def on_receive(self, message: Any) -> Any:
        if not isinstance(message, Prune):
            return super().on_receive(message)
        pruned = self._prune()
        self.counts["pruned"] += pruned
        self.send_after(NEXT_PIECE_SECONDS if pruned else PAUSE_SECONDS, Prune())
        return None

    def _prune(self) -> int:
        now = self.context.system.clock.time()
        try:
            with self.database.begin() as conn:
                ahead(conn, now)
                forgotten = ledger.forget(conn, horizon(now, self.ledger_days))
                return forgotten + prune(conn, horizon(now, self.days))
        except Unavailable:
            return 0
