"""Which texts carriers are asked for: those that were handed over long ago, and of which no receipt told the end.

Functions on a connection inside somebody's transaction; they commit nothing. A piece that is to be asked for has
`ask_at`, when. Each question moves that on, twice as far each time; after the last one there is none, and what became
of the piece is unknown. Its state stays: what the carrier answers comes as a receipt and takes the way of all receipts.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from actors.carrier.party import party
from actors.carrier.port import Named
from actors.database import Connection
from apps.sms.outbound import known
from apps.sms.states import TextState
from apps.sms.tables import parts, texts

#: Texts that are locked and marked by one statement.
MOST = 1000
_OPEN = (parts.c.state == TextState.HANDED.value) & parts.c.carrier_id.is_not(None)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A piece that waits for its end; it was asked for `asked` times."""

    text: str
    number: int
    named: Named
    asked: int


def find(conn: Connection, carriers: Collection[str], after: datetime, before: datetime, now: datetime) -> datetime:
    """Texts of these carriers, handed over between the two, are to be asked for from now on; how far it looked."""
    fresh = _OPEN & (parts.c.asked == 0) & parts.c.ask_at.is_(None) & parts.c.carrier.in_(sorted(carriers))
    handed = (texts.c.state == TextState.HANDED.value) & (texts.c.handed_at >= after) & (texts.c.handed_at < before)
    statement = select(texts.c.key, texts.c.handed_at).join(parts, (parts.c.text == texts.c.key) & fresh)
    rows = conn.execute(statement.where(handed).order_by(texts.c.handed_at).limit(MOST)).all()
    _mark(conn, [row.key for row in rows], now, fresh)
    return before if len(rows) < MOST else rows[-1].handed_at


def due(conn: Connection, carrier: str, now: datetime, most: int) -> list[Stuck]:
    """Pieces that the carrier is to be asked for now, the longest overdue first."""
    statement = (
        select(parts.c.text, parts.c.number, parts.c.carrier_id, parts.c.asked, texts.c.our_number)
        .join(texts, texts.c.key == parts.c.text)
        .where(_OPEN, parts.c.ask_at <= now, parts.c.carrier == carrier)
        .order_by(parts.c.ask_at)
        .limit(most)
    )
    return [
        Stuck(row.text, row.number, Named(row.carrier_id, party(row.our_number)), row.asked)
        for row in conn.execute(statement)
    ]


def asked(conn: Connection, found: Sequence[Stuck], pause: timedelta, now: datetime) -> None:
    """These are asked for now; again after `pause`, and after twice as long each time."""
    _move(conn, [(one, one.asked + 1, now + pause * 2**one.asked) for one in found])


def give_up(conn: Connection, found: Sequence[Stuck]) -> None:
    """These were asked for often enough: what became of them is unknown."""
    _move(conn, [(one, one.asked, None) for one in found])


def again(conn: Connection, before: datetime, limit: int, now: datetime) -> int:
    """Ask anew for so many texts, handed over before then; how many of them can be asked for."""
    stuck = (texts.c.state == TextState.HANDED.value) & (texts.c.handed_at < before)
    with_id = select(parts.c.text).where(_OPEN, parts.c.text == texts.c.key).exists()
    keys = conn.scalars(select(texts.c.key).where(stuck, with_id).order_by(texts.c.handed_at).limit(limit)).all()
    for start in range(0, len(keys), MOST):
        _mark(conn, keys[start : start + MOST], now, _OPEN)
    return len(keys)


def _mark(conn: Connection, keys: Sequence[str], now: datetime, condition: Any) -> None:
    if keys:
        known.lock(conn, keys)
        mine = parts.c.text.in_(sorted(keys))
        conn.execute(update(parts).where(mine, condition).values(ask_at=now, asked=0))


def _move(conn: Connection, rows: Sequence[tuple[Stuck, int, datetime | None]]) -> None:
    if rows:
        known.lock(conn, {one.text for one, _, _ in rows})
        statement = update(parts).where(parts.c.text == bindparam("of"), parts.c.number == bindparam("nth"))
        conn.execute(
            statement.values(asked=bindparam("times"), ask_at=bindparam("until")),
            [{"of": one.text, "nth": one.number, "times": times, "until": until} for one, times, until in rows],
        )
