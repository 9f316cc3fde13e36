"""The writer of broadcasts: steps through those that are under way, in turn. `/sms/broadcasts`, one in every node.

Runs in its own thread and waits there for the database. Several on several machines take turns at each broadcast (see
`steps`). Without a database it waits; a broadcast that cannot be stepped through is blocked with the reason.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from actors.database import Database, Unavailable
from apps.sms.broadcast import broadcasts, steps
from apps.sms.states import BroadcastState
from supervision import Actor, Backoff, ChildSpec
from supervision.errors import RookeryError

logger = logging.getLogger(__name__)

#: Pause between two looks when there is nothing to do, and after one that the database could not serve.
IDLE_SECONDS, AWAY_SECONDS = 0.5, 1.0
BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)


@dataclass(frozen=True, slots=True)
class Look:
    """To itself."""


class Writer(Actor):
    """One turn of all broadcasts per message, so that a stop waits for no more than that."""

    def on_start(self) -> None:
        self.database = Database(self.context.system, bulk=True)
        self.send_after(0.0, Look())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self.send_after(self._turn(), Look())
            case _:
                return super().on_receive(message)
        return None

    def _turn(self) -> float:
        """How soon to look again."""
        try:
            with self.database.read() as conn:
                found = broadcasts.under_way(conn, self._now())
            done = [self._step(id) for id in found]
        except Unavailable as error:
            logger.warning("broadcasts wait: %s", error)
            return AWAY_SECONDS
        return 0.0 if any(done) else IDLE_SECONDS

    def _step(self, id: int) -> bool:
        self.check_fence()
        try:
            with self.database.begin() as conn:
                return steps.step(conn, id, self._now())
        except Unavailable:
            raise
        except (RookeryError, SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            logger.exception("broadcast %d is blocked", id)
            with self.database.begin() as conn:
                broadcasts.change(conn, id, self._now(), state=BroadcastState.BLOCKED.value, reason=str(error)[:500])
            return True

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.context.system.clock.time(), UTC)


def writer_spec() -> ChildSpec:
    """The writer of this process; it waits for the database as long as it takes."""
    return ChildSpec(id="broadcasts", actor=Writer, start="eventual", backoff=BACKOFF)
