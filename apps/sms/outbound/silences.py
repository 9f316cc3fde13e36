"""How long it took until nothing more could leave to whoever opted out. Functions over a connection; any thread.

From when the text came in to when the last text to its member left us that was not there to confirm it; or, if none
did, to when it was written down that the member is out: from then on nothing queued is claimed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from actors.database import Connection
from apps.people.consent import ALL, Channel, Said
from apps.people.tables import consents
from apps.sms.hub.consent import SOURCE
from apps.sms.states import Lane
from apps.sms.tables import texts

#: Opt-outs that are looked at together.
MOST = 500


@dataclass(frozen=True, slots=True)
class Silenced:
    """One opt-out by text; `seconds` until silence, `number` in the ledger of consents."""

    number: int
    seconds: float


def latest(conn: Connection) -> int:
    """The last line of the ledger; 0 if it is empty."""
    return int(conn.scalar(select(func.max(consents.c.number))) or 0)


def silenced(conn: Connection, after: int, until: datetime) -> list[Silenced]:
    """Opt-outs behind line `after` that were said up to `until`, in order. What came in later may not be over yet."""
    return [Silenced(row.number, _seconds(conn, row)) for row in _opt_outs(conn, after, until)]


def _opt_outs(conn: Connection, after: int, until: datetime) -> list[Row[Any]]:
    mine = (consents.c.channel == Channel.SMS) & (consents.c.state == Said.REVOKED) & (consents.c.source == SOURCE)
    key = consents.c.evidence["text_key"].as_string().label("text")
    asked = select(consents.c.number, consents.c.key, consents.c.scope, key, consents.c.at)
    chosen = asked.where(consents.c.number > after, mine, consents.c.at <= until)
    return list(conn.execute(chosen.order_by(consents.c.number).limit(MOST)))


def _seconds(conn: Connection, said: Row[Any]) -> float:
    written = conn.scalar(select(texts.c.changed_at).where(texts.c.key == said.text)) or said.at
    left = select(func.max(texts.c.handed_at)).where(
        texts.c.member == said.key,
        texts.c.direction == "out",
        texts.c.lane != Lane.CONFIRMATION,
        texts.c.created_at <= written,
        texts.c.handed_at > said.at,
    )
    if said.scope != ALL:
        left = left.where(texts.c.leader == said.scope)
    last = conn.scalar(left)
    silent_at: datetime = max(written, last or written)
    received_at: datetime = said.at
    return max(0.0, (silent_at - received_at).total_seconds())
