"""Who holds what, and how the living know the dead: each consumer's session is a row and a locked file of its number.

The operating system takes the lock away when the process dies, however it dies; so no session is ever taken for dead
because it was slow. The lock belongs to the open file, not to the process, so two sessions of one process see each
other's.
"""

import fcntl
import secrets
import sqlite3
from pathlib import Path
from typing import BinaryIO

from actors.broker.embedded import entries
from actors.broker.embedded.catalogue import Catalogue
from actors.broker.embedded.returns import give_back


def new_id() -> int:
    """A number that no session had: also the epoch of its tags, even when the broker's file was deleted meanwhile."""
    return secrets.randbelow(2**53)


class SessionLock:
    """An exclusive lock on a file, held as long as the file is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def acquire(self) -> bool:
        """False when somebody holds it. Raises OSError."""
        file = self.path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let go of it; the file stays. Any thread, any number of times."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def remove(self) -> None:
        """Delete the file and let go. Only for one who holds the lock, or whose session has no row any more."""
        self.path.unlink(missing_ok=True)
        self.release()


def the_dead(connection: sqlite3.Connection, directory: Path, own: int) -> list[tuple[int, SessionLock]]:
    """Sessions whose lock is free, each with its lock, which we hold now: nobody else will bury it."""
    rows = connection.execute("SELECT id FROM sessions WHERE id <> ?", (own,)).fetchall()
    locks = [(id, SessionLock(directory / str(id))) for (id,) in rows]
    return [(id, lock) for id, lock in locks if lock.acquire()]


def end(connection: sqlite3.Connection, catalogue: Catalogue, session: int, failed: bool, now: float) -> None:
    """Give back what a session held, and forget it, with its own queue. Inside a write transaction."""
    catalogue.refresh(connection)
    give_back(connection, catalogue, session, entries.held(connection, session), failed, now)
    yield_lease(connection, session)
    rows = connection.execute("SELECT queue FROM sessions WHERE id = ?", (session,)).fetchall()
    connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
    for (queue,) in rows:
        connection.execute("UPDATE queues SET used_at = ? WHERE id = ?", (now, queue))
        if queue in catalogue.queues and catalogue.queues[queue].exclusive:
            catalogue.delete(connection, queue)


def delete_expired(connection: sqlite3.Connection, catalogue: Catalogue, now: float) -> None:
    """Queues that had no consumer for longer than they may. Inside a write transaction."""
    catalogue.refresh(connection)
    rows = connection.execute(_EXPIRED, (now,)).fetchall()
    for (queue,) in rows:
        catalogue.delete(connection, queue)


def has_expired(connection: sqlite3.Connection, now: float) -> bool:
    """Whether `delete_expired` would find one; asks without the write lock."""
    return connection.execute(f"{_EXPIRED} LIMIT 1", (now,)).fetchone() is not None


def take_lease(connection: sqlite3.Connection, queue: int, session: int) -> bool:
    """Become the single active consumer of a queue, if there is none that lives. Inside a write transaction."""
    connection.execute(
        "UPDATE queues SET active = ? WHERE id = ? AND (active IS NULL OR active NOT IN (SELECT id FROM sessions))",
        (session, queue),
    )
    row = connection.execute("SELECT 1 FROM queues WHERE id = ? AND active = ?", (queue, session)).fetchone()
    return row is not None


def yield_lease(connection: sqlite3.Connection, session: int) -> None:
    """Let another consumer be the active one. Inside a write transaction."""
    connection.execute("UPDATE queues SET active = NULL WHERE active = ?", (session,))


_EXPIRED = """
SELECT id FROM queues
WHERE expires_seconds IS NOT NULL AND used_at + expires_seconds < ? AND id NOT IN (SELECT queue FROM sessions)
"""
