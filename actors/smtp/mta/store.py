"""The mails that the embedded server has taken, in one SQLite file.

`Store` is the writer, used by one thread at a time. The functions read, from any thread or process, also while the
server runs; each opens the file for itself. A file that is not there yet reads as empty. All raise StoreFailed.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from actors.smtp.mta.errors import NoSuchMail, StoreFailed

FILE_NAME = "mta.sqlite"
BUSY_SECONDS = 5.0
#: Old mails are removed after so many new ones.
PIECE = 1000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY,
    received_at REAL NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    message_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS mails_message_id ON mails (message_id);
"""
_INSERT = "INSERT INTO mails (received_at, sender, recipients, message_id, size, content) VALUES (?, ?, ?, ?, ?, ?)"
# The subject is somewhere in the header; a header larger than this shows none.
_SUMMARY = "SELECT id, received_at, sender, recipients, message_id, size, substr(content, 1, 16384) FROM mails"
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\r\n]*>)", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as it arrived; `received_at` in seconds since the epoch."""

    received_at: float
    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Summary:
    """A kept mail without its content. `id` grows in the order of arrival; `subject` is decoded; `size` in octets."""

    id: int
    received_at: float
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    size: int
    subject: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A kept mail; `content` as it came over the wire, transparency removed."""

    summary: Summary
    content: bytes = field(repr=False)


class Store:
    """The writer."""

    def __init__(self, path: Path, *, durable: bool = True, most: int | None = None) -> None:
        """Open, and create what is missing. Raises StoreFailed.

        Args:
            durable: waits for the disk at each commit.
            most: mails kept; the oldest are removed, in pieces, so that some more may be there for a while.
        """
        with _explained(path, "cannot be opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._path = path
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.executescript(_SCHEMA)
        self._most = most
        self._since_removal = 0

    def add(self, mails: Sequence[Incoming]) -> None:
        """Keep all of them in one transaction; when it returns they are kept. Raises StoreFailed, then none is."""
        rows = [_row(mail) for mail in mails]
        with _explained(self._path, "cannot be written"), self._transaction():
            self._connection.executemany(_INSERT, rows)
            self._remove_oldest(len(rows))

    def _remove_oldest(self, added: int) -> None:
        """The numbers grow by one from mail to mail, so the oldest are those below a bound."""
        self._since_removal += added
        if self._most is not None and self._since_removal >= min(PIECE, self._most // 10 + 1):
            self._connection.execute("DELETE FROM mails WHERE id <= (SELECT max(id) FROM mails) - ?", (self._most,))
            self._since_removal = 0

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def store_path(home: Path) -> Path:
    return home / FILE_NAME


def outbox(path: Path, *, limit: int = 100, after: int = 0) -> list[Summary]:
    """Up to `limit` mails in the order of arrival, beginning behind the number `after`."""
    return [_summary(row) for row in _read(path, f"{_SUMMARY} WHERE id > ? ORDER BY id LIMIT ?", after, limit)]


def latest(path: Path, *, limit: int = 100, before: int | None = None) -> list[Summary]:
    """Up to `limit` mails, the newest first, beginning in front of the number `before`."""
    bound = 2**63 - 1 if before is None else before
    return [_summary(row) for row in _read(path, f"{_SUMMARY} WHERE id < ? ORDER BY id DESC LIMIT ?", bound, limit)]


def mail(path: Path, id: int) -> Mail:
    """One mail with its content. Raises NoSuchMail."""
    rows = _read(path, f"{_SUMMARY.replace(' FROM', ', content FROM')} WHERE id = ?", id)
    if not rows:
        raise NoSuchMail(f"{path} holds no mail number {id}")
    *summary, content = rows[0]
    return Mail(_summary(tuple(summary)), content)


def by_message_id(path: Path, message_id: str) -> list[Summary]:
    """Every copy of one mail, in the order of arrival. `message_id` with its angle brackets."""
    return [_summary(row) for row in _read(path, f"{_SUMMARY} WHERE message_id = ? ORDER BY id", message_id)]


def count(path: Path) -> int:
    """How many mails are kept."""
    rows = _read(path, "SELECT count(*) FROM mails")
    return int(rows[0][0]) if rows else 0


def taken(path: Path) -> int:
    """How many mails were taken, those removed since among them."""
    rows = _read(path, "SELECT coalesce(max(id), 0) FROM mails")
    return int(rows[0][0]) if rows else 0


def copies(path: Path, *, at_least: int = 1) -> dict[str, int]:
    """How often each Message-ID arrived; `at_least=2` lists the doubled ones."""
    query = "SELECT message_id, count(*) FROM mails GROUP BY message_id HAVING count(*) >= ? ORDER BY min(id)"
    return dict(_read(path, query, at_least))


def _read(path: Path, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    if not path.exists():
        return []
    with _explained(path, "cannot be read"), closing(_open_to_read(path)) as connection:
        return connection.execute(query, parameters).fetchall()


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreFailed(f"{path} {what}: {error}") from error


def _row(mail: Incoming) -> tuple[float, str, str, str, int, bytes]:
    header = _HEADER_END.split(mail.content, maxsplit=1)[0]
    found = _MESSAGE_ID.search(header)
    message_id = found[1].decode("utf-8", "replace") if found else ""
    recipients = json.dumps(mail.recipients, ensure_ascii=False)
    return mail.received_at, mail.sender, recipients, message_id, len(mail.content), mail.content


def _summary(row: tuple[Any, ...]) -> Summary:
    id, received_at, sender, recipients, message_id, size, head = row
    return Summary(id, received_at, sender, tuple(json.loads(recipients)), message_id, size, _subject(head))


def _subject(head: bytes) -> str:
    try:
        return str(BytesHeaderParser(policy=policy.default).parsebytes(head)["subject"] or "")
    except Exception:  # a mail may hold anything, and a header that no parser stands must not hide the others
        return ""
