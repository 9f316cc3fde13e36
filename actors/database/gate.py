"""The way to one engine's connections, which can be closed from outside, for good, with everybody in it.

Disposing an engine leaves alone what is checked out, and a thread that waits for a frozen server waits for ever. So the
gate knows every open connection, of callers and idle, and `close` cuts them all: a caller in the middle of a statement
gets an error at once, a later one is refused. Any thread may call anything here.
"""

import contextlib
import os
import socket
import sqlite3
import threading
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from actors.database.engine import is_sqlite
from actors.database.errors import PoolClosed


class Gate:
    """One engine, open until `close`. There is no way back: a restarted pool makes a new one.

    `turn` is held by the one writer of this process on SQLite: threads that wait for it keep no connection from
    readers, and do not starve each other as those do who poll for SQLite's own lock. PostgreSQL has none.
    `share` is held by callers who can wait, for as long as they have a connection: `reserved` are never theirs.
    """

    def __init__(self, engine: Engine, size: int = 1, reserved: int = 0) -> None:
        self.engine = engine
        self.share_size = max(1, size - reserved)
        self.share = threading.BoundedSemaphore(self.share_size)
        self.suspected = False
        self.turn = threading.Lock() if is_sqlite(engine.url) else None
        self._why: str | None = None
        self._lock = threading.Lock()
        self._open: dict[int, Any] = {}
        event.listen(engine, "do_connect", self._before_connect)
        event.listen(engine, "connect", self._opened, insert=True)
        for ending in ("close", "close_detached"):
            event.listen(engine, ending, self._gone)

    @property
    def closed(self) -> bool:
        return self._why is not None

    @property
    def connected(self) -> bool:
        """Whether any connection is open."""
        return bool(self._open)

    def check(self) -> None:
        """Raises PoolClosed."""
        if self._why is not None:
            raise PoolClosed(f"the pool gave up this database: {self._why}")

    def cut(self, why: str) -> None:
        """Close the gate and wake every thread that waits for the database. Quick; does not wait for them."""
        with self._lock:
            self._why = self._why or why
            for connection in self._open.values():
                _cut(connection)

    def close(self, why: str) -> None:
        """Cut, and give back what lies idle in the pool. What is in use is given back by who uses it."""
        self.cut(why)
        self.engine.dispose()

    def _before_connect(self, *ignored: Any) -> None:
        self.check()

    def _opened(self, connection: Any, entry: Any) -> None:
        with self._lock:
            if not self.closed:
                self._open[id(connection)] = connection
        if self.closed:  # while connecting: whoever cut the others did not see this one
            connection.close()
            self.check()

    def _gone(self, connection: Any, *ignored: Any) -> None:
        # Under the lock, so that `cut` never touches a file descriptor that is already somebody else's.
        with self._lock:
            self._open.pop(id(connection), None)


def _cut(connection: Any) -> None:
    with contextlib.suppress(Exception):
        if isinstance(connection, sqlite3.Connection):
            connection.interrupt()
        else:
            with socket.socket(fileno=os.dup(connection.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)
