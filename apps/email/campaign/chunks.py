"""Chunks as rows, from the dispatcher's side: what became of the one in hand. Functions over a connection; any thread.

A dispatcher commits one of these before it acknowledges the chunk's message; a message that comes without is a chunk
that comes again, and finds its claims taken.
"""

from datetime import datetime

from sqlalchemy import Select, and_, func, literal, or_, select, update

from actors.database import Connection
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.mails import IDS, OWN, of_chunk
from apps.email.campaign.sends import Send
from apps.email.campaign.states import CHUNKS, IN_FLIGHT, ChunkState, MailState
from apps.email.campaign.tables import CHUNKS as TABLE
from apps.email.campaign.tables import MAILS

_STATE = func.coalesce(MAILS.c.state, literal(""))
_CHUNK = IDS.subquery("chunk")
#: (state, the earliest moment) of the people who are not settled; "" for those whom nobody has taken.
_PENDING = (
    select(_STATE, func.min(func.coalesce(MAILS.c.due_at, MAILS.c.at)))
    .select_from(_CHUNK.outerjoin(MAILS, and_(OWN, MAILS.c.person_id == _CHUNK.c.person_id)))
    .where(or_(MAILS.c.state.is_(None), MAILS.c.state.in_([MailState.CLAIMED, MailState.DEFERRED])))
    .group_by(_STATE)
)


def chunk_done(conn: Connection, send: Send, chunk: Chunk, now: datetime) -> ChunkState:
    """Close a chunk as far as it is: the state it has then, which is `done` only when nobody in it is pending.

    `waiting` when somebody is deferred: the fan-out publishes it again when the first of them is due. Unchanged, if
    somebody in it is claimed: another dispatcher has the same chunk in hand, and closes it.
    """
    # Two who end with the same chunk at once would each see the other's mails still claimed.
    conn.execute(_row(chunk).with_for_update())
    pending = {row[0]: row[1] for row in conn.execute(_PENDING, of_chunk(send, chunk))}
    if MailState.CLAIMED in pending:
        return _state(conn, chunk)
    if "" in pending:
        return chunk_returned(conn, chunk, now)
    if MailState.DEFERRED in pending:
        return _become(conn, chunk, ChunkState.WAITING, now, again_at=pending[MailState.DEFERRED])
    return _become(conn, chunk, ChunkState.DONE, now)


def chunk_returned(conn: Connection, chunk: Chunk, now: datetime) -> ChunkState:
    """Give it back because the send is held, or nobody can work on it now: the fan-out publishes it again."""
    return _become(conn, chunk, ChunkState.RETURNED, now)


def _become(
    conn: Connection, chunk: Chunk, state: ChunkState, now: datetime, again_at: datetime | None = None
) -> ChunkState:
    before = [one for one in ChunkState if state in CHUNKS[one]]
    conn.execute(
        update(TABLE)
        .where(TABLE.c.send_id == chunk.send_id, TABLE.c.number == chunk.number, TABLE.c.state.in_(before))
        .values(state=state.value, again_at=again_at, changed_at=now)
    )
    return _state(conn, chunk)


def _state(conn: Connection, chunk: Chunk) -> ChunkState:
    """A chunk without a row was never planned by a fan-out; it is treated as one that is under way."""
    return ChunkState(conn.execute(_row(chunk)).scalar_one_or_none() or ChunkState.PUBLISHED)


def _row(chunk: Chunk) -> Select[str]:
    return select(TABLE.c.state).where(TABLE.c.send_id == chunk.send_id, TABLE.c.number == chunk.number)


def in_flight(conn: Connection, send_id: int) -> int:
    """How many chunks are with the broker or a dispatcher."""
    statement = select(func.count()).where(TABLE.c.send_id == send_id, TABLE.c.state.in_(list(IN_FLIGHT)))
    return conn.execute(statement).scalar_one()
