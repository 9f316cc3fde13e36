"""How everybody uses the database: one transaction at a time, and a prompt `Unavailable` when that is not possible.

Runs in the caller's thread. Nothing here waits longer than `acquire_timeout_seconds` for a connection or, on SQLite,
for the write lock; a statement ends when PostgreSQL's `statement_timeout_seconds` or the pool's health check ends it.

Not guaranteed: when the connection breaks during COMMIT nobody knows its outcome; then `Unavailable.may_have_happened`.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from actors.database.diagnosis import finding, text
from actors.database.engine import READING
from actors.database.errors import DatabaseBroken, PoolClosed
from actors.database.gate import Gate
from actors.database.meters import meters_of
from actors.database.pool import PATH, Pool, Suspect
from actors.errors import Unavailable
from supervision import MailboxFull, NoProc, System

__all__ = ["Database", "Unavailable"]

logger = logging.getLogger(__name__)


class Database:
    """The database of a root. Cheap to make, holds no connection; any thread.

    `bulk` is for work that can wait: all of it together never takes the last `reserved` connections of the pool.
    """

    def __init__(self, system: System, path: str = PATH, *, bulk: bool = False) -> None:
        self._system = system
        self._path = path
        self._bulk = bulk
        self._meters = meters_of(system)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write; commits at the end of the block, rolls back when it raises.

        On SQLite it holds the write lock of the file from its first moment: keep it short. It does not nest.

        Raises:
            Unavailable: the pool is down, exhausted or locked, or the connection was lost.
            IntegrityError and what else SQLAlchemy says about the statements themselves.
        """
        with self._transaction({}) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: it waits for no writer; PostgreSQL refuses writes in it. Raises as `begin`."""
        with self._transaction(READING) as connection:
            yield connection

    def pool(self) -> Pool:
        """The running pool actor, for its gauges. Raises Unavailable."""
        actor = self._system.registry.running(self._path)
        if isinstance(actor, Pool) and actor.gate is not None:
            return actor
        raise self._down()

    def _open_pool(self) -> Pool:
        try:
            return self.pool()
        except Unavailable:
            self._meters.unavailable.labels("down").inc()
            raise

    @contextmanager
    def _transaction(self, options: Mapping[str, Any]) -> Iterator[Connection]:
        pool = self._open_pool()
        gate = pool.gate
        if gate is None:
            raise self._down()
        committing = False
        try:
            with ExitStack() as stack:
                connection = self._acquire(pool, gate, options, stack)
                yield connection
                gate.check()  # a commit into a SQLite file that was deleted meanwhile would succeed, and be lost
                committing = options is not READING
        except PoolTimeout:
            size, seconds = pool.config.pool_size, pool.config.acquire_timeout_seconds
            self._refuse("exhausted", f"all {size} connections stayed in use for {seconds:g} s")
        except (PoolClosed, DatabaseBroken) as error:
            self._refuse("down", str(error))
        except DBAPIError as error:
            self._translate(gate, error, committing)
            raise

    def _acquire(self, pool: Pool, gate: Gate, options: Mapping[str, Any], stack: ExitStack) -> Connection:
        started = time.perf_counter()
        with self._meters.waiting.track_inprogress():
            if self._bulk:
                stack.enter_context(self._share(pool, gate))
            if gate.turn is not None and options is not READING:
                stack.enter_context(self._turn(pool, gate.turn))
            gate.check()
            connection = stack.enter_context(gate.engine.connect()).execution_options(**options)
            stack.enter_context(connection.begin())
        self._meters.acquire_seconds.observe(time.perf_counter() - started)
        return connection

    @contextmanager
    def _share(self, pool: Pool, gate: Gate) -> Iterator[None]:
        seconds = pool.config.acquire_timeout_seconds
        if not gate.share.acquire(timeout=seconds):
            self._refuse(
                "exhausted", f"all {gate.share_size} connections for bulk work stayed in use for {seconds:g} s"
            )
        try:
            yield
        finally:
            gate.share.release()

    @contextmanager
    def _turn(self, pool: Pool, turn: threading.Lock) -> Iterator[None]:
        seconds = pool.config.acquire_timeout_seconds
        if not turn.acquire(timeout=seconds):
            self._refuse("busy", f"another transaction of this process has been writing for {seconds:g} s")
        try:
            yield
        finally:
            turn.release()

    def _translate(self, gate: Gate, error: DBAPIError, committing: bool) -> None:
        """Raises Unavailable when the error is not about what was asked."""
        found = "lost" if gate.closed else finding(error)
        if found == "lost":
            self._suspect(gate, text(error))
        if found is not None:
            self._refuse(found, text(error), error, may_have_happened=committing and found == "lost")

    def _suspect(self, gate: Gate, why: str) -> None:
        """Have the pool look at once; one request at a time is enough."""
        if gate.suspected or gate.closed:
            return
        gate.suspected = True
        try:
            self._system.address(self._path).cast(Suspect(why))
        except (NoProc, MailboxFull) as error:
            logger.debug("the pool could not be told: %s", error)

    def _refuse(
        self, reason: str, why: str, error: Exception | None = None, *, may_have_happened: bool = False
    ) -> NoReturn:
        self._meters.unavailable.labels(reason).inc()
        raise self._unavailable(why, may_have_happened=may_have_happened) from error

    def _down(self) -> Unavailable:
        status = self._system.whereis(self._path)
        if status is None:
            return self._unavailable("no such pool in the tree; is actors.database listed under `apps`?")
        row = self._system.tree.get(self._path)
        last = f", last: {row.last_reason}" if row is not None and row.last_reason else ""
        return self._unavailable(f"its state is {status.state}{last}")

    def _unavailable(self, why: str, *, may_have_happened: bool = False) -> Unavailable:
        status = self._system.whereis(self._path)
        retry_in = status.retry_in if status is not None else None
        retry_at = None if retry_in is None else self._system.clock.monotonic() + retry_in
        return Unavailable("the database", self._path, why, retry_at=retry_at, may_have_happened=may_have_happened)
