"""Who joined and who left, told to everybody: events `sms.member.joined` and `sms.member.left`. `/sms/news`.

Runs in its own thread and waits there for the database and the broker. News stand in `sms_news` from the transaction in
which they came about until the broker confirmed them: told at least once, with the same id each time.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from actors.broadcast import Event, publish
from actors.broker import Broker
from actors.database import Database
from actors.errors import MessageRefused, Unavailable
from apps.contracts.sms_pb2 import MemberChanged
from apps.sms.hub.messages import Look
from apps.sms.tables import news
from supervision import Actor, Backoff, ChildSpec

logger = logging.getLogger(__name__)

SOURCE = "/sms"
#: Pause between two looks, and after one that could not be finished.
IDLE_SECONDS, AWAY_SECONDS = 0.5, 2.0
MOST = 500
BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)


class News(Actor):
    """`counts` of events told outlive the incarnations."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts

    def on_start(self) -> None:
        self.database = Database(self.context.system)
        self.broker = Broker(self.context.system)
        self.send_after(0.0, Look())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self.send_after(self._look(), Look())
            case _:
                return super().on_receive(message)
        return None

    def _look(self) -> float:
        """How soon to look again."""
        try:
            told = self._tell()
        except (Unavailable, MessageRefused) as error:
            logger.warning("news of members wait: %s", error)
            return AWAY_SECONDS
        return 0.0 if told == MOST else IDLE_SECONDS

    def _tell(self) -> int:
        with self.database.read() as conn:
            rows = conn.execute(select(news).order_by(news.c.id).limit(MOST)).all()
        if rows:
            self.check_fence()
            publish(self.broker, map(_event, rows))
            with self.database.begin() as conn:
                conn.execute(news.delete().where(news.c.id.in_([row.id for row in rows])))
            self._count(rows)
        return len(rows)

    def _count(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            self.counts[row.state] += 1


def _event(row: Row[Any]) -> Event:
    changed = MemberChanged(leader=row.leader, number=row.number, person=row.person or "", state=row.state)
    return Event(f"sms.member.{row.state}", SOURCE, changed, row.cause, subject=row.leader, time=row.at.isoformat())


def news_spec() -> ChildSpec:
    """Of this process. Two that tell the same at once tell it with one id."""
    return ChildSpec(id="news", actor=News, args=(Counter[str](),), start="eventual", backoff=BACKOFF)
