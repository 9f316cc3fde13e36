"""The asker: asks carriers what became of texts whose receipts do not come. What they say comes as receipts.

Runs in its own thread, in every node; it does something only where its authority holds the lease and has links with
room. It may ask twice for the same piece, when it dies in between: that changes nothing but a count.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from actors.carrier.port import Question, Unasked
from actors.database import Database, Unavailable
from apps.sms.outbound import questions
from apps.sms.outbound.config import Carrier, Outbound
from apps.sms.outbound.messages import WhichLinks
from apps.sms.outbound.questions import Stuck
from supervision import Actor, CallError, MailboxFull, NoProc, Refusal, Timer

logger = logging.getLogger(__name__)

#: Between two looks at what is to be asked for, and between two at what got stuck.
LOOK_SECONDS, FIND_SECONDS = 5.0, 60.0
#: Pieces that a carrier is asked for at each look.
BATCH = 20
#: Texts that were handed over longer ago than this are asked for only when somebody wants it.
SINCE = timedelta(days=7)
CALL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """To itself."""


class Asker(Actor):
    """`authority` is a path. `counts` of pieces by what was done, and why it brought nothing, outlives incarnations."""

    def __init__(self, config: Outbound, carriers: Sequence[Carrier], authority: str, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts
        self._config = config
        #: Of others no receipts were wanted.
        self._carriers = frozenset(carrier.name for carrier in carriers if carrier.receipts)
        self._authority = authority
        self._after: datetime | None = None
        self._find_at = 0.0
        self._timer: Timer | None = None

    def on_start(self) -> None:
        self.database = Database(self.context.system)
        self.clock = self.context.system.clock
        self._timer = self.send_after(0, Look())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self._look()
            case Unasked(pieces=pieces, why=why):
                self.counts[why] += pieces
            case _:
                return super().on_receive(message)

    def _look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        links = self._links() if self._config.questions else {}
        try:
            if links:
                self._find()
            for carrier in sorted(links.keys() & self._carriers):
                path, incarnation = links[carrier]
                self._ask(path, incarnation, self._due(carrier))
        except Unavailable as error:
            logger.warning("%s waits: %s", self.context.path, error)
        self._timer = self.send_after(LOOK_SECONDS, Look())

    def _links(self) -> dict[str, tuple[str, int]]:
        """One for each carrier that has room; none when somebody else has the lease."""
        try:
            found: dict[str, tuple[str, int]] = self.call(self._authority, WhichLinks(), CALL_SECONDS)
        except (CallError, Refusal) as error:
            logger.debug("%s: %s", self.context.path, error)
            return {}
        return found

    def _find(self) -> None:
        """What got stuck since the last look."""
        if self.clock.monotonic() < self._find_at:
            return
        now = self._now()
        before = now - timedelta(hours=self._config.stuck_hours)
        after = self._after or now - SINCE
        if after < before:
            with self.database.begin() as conn:
                self._after = questions.find(conn, self._carriers, after, before, now)
        if self._after is None or self._after >= before:
            self._find_at = self.clock.monotonic() + FIND_SECONDS

    def _due(self, carrier: str) -> list[Stuck]:
        """What to ask for, written down as asked."""
        now, pause = self._now(), timedelta(minutes=self._config.question_minutes)
        with self.database.begin() as conn:
            found = questions.due(conn, carrier, now, BATCH)
            wanted = [one for one in found if one.asked < self._config.questions]
            over = [one for one in found if one.asked >= self._config.questions]
            questions.asked(conn, wanted, pause, now)
            questions.give_up(conn, over)
        self.counts["unknown"] += len(over)
        return wanted

    def _ask(self, link: str, incarnation: int, wanted: Sequence[Stuck]) -> None:
        if not wanted:
            return
        self.counts["asked"] += len(wanted)
        question = Question(tuple(one.named for one in wanted), self.context.path, incarnation)
        try:
            self.cast(link, question)
        except (NoProc, MailboxFull) as error:
            self.counts["no link"] += len(wanted)
            logger.info("%s: %d pieces are not asked for: %s", self.context.path, len(wanted), error)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)
