"""The steps of a broadcast, each one short transaction: freeze its audience page by page, then write its texts.

Functions over a connection; any thread; they commit nothing. Every step begins with locking the row, reads how far the
broadcast is, and moves its cursor together with what it wrote: killed anywhere, the next one goes on where it was. Two
machines may step through the same broadcast; they take turns.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.sms.broadcast import books
from apps.sms.broadcast.broadcasts import UNDER_WAY, Broadcast, change, hold
from apps.sms.broadcast.condition import condition
from apps.sms.broadcast.errors import BadTemplate, LacksVariable
from apps.sms.broadcast.segment import parse
from apps.sms.broadcast.wording import Reader, Wording
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.states import BroadcastState, Lane, MemberState, TextState
from apps.sms.tables import leaders, members, targets, texts

#: Members frozen, and texts written, in one step; how many texts may be queued before more are written.
FROZEN, WRITTEN, AHEAD = 5_000, 500, 5_000
PENDING, SKIPPED, DONE = "pending", "skipped", "written"
LEFT, GONE = "the member left", "the member is not known any more"


def step(conn: Connection, id: int, now: datetime) -> bool:
    """One step of this broadcast; whether there was something to do. Raises NoSuchBroadcast."""
    held = hold(conn, id)
    if held.paused or held.state not in UNDER_WAY or held.start_at > now:
        return False
    if held.state is not BroadcastState.RUNNING:
        return _freeze(conn, held, now)
    if held.written < held.targeted:
        return _write(conn, held, now)
    return _finish(conn, held, now)


def _freeze(conn: Connection, held: Broadcast, now: datetime) -> bool:
    asked = condition(parse(dict(held.segment)), held.leader, now, conn.dialect.name)
    page = select(members.c.number).where(asked, members.c.number > held.cursor)
    numbers = list(conn.scalars(page.order_by(members.c.number).limit(FROZEN)))
    if numbers:
        rows = [{"broadcast": held.id, "number": number, "state": PENDING} for number in numbers]
        conn.execute(insert_or_ignore(conn, targets, ("broadcast", "number")), rows)
        frozen = held.targeted + len(numbers)
        change(conn, held.id, now, state=BroadcastState.FREEZING.value, cursor=numbers[-1], targeted=frozen)
        return True
    change(conn, held.id, now, state=BroadcastState.RUNNING.value, cursor="")
    return True


def _write(conn: Connection, held: Broadcast, now: datetime) -> bool:
    queued = select(func.count()).where(texts.c.broadcast == held.id, texts.c.state == TextState.QUEUED.value)
    if conn.execute(queued).scalar_one() >= AHEAD:
        return False
    rows = _page(conn, held)
    leader = conn.execute(select(leaders.c.name).where(leaders.c.id == held.leader)).scalar_one()
    wording = Wording(held.template)
    outgoing, skipped = list[Outgoing](), dict[str, list[str]]()
    for place, row in enumerate(rows, start=held.written):
        found = _text(held, wording, leader, row, place)
        if isinstance(found, Outgoing):
            outgoing.append(found)
        else:
            skipped.setdefault(found, []).append(row.target)
    queue(conn, outgoing, now)
    _mark(conn, held.id, [one.member for one in outgoing], DONE)
    for reason, numbers in skipped.items():
        _mark(conn, held.id, numbers, SKIPPED, reason)
    change(conn, held.id, now, cursor=rows[-1].target, written=held.written + len(rows))
    return True


def _page(conn: Connection, held: Broadcast) -> Sequence[Row[Any]]:
    """The next of the audience, with what is known of them now."""
    mine = (members.c.leader == held.leader) & (members.c.number == targets.c.number)
    known = ("our_number", "state", "name", "place", "country", "locale", "answers")
    asked = (
        select(targets.c.number.label("target"), *(members.c[name] for name in known))
        .select_from(targets.outerjoin(members, mine))
        .where(targets.c.broadcast == held.id, targets.c.number > held.cursor)
    )
    return conn.execute(asked.order_by(targets.c.number).limit(WRITTEN)).all()


def _text(held: Broadcast, wording: Wording, leader: str, row: Row[Any], place: int) -> Outgoing | str:
    """The text, or why there is none."""
    if row.state is None:
        return GONE
    if row.state != MemberState.JOINED:
        return LEFT
    reader = Reader(row.target, row.name, row.place, row.country, row.locale, row.answers)
    try:
        body = wording.fill(reader.values(leader))
    except (LacksVariable, BadTemplate) as error:
        return str(error)
    return Outgoing(
        key=f"broadcast:{held.id}:{row.target}",
        leader=held.leader,
        member=row.target,
        our_number=row.our_number,
        lane=Lane.BROADCAST,
        body=body,
        broadcast=held.id,
        due_at=held.due_at(place),
        expires_at=held.expires_at,
    )


def _mark(conn: Connection, id: int, numbers: Sequence[str], state: str, reason: str | None = None) -> None:
    if numbers:
        own = (targets.c.broadcast == id) & targets.c.number.in_(numbers)
        conn.execute(update(targets).where(own).values(state=state, reason=reason))


def _finish(conn: Connection, held: Broadcast, now: datetime) -> bool:
    """When nothing of it waits any more, and only if its books balance."""
    found = books.read(conn, held.id)
    if found.pending:
        return False
    if found.balanced:
        change(conn, held.id, now, state=BroadcastState.FINISHED.value)
    else:
        change(conn, held.id, now, state=BroadcastState.BLOCKED.value, reason=f"the books do not balance: {found}")
    return True
