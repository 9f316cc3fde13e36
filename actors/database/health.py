"""Does the database work? Asked on a connection of its own, so that a busy pool does not look like a broken one.

Runs in the pool actor's thread and ends within its deadline: the clock's thread cuts the connection when it does not.
A connection that is still being made cannot be cut; it ends by `connect_timeout_seconds`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from actors.database.config import DatabaseConfig
from actors.database.diagnosis import refused, text
from actors.database.engine import READING, hosts_of, is_sqlite, open_engine, shown
from actors.database.errors import DatabaseBroken, DatabaseRefused, PoolClosed
from actors.database.gate import Gate
from supervision.clock import Clock

_NOT_BY_ITSELF = "this does not pass by itself: correct database.url, or the server's accounts"


class Health:
    """One connection and the question asked on it."""

    def __init__(self, url: URL, config: DatabaseConfig, clock: Clock) -> None:
        self.url = url
        self.gate = Gate(open_engine(url, config, pool_size=1))
        self._timeout_seconds = config.health_timeout_seconds
        self._connect_seconds = float(config.connect_timeout_seconds * hosts_of(url))
        self._clock = clock
        self._file = Path(url.database or "") if is_sqlite(url) else None
        self._identity: tuple[int, int] | None = None

    def check(self) -> None:
        """Raises DatabaseBroken, which says how."""
        with explained(self.url), self._in_time():
            with self.gate.engine.connect().execution_options(**READING) as connection, connection.begin():
                self._ask(connection)
            self._check_file()

    def _in_time(self) -> AbstractContextManager[None]:
        """The first check must connect, past hosts that may be silent."""
        extra = 0.0 if self.gate.connected else self._connect_seconds
        return deadline(self._clock, self._timeout_seconds + extra, self.gate.cut)

    def _ask(self, connection: Connection) -> None:
        if self._file is not None:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        elif connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one():
            raise DatabaseBroken(f"{shown(self.url)} is a standby and cannot be written to")

    def _check_file(self) -> None:
        """An open SQLite file that was deleted still takes writes, and loses them."""
        if self._file is None:
            return
        try:
            found = self._file.stat()
        except FileNotFoundError:
            raise DatabaseBroken(f"{self._file} was deleted while in use") from None
        identity = (found.st_dev, found.st_ino)
        if self._identity not in (None, identity):
            raise DatabaseBroken(f"{self._file} was replaced while in use")
        self._identity = identity


@contextmanager
def deadline(clock: Clock, seconds: float, cut: Callable[[str], None]) -> Iterator[None]:
    """Call `cut` from the clock's thread if the block is not done in time."""
    expired = threading.Event()
    why = f"no answer within {seconds:g} s"

    def expire() -> None:
        expired.set()
        cut(why)

    timer = clock.after(seconds, expire)
    try:
        yield
    except (DBAPIError, PoolClosed) as error:
        if expired.is_set():
            raise DatabaseBroken(why) from error
        raise
    finally:
        timer.cancel()


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn what the driver says into DatabaseBroken, or DatabaseRefused."""
    try:
        yield
    except (DBAPIError, PoolClosed) as error:
        if refused(error):
            raise DatabaseRefused(f"{shown(url)}: {text(error)}; {_NOT_BY_ITSELF}") from error
        raise DatabaseBroken(f"{shown(url)}: {text(error)}") from error
    except DatabaseBroken as error:
        if str(error).startswith(shown(url)):
            raise
        raise DatabaseBroken(f"{shown(url)}: {error}") from error
