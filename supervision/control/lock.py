"""One root per home: an exclusive `flock` on `<home>/root.lock`, which the kernel drops when the root dies in any way.

The file also holds the root's process id, for people; nobody relies on it. Runs in the root's main thread. Does not
guard a home on a network file system without locks.
"""

import fcntl
import os
from pathlib import Path

from supervision.errors import RookeryError

LOCK_NAME = "root.lock"


class AlreadyRunning(RookeryError):
    """Another root runs in this home. Not 75: starting again would not help as long as the other one lives."""

    title = "Another root runs here"
    exit_code = 78


class HomeUnusable(RookeryError):
    """The home cannot be made or written to."""

    title = "The home cannot be used"
    exit_code = 78


class Lock:
    """Held from construction to `release`. Makes the home, for its owner only, where there is none.

    Raises AlreadyRunning, HomeUnusable.
    """

    def __init__(self, home: Path) -> None:
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise HomeUnusable(f"{home}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 32).decode(errors="replace").strip()
            os.close(self._file)
            raise AlreadyRunning(f"another root runs in {home} (process {holder or 'unknown'})") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another root in. The file stays: deleting it would let two roots lock two files of one name."""
        os.close(self._file)
