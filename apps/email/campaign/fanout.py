"""The fan-out: takes every send from its draft to its end, a step at a time, and publishes its chunks.

Runs in its own thread and waits there for the database and for the broker's confirmation. There may be one in every
node of every root: each send is held by one of them at a time. All that it knows is in the tables, so whatever ends it,
another goes on: see `fanning`. Without a database or a broker it waits, and nothing is lost.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from actors.broker import Broker, Message
from actors.database import Connection, Database
from actors.errors import MessageRefused, Unavailable, Unroutable
from apps.email.campaign import fanning, partitions, retention
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.config import Campaign
from apps.email.campaign.freezing import freeze_page
from apps.email.campaign.sends import Send, locked, move
from apps.email.campaign.states import SendState
from supervision import Actor, Backoff, ChildSpec
from supervision.reasons import Reason

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: Pause between two looks while chunks are under way, and while there is nothing to do.
BUSY_SECONDS, IDLE_SECONDS = 0.2, 1.0
#: How often rows beyond their retention are looked for.
SWEEP_SECONDS = 3600.0
BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)

#: A look at a frozen send before it runs: why it must not, or None.
Check = Callable[[Connection, Send], str | None]


class Transactions(Protocol):
    """What `actors.database.Database` offers. Raises Unavailable."""

    def begin(self) -> AbstractContextManager[Connection]: ...

    def read(self) -> AbstractContextManager[Connection]: ...


#: Returns when the broker has them for good. Raises Unavailable, Unroutable, MessageRefused.
Publishing = Callable[[Sequence[Message]], object]


@dataclass(frozen=True, slots=True)
class Look:
    """To itself: see what there is to do."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """To itself: forget what is too old, and make room for tomorrow."""


class Fanout(Actor):
    """Nobody needs to tell it anything. `counts` of chunks and sends outlive the incarnations."""

    def __init__(self, config: Campaign, checks: Sequence[Check] = (), counts: Counter[str] | None = None) -> None:
        super().__init__()
        self.config = config
        self.checks = tuple(checks)
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._away = False

    def on_start(self) -> None:
        self.database = Database(self.context.system, bulk=True)
        self.broker = Broker(self.context.system)
        self.holder = f"{self.context.path}#{uuid.uuid4().hex[:16]}"
        self.send_after(0.0, Look())
        self.send_after(0.0, Sweep())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self.send_after(self._patiently(self._look, IDLE_SECONDS), Look())
            case Sweep():
                self._patiently(self._sweep, False)
                self.send_after(SWEEP_SECONDS, Sweep())
            case _:
                return super().on_receive(message)
        return None

    def terminate(self, reason: Reason) -> None:
        """Whoever comes next need not wait for the lease."""
        self._patiently(self._give_up, False)

    def _look(self) -> float:
        """Seconds until the next look."""
        with self.database.read() as conn:
            ids = fanning.active(conn)
        pauses, failed = [IDLE_SECONDS], []
        for id in ids:
            try:
                pauses.append(self._step(id))
            except (Unavailable, Unroutable, MessageRefused):
                raise
            except Exception as error:
                # One send that cannot go on does not stop the others; then its error has its way.
                logger.exception("send %s cannot go on", id)
                failed.append(error)
        if failed:
            raise failed[0]
        return min(pauses)

    def _step(self, id: int) -> float:
        now = datetime.fromtimestamp(self.context.system.clock.time(), UTC)
        self.check_fence()
        outcome = step(self.database, self.broker.publish, id, self.holder, self.config, self.checks, now)
        self.counts["chunks published"] += outcome.published
        return outcome.pause_seconds

    def _sweep(self) -> bool:
        now = datetime.fromtimestamp(self.context.system.clock.time(), UTC)
        with self.database.begin() as conn:
            partitions.ahead(conn, now.date())
            self.counts["days forgotten"] += retention.sweep(conn, now.date(), self.config.retention_days)
        return False

    def _give_up(self) -> bool:
        with self.database.begin() as conn:
            fanning.give_up(conn, self.holder)
        return False

    def _patiently(self, work: Callable[[], T], otherwise: T) -> T:
        try:
            done = work()
        except (Unavailable, Unroutable, MessageRefused) as error:
            if not self._away:
                logger.warning("sends do not go on: %s", error)
            self._away = True
            return otherwise
        self._away = False
        return done


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one step: how long the next one has time, and how many chunks the broker took."""

    pause_seconds: float
    published: int = 0


IDLE, UNDER_WAY, GO_ON = Outcome(IDLE_SECONDS), Outcome(BUSY_SECONDS), Outcome(0.0)


def step(
    database: Transactions,
    publish: Publishing,
    id: int,
    holder: str,
    config: Campaign,
    checks: Sequence[Check],
    now: datetime,
) -> Outcome:
    """Take one send one step further: a page frozen, checked, chunks published, or finished.

    Raises Unavailable and what `publish` raises; done again, it goes on from wherever it was.
    """
    with database.begin() as conn:
        send = fanning.take(conn, id, holder, now)
        if send is None:
            return IDLE
        if send.state is SendState.DRAFT:
            freeze_page(conn, id, config.freeze_page, now)
            return GO_ON
        if send.state is SendState.FROZEN:
            _check(conn, send, checks, now)
            return GO_ON
        chunks = fanning.plan(conn, id, holder, config.chunks_in_flight, now)
        if not chunks:
            return UNDER_WAY if fanning.finish(conn, id, holder, now).state is SendState.RUNNING else IDLE
    return _publish(database, publish, send, chunks, holder, now)


def _publish(
    database: Transactions, publish: Publishing, send: Send, chunks: Sequence[Chunk], holder: str, now: datetime
) -> Outcome:
    publish([chunk.to_message() for chunk in chunks])
    with database.begin() as conn:
        fanning.confirm(conn, send, chunks, holder, now)
    return Outcome(BUSY_SECONDS, published=len(chunks))


def _check(conn: Connection, send: Send, checks: Sequence[Check], now: datetime) -> None:
    reason = next((found for check in checks if (found := check(conn, send)) is not None), None)
    # That may have taken a while: somebody may have paused it meanwhile.
    if locked(conn, send.id).state is not SendState.FROZEN:
        return
    move(conn, send.id, SendState.RUNNING if reason is None else SendState.BLOCKED, now, reason)


def fanout_spec(config: Campaign, checks: Sequence[Check] = ()) -> ChildSpec:
    """The fan-out of this process; it waits for the database as long as it takes."""
    counts: Counter[str] = Counter()
    return ChildSpec(id="fanout", actor=Fanout, args=(config, checks, counts), start="eventual", backoff=BACKOFF)
