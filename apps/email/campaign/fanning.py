"""Fanning out, one transaction at a time: who may, which chunks go next, and what the broker confirmed.

    take      this holder fans out this send, until its lease ends
    plan      chunk rows are written as `planned`, at most as many as may be in flight
    (publish, confirmed by the broker)
    confirm   `planned` becomes `published`, and the cursor moves
    finish    when every chunk is done and the books balance

A crash before `confirm` leaves planned chunks, which are published again: their claims are taken, so nobody gets a
second mail. A crash after it has nothing to repeat. Two holders at once (one whose lease ran out while it hung) publish
twice at worst, and only one of them moves the cursor. Functions over a connection; any thread.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, and_, func, insert, or_, select, update

from actors.database import Connection
from apps.email.campaign import books
from apps.email.campaign.chunk import Chunk, chunk_of
from apps.email.campaign.sends import Send, load, locked, move
from apps.email.campaign.states import ACTIVE, ChunkState, SendState
from apps.email.campaign.tables import CHUNKS, SENDS

#: A holder that is not heard of for so long has lost its sends.
LEASE_SECONDS = 10.0
RENEWED_BEFORE = timedelta(seconds=LEASE_SECONDS / 2)


def active(conn: Connection) -> list[int]:
    """The sends that there is something to do for, in the order in which they were started."""
    statement = select(SENDS.c.id).where(SENDS.c.state.in_(list(ACTIVE))).order_by(SENDS.c.id)
    return list(conn.scalars(statement))


def take(conn: Connection, id: int, holder: str, now: datetime) -> Send | None:
    """Hold the send for the next `LEASE_SECONDS`; None when somebody else does, or there is nothing to do for it."""
    send = load(conn, id)
    if send.state in ACTIVE and send.holder == holder and send.held_until and send.held_until > now + RENEWED_BEFORE:
        return send
    free = or_(SENDS.c.holder.is_(None), SENDS.c.holder == holder, SENDS.c.held_until < now)
    mine = update(SENDS).where(SENDS.c.id == id, SENDS.c.state.in_(list(ACTIVE)), free)
    changes = {"holder": holder, "held_until": now + timedelta(seconds=LEASE_SECONDS)}
    return load(conn, id) if conn.execute(mine.values(changes)).rowcount else None


def give_up(conn: Connection, holder: str) -> None:
    """An end that was seen coming: others need not wait for the lease."""
    conn.execute(update(SENDS).where(SENDS.c.holder == holder).values(holder=None, held_until=None))


def plan(conn: Connection, id: int, holder: str, most: int, now: datetime) -> list[Chunk]:
    """The chunks to be published now, written down as planned: first those that come again, then new ones.

    Among them are those planned before and never confirmed. None, unless this holder has the send and it runs.
    """
    send = locked(conn, id)
    if send.holder != holder or send.state is not SendState.RUNNING:
        return []
    room = max(0, most - _published(conn, id))
    again = [Chunk(id, row.number, row.first, row.last, send.version) for row in _again(conn, id, now, room)]
    fresh = _fresh(conn, send, room - len(again))
    for chunk in fresh:
        row = {"send_id": id, "number": chunk.number, "first": chunk.first, "last": chunk.last}
        conn.execute(insert(CHUNKS), {**row, "state": ChunkState.PLANNED.value, "times": 1, "changed_at": now})
    if again:
        numbers = [chunk.number for chunk in again]
        changes = {"state": ChunkState.PLANNED.value, "times": CHUNKS.c.times + 1, "again_at": None, "changed_at": now}
        conn.execute(update(CHUNKS).where(CHUNKS.c.send_id == id, CHUNKS.c.number.in_(numbers)).values(changes))
    return again + fresh


def confirm(conn: Connection, send: Send, chunks: Sequence[Chunk], holder: str, now: datetime) -> bool:
    """The broker has these. False, and nothing changed, when the cursor is not where this holder left it."""
    cursor = max([send.published, *(chunk.number for chunk in chunks)])
    same = and_(SENDS.c.id == send.id, SENDS.c.holder == holder, SENDS.c.published == send.published)
    if not conn.execute(update(SENDS).where(same).values(published=cursor)).rowcount:
        return False
    numbers = [chunk.number for chunk in chunks]
    # A dispatcher may have it done, or given back, by now.
    planned = and_(CHUNKS.c.send_id == send.id, CHUNKS.c.number.in_(numbers), CHUNKS.c.state == ChunkState.PLANNED)
    conn.execute(update(CHUNKS).where(planned).values(state=ChunkState.PUBLISHED.value, changed_at=now))
    return True


def finish(conn: Connection, id: int, holder: str, now: datetime) -> Send:
    """Finished when every chunk is done and the books balance; blocked, with the reason, when they do not."""
    send = locked(conn, id)
    if send.holder != holder or send.state is not SendState.RUNNING or _done(conn, id) < send.chunks:
        return send
    wrong = books.audit(conn, send)
    if wrong is not None:
        return move(conn, id, SendState.BLOCKED, now, wrong)
    sums = books.of(conn, send)
    conn.execute(update(SENDS).where(SENDS.c.id == id).values(sums=sums.to_dict()))
    return move(conn, id, SendState.FINISHED, now)


def publish_again(conn: Connection, id: int, now: datetime) -> int:
    """Have every chunk that is not done published again, because messages may be lost; how many."""
    lost = and_(CHUNKS.c.send_id == id, CHUNKS.c.state == ChunkState.PUBLISHED)
    return conn.execute(update(CHUNKS).where(lost).values(state=ChunkState.PLANNED.value, changed_at=now)).rowcount


def _published(conn: Connection, id: int) -> int:
    of = and_(CHUNKS.c.send_id == id, CHUNKS.c.state == ChunkState.PUBLISHED)
    return int(conn.execute(select(func.count()).select_from(CHUNKS).where(of)).scalar_one())


def _done(conn: Connection, id: int) -> int:
    of = and_(CHUNKS.c.send_id == id, CHUNKS.c.state == ChunkState.DONE)
    return int(conn.execute(select(func.count()).select_from(CHUNKS).where(of)).scalar_one())


def _again(conn: Connection, id: int, now: datetime, most: int) -> Sequence[Row[int, int, int]]:
    due = or_(
        CHUNKS.c.state.in_([ChunkState.PLANNED, ChunkState.RETURNED]),
        and_(CHUNKS.c.state == ChunkState.WAITING, CHUNKS.c.again_at <= now),
    )
    columns = select(CHUNKS.c.number, CHUNKS.c.first, CHUNKS.c.last)
    return conn.execute(columns.where(CHUNKS.c.send_id == id, due).order_by(CHUNKS.c.number).limit(most)).all()


def _fresh(conn: Connection, send: Send, most: int) -> list[Chunk]:
    """The next chunks of which there is no row yet."""
    last = conn.execute(select(func.max(CHUNKS.c.number)).where(CHUNKS.c.send_id == send.id)).scalar_one() or 0
    numbers = range(last + 1, min(last + max(0, most), send.chunks) + 1)
    return [chunk_of(send.id, number, send.chunk_size, send.targeted, send.version) for number in numbers]
