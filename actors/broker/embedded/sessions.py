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


def the_dead(connection: sqlite3.Connection, directory: Path, queue: int, own: int) -> list[tuple[int, SessionLock]]:
    """Sessions of a queue whose lock is free, each with its lock, which we hold now: nobody else will bury it."""
    rows = connection.execute("SELECT id FROM sessions WHERE queue = ? AND id <> ?", (queue, own)).fetchall()
    locks = [(id, SessionLock(directory / str(id))) for (id,) in rows]
    return [(id, lock) for id, lock in locks if lock.acquire()]


def end(connection: sqlite3.Connection, catalogue: Catalogue, session: int, failed: bool, now: float) -> None:
    """Give back what a session held, and forget it. Inside a write transaction."""
    catalogue.refresh(connection)
    give_back(connection, catalogue, session, entries.held(connection, session), failed, now)
    connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
