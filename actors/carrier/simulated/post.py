"""Texts and receipts on their way from the simulated network to us: kept in the file until they were settled.

A link claims what is due, and owns it until it settled it, gave it back, or was started again. Functions of an open
transaction; `type_text` and `type_texts` open the file for themselves: a member with a phone, in any process.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.carrier.party import party
from actors.carrier.port import Inbound, Receipt, ReceiptState
from actors.carrier.simulated.network import opened

Item = Inbound | Receipt
#: What is due at once, whatever clock the link goes by.
NOW = 0.0


def type_text(path: Path, carrier: str, source: str, destination: str, body: str) -> str:
    """A member texts one of our numbers; the carrier's name for that text. Raises WrongNumber, NetworkFailed."""
    return type_texts(path, carrier, [(source, destination, body)])[0]


def type_texts(path: Path, carrier: str, texts: Iterable[tuple[str, str, str]]) -> list[str]:
    """Many of them, `(from, to, body)`, in this order."""
    now = datetime.now(UTC)
    items = [
        Inbound(carrier, uuid.uuid4().hex, party(source), party(destination), body, now)
        for source, destination, body in texts
    ]
    with opened(path) as network, network.transaction() as connection:
        send(connection, [(NOW, item) for item in items])
    return [item.id for item in items]


def send(connection: sqlite3.Connection, items: Iterable[tuple[float, Item]]) -> None:
    """On its way, each from when it is due; seconds since the epoch."""
    rows = [(item.carrier, due_at, _written(item)) for due_at, item in items]
    connection.executemany("INSERT INTO post (carrier, due_at, item) VALUES (?, ?, ?)", rows)


def claim(connection: sqlite3.Connection, carrier: str, link: str, now: float, limit: int) -> list[tuple[int, Item]]:
    """Up to `limit` that are due, in order, now this link's; each with its number."""
    rows = connection.execute(
        "SELECT id, item FROM post WHERE carrier = ? AND link = '' AND due_at <= ? ORDER BY due_at, id LIMIT ?",
        (carrier, now, limit),
    ).fetchall()
    connection.executemany("UPDATE post SET link = ? WHERE id = ?", [(link, id) for id, _ in rows])
    return [(id, _item(carrier, json.loads(written))) for id, written in rows]


def settle(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """We have them: they never come again."""
    connection.executemany("DELETE FROM post WHERE id = ?", [(id,) for id in ids])


def give_back(connection: sqlite3.Connection, ids: Sequence[int], due_at: float) -> None:
    """They come again, to whichever link."""
    connection.executemany(
        "UPDATE post SET link = '', due_at = max(due_at, ?) WHERE id = ?", [(due_at, i) for i in ids]
    )


def release(connection: sqlite3.Connection, link: str) -> None:
    """What a former life of this link left unsettled comes again."""
    connection.execute("UPDATE post SET link = '' WHERE link = ?", (link,))


def _written(item: Item) -> str:
    at = None if item.at is None else item.at.timestamp()
    if isinstance(item, Receipt):
        fields = {"receipt": item.carrier_id, "state": item.state, "code": item.code, "opted_out": item.opted_out}
        return json.dumps({**fields, "at": at})
    fields = {"text": item.text, "id": item.id, "from": item.source.value, "to": item.destination.value}
    return json.dumps({**fields, "at": at})


def _item(carrier: str, read: dict[str, Any]) -> Item:
    at = None if read["at"] is None else datetime.fromtimestamp(read["at"], UTC)
    if "receipt" in read:
        return Receipt(carrier, read["receipt"], ReceiptState(read["state"]), read["code"], at, read["opted_out"])
    return Inbound(carrier, read["id"], party(read["from"]), party(read["to"]), read["text"], at)
