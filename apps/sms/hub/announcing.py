"""Who joined and who left, written down for `news` to tell. Over a connection, in the transaction that did it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.sms.tables import news

JOINED, LEFT = "joined", "left"
#: Of a cause as it stands in the table.
MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Change:
    """A member of a leader joined or left. The same `cause` is the same change: it becomes the id of the event."""

    cause: str
    leader: str
    number: str
    state: str
    at: datetime
    person: str | None = None


def announce(conn: Connection, changes: Iterable[Change]) -> None:
    """What is written down already is left out."""
    rows = [{**asdict(change), "cause": _short(change.cause)} for change in changes]
    if rows:
        conn.execute(insert_or_ignore(conn, news, ("cause",)), rows)


def _short(cause: str) -> str:
    return cause if len(cause) <= MOST_CHARACTERS else sha256(cause.encode()).hexdigest()
