"""Sends and people as tests need them."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert

from apps.email.campaign import chunks, mails, sends
from apps.email.campaign.chunk import Chunk, chunk_of
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.sends import Order, Send, start_send
from apps.email.campaign.states import ChunkState, MailState, SendState
from apps.email.campaign.tables import CHUNKS, PEOPLE, SENDS
from apps.people.address import parse
from apps.people.profile import Draft
from apps.people.upsert import upsert

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ME, OTHER = "node-1/dispatcher#1", "node-2/dispatcher#1"


def order(name: str = "spring", **said: Any) -> Order:
    fields: dict[str, Any] = {
        "rule": "petition_update",
        "template": "petition_update",
        "audience": {"all": []},
        "event_id": name,
        "event_source": "/tests",
        "event_type": "petition_update",
        "topic": "petition_updates",
    }
    return Order(name=name, **{**fields, **said})


def people(conn: Connection, count: int, start: int = 0) -> list[str]:
    ids = [f"p{number:06}" for number in range(start, start + count)]
    upsert(conn, [Draft(parse(f"{id}@example.org"), id=id, name=id.upper(), locale="en-GB") for id in ids], NOW)
    return ids


def running(conn: Connection, persons: list[str], name: str = "spring", chunk_size: int = 500, **said: Any) -> Send:
    """A send whose frozen audience is this, all its chunks published; `said` as for `order`."""
    id, _ = start_send(conn, order(name, **said), NOW, chunk_size)
    send = sends.load(conn, id)
    rows = [
        {"send_id": id, "day": send.day, "position": number, "person_id": person}
        for number, person in enumerate(persons, 1)
    ]
    if rows:
        conn.execute(insert(PEOPLE), rows)
    conn.execute(SENDS.update().where(SENDS.c.id == id).values(targeted=len(persons)))
    sends.move(conn, id, SendState.FROZEN, NOW)
    send = sends.move(conn, id, SendState.RUNNING, NOW)
    for number in range(1, send.chunks + 1):
        chunk = chunk_of(id, number, chunk_size, len(persons), 1)
        fields = {"first": chunk.first, "last": chunk.last, "state": "published", "times": 1, "changed_at": NOW}
        conn.execute(insert(CHUNKS), {"send_id": id, "number": number, **fields})
    conn.execute(SENDS.update().where(SENDS.c.id == id).values(published=send.chunks))
    return sends.load(conn, id)


def chunk(send: Send, number: int = 1) -> Chunk:
    return chunk_of(send.id, number, send.chunk_size, send.targeted, send.version)


def dispatch(conn: Connection, send: Send, chunk: Chunk, claimant: str, handed: Counter[str]) -> ChunkState:
    """A double of a dispatcher whose mails are all taken: each hand-over is counted."""
    everybody, _ = mails.people(conn, send, chunk)
    won = mails.claim(conn, send, [Claim(id) for id in everybody], claimant, NOW)
    handed.update(won)
    mails.settle(conn, send, [Result(id, MailState.HANDED, code=250) for id in won], claimant, NOW)
    return chunks.chunk_done(conn, send, chunk, NOW)
