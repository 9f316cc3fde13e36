"""The hub: looks at texts that came in and does what they call for, leaders in turn. `/sms/hub`, one in every node.

Runs in its own thread and waits there for the database. In one transaction it takes a few texts of each of some leaders
and holds those leaders: of all hubs on all machines one at a time works on a conversation, and a hub that is killed
holds nothing. Woken by the pipeline of its process, it looks by itself every `IDLE_SECONDS` too. Without a database it
waits; what cannot be decided, by a mistake of ours, is found and left to its leader, and holds up nobody else.
"""

import logging
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from actors.database import Connection, Database, Unavailable
from apps.sms.hub import leaders, waiting
from apps.sms.hub.messages import Look, Wake
from apps.sms.hub.working import work
from supervision import Actor, Backoff, ChildSpec, Timer

logger = logging.getLogger(__name__)

#: Pause between two looks when nothing waits, and after one that the database could not serve.
IDLE_SECONDS, AWAY_SECONDS = 0.2, 1.0
#: Pause between two looks at how much waits altogether.
MEASURE_SECONDS = 10.0
#: Texts of one transaction, and leaders among which they are shared out.
TEXTS, LEADERS = 500, 20
#: How long a leader rests whose words cannot be read.
REST_SECONDS = 30.0
BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)


class Hub(Actor):
    """`counts` of texts by what was done with them outlive the incarnations; `backlog` is of all hubs together."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts
        self.backlog = waiting.Backlog()
        self._measured_at = -MEASURE_SECONDS
        self._known = leaders.Leaders()
        self._last = ""
        self._resting: dict[str, float] = {}
        self._next: Timer | None = None

    def on_start(self) -> None:
        self.database = Database(self.context.system)
        self._look_in(0.0)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Wake() | Look():
                self.take_queued(Wake, self.mailbox_bound)
                self._look_in(self._look())
            case _:
                return super().on_receive(message)
        return None

    def _look_in(self, seconds: float) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self.send_after(seconds, Look())

    def _look(self) -> float:
        """One transaction; how soon to look again."""
        try:
            with self.database.read() as conn:
                turn = self._turn(conn)
                self._measure(conn)
            return 0.0 if turn and self._step(turn) else IDLE_SECONDS
        except Unavailable as error:
            logger.warning("texts wait for the hub: %s", error)
            return AWAY_SECONDS

    def _measure(self, conn: Connection) -> None:
        now = self.context.system.clock.monotonic()
        if now >= self._measured_at + MEASURE_SECONDS:
            self.backlog = waiting.total(conn)
            self._measured_at = now

    def _turn(self, conn: Connection) -> list[str]:
        """Whose turn it is; whoever rests is passed over."""
        now = self.context.system.clock.monotonic()
        self._resting = {leader: until for leader, until in self._resting.items() if now < until}
        found = waiting.leaders_after(conn, self._last, LEADERS + len(self._resting))
        return [leader for leader in found if leader not in self._resting][:LEADERS]

    def _step(self, turn: list[str]) -> bool:
        """Whether anything was done."""
        self._last = turn[-1]
        self.check_fence()
        try:
            done = self._work(turn)
        except Unavailable:
            raise
        except Exception:
            if len(turn) == 1:
                self._spare(turn[0])
                return True
            # Because of one of them; alone, each fails for itself.
            done_alone = [self._step([leader]) for leader in turn]
            return any(done_alone)
        self.counts.update(done)
        return bool(done)

    def _spare(self, leader: str) -> None:
        """The first text alone; what cannot be worked on is left to the leader. One that cannot be read rests.

        So one text holds up those behind it no longer than it takes to find it.
        """
        try:
            with self.database.read() as conn:
                self._known.read(conn, [leader])
        except Unavailable:
            raise
        except Exception:
            logger.exception("the words of the leader %s cannot be read; it rests for %g s", leader, REST_SECONDS)
            self._resting[leader] = self.context.system.clock.monotonic() + REST_SECONDS
            return
        try:
            self.counts.update(self._work([leader], 1))
        except Unavailable:
            raise
        except Exception:
            logger.exception("a text to the leader %s cannot be worked on; it is left to the leader", leader)
            with self.database.begin() as conn:
                waiting.set_aside(conn, leader, self._now())
            self.counts[waiting.FAILED] += 1

    def _work(self, turn: list[str], most: int = TEXTS) -> Counter[str]:
        with self.database.begin() as conn:
            held = leaders.hold(conn, turn, waiting=False)
            texts = waiting.next_texts(conn, held, max(1, most // max(1, len(held))))
            return work(conn, texts, self._known.read(conn, held), self._now()) if texts else Counter()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.context.system.clock.time(), UTC)


def hub_spec() -> ChildSpec:
    """The hub of this process; it waits for the database as long as it takes."""
    return ChildSpec(id="hub", actor=Hub, args=(Counter[str](),), start="eventual", backoff=BACKOFF)
