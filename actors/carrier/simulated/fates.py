"""What became of each piece that the simulated carrier took, whether its receipts came or not: it can be asked.

Functions of an open transaction.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from actors.carrier.port import Receipt, ReceiptState
from actors.carrier.simulated.behaviour import Treatment


def remember(connection: sqlite3.Connection, carrier: str, taken: Iterable[tuple[str, Treatment]], now: float) -> None:
    """These, by the carrier's names for them, were taken at `now`; seconds since the epoch."""
    rows = [
        (carrier, id, how.rule.state.value, how.rule.code, now + how.answer_seconds + how.receipt_seconds)
        for id, how in taken
    ]
    connection.executemany("INSERT INTO fates VALUES (?, ?, ?, ?, ?)", rows)


def tell(connection: sqlite3.Connection, carrier: str, carrier_ids: Sequence[str], now: float) -> list[Receipt]:
    """As a receipt would say it at `now`; nothing about pieces that the carrier does not know."""
    query = "SELECT state, code, due_at FROM fates WHERE carrier = ? AND carrier_id = ?"
    found = [(id, connection.execute(query, (carrier, id)).fetchone()) for id in carrier_ids]
    return [_receipt(carrier, id, row, now) for id, row in found if row is not None]


def _receipt(carrier: str, id: str, fate: tuple[str, str, float], now: float) -> Receipt:
    state, code, due_at = fate
    if due_at > now:
        return Receipt(carrier, id, ReceiptState.SENT)
    return Receipt(carrier, id, ReceiptState(state), code, datetime.fromtimestamp(due_at, UTC))
