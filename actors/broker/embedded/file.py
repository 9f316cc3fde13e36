"""One connection to the broker's SQLite file: opened, guarded, and written to in short transactions.

A connection belongs to the thread that opened it; `interrupt` may come from any. Write-ahead log: readers never wait.
With `durable` a commit is on the disk when it returns. Without it a commit survives the death of the process, not the
loss of power; that is enough for what only repeats work when lost: claims and acknowledgements.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.broker.embedded.schema import SCHEMA, SCHEMA_VERSION, UPGRADE
from actors.errors import Unavailable

WHAT = "the embedded broker"
#: Pages, 4 KB each, after which a commit moves the log into the file; and the size that the log is cut back to.
CHECKPOINT_PAGES = 2000
LOG_BYTES = 32 * 2**20


class File:
    """Raises Unavailable for whatever SQLite reports: locked for too long, full, broken, not a database."""

    def __init__(self, path: Path, lock_timeout_seconds: float, durable: bool) -> None:
        self.path = path
        self.lock_timeout_seconds = lock_timeout_seconds
        self.durable = durable
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, and make it when it is not there."""
        with self.guard():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Mails wait here, with links that reset passwords. SQLite gives its log the same mode.
            self.path.touch(mode=0o600)
            self._connection = _patiently(self._connect, self.lock_timeout_seconds)

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise Unavailable(WHAT, str(self.path), "the file is not open")
        return self._connection

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn SQLite's and the file system's errors into Unavailable."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(WHAT, str(self.path), str(error)) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it or nothing. Waits at most the lock timeout for other writers."""
        connection = self.connection
        with self.guard():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after some errors, such as a full disk.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def changes(self) -> int:
        """A number that differs from the last one when some other connection has committed. Costs microseconds."""
        with self.guard():
            version: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
            return version

    def interrupt(self) -> None:
        """Make a running statement fail. Any thread."""
        connection = self._connection
        if connection is not None:
            try:
                connection.interrupt()
            except sqlite3.ProgrammingError:
                return

    def close(self) -> None:
        """Does not raise: what is not committed by now is gone either way."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error:
                return

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=self.lock_timeout_seconds, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self.durable else 'NORMAL'}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; refuse a file of another version."""
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)
    if version in (0, 1):
        for statement in SCHEMA if version == 0 else UPGRADE:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
    if version not in (0, 1, SCHEMA_VERSION):
        raise sqlite3.DatabaseError(f"written by another version of Rookery (schema {version}, not {SCHEMA_VERSION})")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _patiently(connect: Callable[[], sqlite3.Connection], timeout_seconds: float) -> sqlite3.Connection:
    """Several processes that make one new file at once get "locked" without SQLite's own waiting; so wait here."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            return connect()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
