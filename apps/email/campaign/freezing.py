"""Freezing an audience: who is meant when the send starts, numbered 1, 2, 3... Functions over a connection; any thread.

Page by page in the order of the ids: the people of a page and the cursor behind them are one transaction, so a crash
between two pages goes on after the last one, and no statement holds more than a page.

Not guaranteed: one moment for all. Who joins or leaves the audience during the freeze is seen as of their page.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, func, insert, literal, or_, select, update

from actors.database import Connection
from apps.email.campaign.sends import Send, load, locked, move
from apps.email.campaign.states import MailState, SendState
from apps.email.campaign.tables import MAILS, PEOPLE, SENDS
from apps.people.audience.query import parse
from apps.people.audience.store import meant
from apps.people.tables import profiles


def freeze_page(conn: Connection, id: int, size: int, now: datetime) -> Send:
    """Freeze the next `size` people of a draft; when there are no more, it is frozen. Raises NoSuchSend."""
    send = locked(conn, id)
    if send.state is not SendState.DRAFT:
        return send
    last = conn.execute(_last(conn, send, size)).scalar_one()
    if last is None:
        return move(conn, id, SendState.FROZEN, now)
    source, cursor = _source(conn, send)
    page = source.where(cursor <= last).subquery("page")
    position = literal(send.targeted, Integer) + func.row_number().over(order_by=page.c.cursor)
    values = select(literal(send.id, Integer), literal(send.day), position, page.c.id)
    insertion = insert(PEOPLE).from_select(["send_id", "day", "position", "person_id"], values)
    frozen = conn.execute(insertion, execution_options={"preserve_rowcount": True}).rowcount
    changes = {"targeted": send.targeted + frozen, "frozen_to": str(last), "changed_at": now}
    conn.execute(update(SENDS).where(SENDS.c.id == id).values(changes))
    return load(conn, id)


def not_reached(parent: Send) -> Select[Any]:
    """(position, id) of those whom a send that is over did not reach: failed, still deferred, or never taken."""
    same = and_(MAILS.c.send_id == parent.id, MAILS.c.day == parent.day, MAILS.c.person_id == PEOPLE.c.person_id)
    missed = or_(MAILS.c.state.is_(None), MAILS.c.state.in_([MailState.FAILED, MailState.DEFERRED]))
    return (
        select(PEOPLE.c.position.label("cursor"), PEOPLE.c.person_id.label("id"))
        .select_from(PEOPLE.outerjoin(MAILS, same))
        .where(PEOPLE.c.send_id == parent.id, PEOPLE.c.day == parent.day, missed)
    )


def _last(conn: Connection, send: Send, size: int) -> Select[Any]:
    """Where the next page ends."""
    source, cursor = _source(conn, send)
    page = source.order_by(cursor).limit(size).subquery("page")
    return select(func.max(page.c.cursor))


def _source(conn: Connection, send: Send) -> tuple[Select[Any], ColumnElement[Any]]:
    """Everybody after the cursor, as (cursor, id), and the column that the cursor moves along."""
    if send.parent_id is not None:
        source, column = not_reached(load(conn, send.parent_id)), PEOPLE.c.position
        return source.where(column > int(send.frozen_to or 0)), column
    source = meant(conn, parse(send.audience), profiles.c.id.label("cursor"), profiles.c.id.label("id"))
    after: Sequence[Any] = [profiles.c.id > send.frozen_to] if send.frozen_to is not None else []
    return source.where(*after), profiles.c.id
