"""The network of the simulated carriers: one SQLite file, shared by every process that plays a part in it.

What the phones got, texts and receipts on their way to us, what became of each piece, who opted out at a carrier, and
what the strict watcher saw. A `Network` is used by one thread at a time; it survives kill -9. `read` opens the file for
itself, from any thread. A file that is not there yet reads as empty. All raise NetworkFailed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from actors.carrier.errors import NetworkFailed

FILE_NAME = "phones.sqlite"
BUSY_SECONDS = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    carrier TEXT NOT NULL,
    carrier_id TEXT NOT NULL,
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    total INTEGER NOT NULL,
    coding TEXT NOT NULL,
    body BLOB NOT NULL,
    udh BLOB NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS received_phone ON received (destination, id);
CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    carrier TEXT NOT NULL,
    due_at REAL NOT NULL,
    link TEXT NOT NULL DEFAULT '',
    item TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS post_due ON post (carrier, link, due_at, id);
CREATE TABLE IF NOT EXISTS fates (
    carrier TEXT NOT NULL,
    carrier_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    due_at REAL NOT NULL,
    PRIMARY KEY (carrier, carrier_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opted_out (
    carrier TEXT NOT NULL,
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    PRIMARY KEY (carrier, source, destination)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS arrivals (
    carrier TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    at REAL NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (carrier, name, scope, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watched (
    carrier TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    most INTEGER NOT NULL,
    total INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    peak_at REAL NOT NULL,
    violations INTEGER NOT NULL,
    violated_at REAL,
    PRIMARY KEY (carrier, name, scope)
) STRICT, WITHOUT ROWID;
"""


class Network:
    """The file, open."""

    def __init__(self, path: Path) -> None:
        """Open, and create what is missing. Raises NetworkFailed."""
        self.path = path
        with explained(path, "cannot be opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A process that dies loses nothing so; only the power that fails may.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nobody else writes meanwhile. Raises NetworkFailed."""
        with explained(self.path, "cannot be written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Raises NetworkFailed."""
        with explained(self.path, "cannot be read"):
            return self._connection.execute(statement, parameters).fetchall()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def opened(path: Path) -> Iterator[Network]:
    """For one use from outside a link."""
    network = Network(path)
    try:
        yield network
    finally:
        network.close()


def read(path: Path, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Without creating anything."""
    if not path.exists():
        return []
    with explained(path, "cannot be read"):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'watched'").fetchone():
                # Somebody is about to create it.
                return []
            return connection.execute(statement, parameters).fetchall()


@contextmanager
def explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise NetworkFailed(f"{path} {what}: {error}") from error
