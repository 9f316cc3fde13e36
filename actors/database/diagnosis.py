"""What an exception of a database driver means for the caller. Pure, any thread.

Only the two outcomes that call for "later" are told apart here; everything else (a broken constraint, a wrong
statement) is the caller's own and passes through.
"""

import re
from typing import Literal

from sqlalchemy.exc import DBAPIError, OperationalError

#: `lost`: the connection or the server; the pool had better look. `busy`: somebody else was in the way for too long.
Finding = Literal["lost", "busy"]

#: PostgreSQL: serialization failure, deadlock, lock not available, statement cancelled (timeout).
_BUSY_STATES = frozenset({"40001", "40P01", "55P03", "57014"})
#: PostgreSQL classes: connection exception, insufficient resources, operator intervention, system error, read-only.
_LOST_CLASSES = ("08", "53", "57", "58", "XX")
#: PostgreSQL classes: invalid authorization, invalid catalogue name.
_REFUSED_CLASSES = ("28", "3D")
_REFUSED_WORDS = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|(role|database) \".*\" does not exist"
)
_READ_ONLY = "25006"
_BUSY_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT")
_LOST_SQLITE = (
    "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY",
    "SQLITE_PERM", "SQLITE_NOLFS", "SQLITE_PROTOCOL",
)  # fmt: skip


def finding(error: DBAPIError) -> Finding | None:
    """None when the fault is in what was asked."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return _of_sqlite(name)
    state = getattr(cause, "sqlstate", None)
    if state in _BUSY_STATES:
        return "busy"
    if error.connection_invalidated or state == _READ_ONLY or (state or "").startswith(_LOST_CLASSES):
        return "lost"
    # Without a state the server said nothing: the connection was never made, or broke.
    return "lost" if state is None and isinstance(error, OperationalError) else None


def refused(error: BaseException) -> bool:
    """Whether the server turned down the account or does not know the database: waiting is of no use."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_REFUSED_CLASSES)
    # While connecting the driver knows no state, only the server's words.
    return isinstance(error, OperationalError) and _REFUSED_WORDS.search(str(cause)) is not None


def text(error: BaseException) -> str:
    """The driver's own words in one line, without the statement and its values, which may be personal."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return " ".join(str(cause).split()) or type(cause).__name__


def _of_sqlite(name: str) -> Finding | None:
    if name.startswith(_BUSY_SQLITE):
        return "busy"
    return "lost" if name.startswith(_LOST_SQLITE) else None
