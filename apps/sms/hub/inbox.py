"""A leader's side of conversations: inbox, threads, answers by hand. Functions over a connection; any thread."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from actors.database import Connection
from apps.sms.errors import SmsError
from apps.sms.hub import leaders
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.hub.sign_up import filled
from apps.sms.states import Lane, MemberState
from apps.sms.tables import canned, members, tags, texts

#: Characters of a text that is written by hand: ten segments of GSM-7.
MOST_CHARACTERS = 1530
#: A search looks at so many of a leader's latest texts.
SEARCHED = 100_000


class UnknownMember(SmsError):
    """The leader has no member with this number."""

    title = "No such member"
    status = 404
    exit_code = 66


class UnknownText(SmsError):
    """There is no text of that key."""

    title = "No such text"
    status = 404
    exit_code = 66


class UnknownCanned(SmsError):
    """The leader has no answer of this name ready."""

    title = "No such answer"
    status = 404
    exit_code = 66


class HasLeft(SmsError):
    """The member opted out: nobody may text them."""

    title = "The member left"
    status = 409


class UnsendableText(SmsError):
    """A text that is empty, too long, or holds what no text can."""

    title = "That cannot be sent"


def inbox(conn: Connection, leader: str, *, unread: bool, search: str | None, limit: int) -> list[Mapping[Any, Any]]:
    """Conversations, the latest first, each with its last text. `search` looks into the texts. Raises UnknownLeader."""
    leaders.row_of(conn, leader)
    found = _conversations(leader).order_by(members.c.last_active_at.desc().nulls_last(), members.c.number).limit(limit)
    if unread:
        found = found.where(members.c.unread > 0)
    if search:
        found = found.where(members.c.number.in_(_who_wrote(leader, search)))
    return [row._mapping for row in conn.execute(found)]


def thread(conn: Connection, leader: str, number: str, limit: int) -> list[Mapping[Any, Any]]:
    """The last texts of a conversation, oldest first. Raises UnknownMember."""
    row_of(conn, leader, number)
    columns = ("id", "key", "direction", "our_number", "body", "state", "reason", "lane", "created_at", "changed_at")
    mine = select(*(texts.c[name] for name in columns)).where(texts.c.leader == leader, texts.c.member == number)
    return [row._mapping for row in reversed(conn.execute(mine.order_by(texts.c.id.desc()).limit(limit)).all())]


def mark_read(conn: Connection, leader: str, number: str) -> int:
    """How many were unread. Raises UnknownMember."""
    unread: int = row_of(conn, leader, number).unread
    mine = (members.c.leader == leader) & (members.c.number == number)
    conn.execute(update(members).where(mine).values(unread=members.c.unread - unread))
    return unread


def reply(
    conn: Connection,
    leader: str,
    number: str,
    body: str,
    now: datetime,
    *,
    key: str | None = None,
    lane: Lane = Lane.LEADER,
    cause: str | None = None,
) -> str:
    """Queue a text to a member; its key. The same key again queues nothing. Raises UnknownMember, HasLeft."""
    member = row_of(conn, leader, number)
    if member.state == MemberState.LEFT:
        raise HasLeft(f"{number} left {leader}", field="number")
    outgoing = Outgoing(
        key or f"reply:{uuid.uuid4().hex}", leader, number, member.our_number, lane, sendable(body), cause
    )
    queue(conn, [outgoing], now)
    return outgoing.key


def sendable(body: str) -> str:
    """The body, if it can be sent. Raises UnsendableText."""
    if not body.strip():
        raise UnsendableText("the text is empty", field="body")
    if len(body) > MOST_CHARACTERS:
        raise UnsendableText(f"the text has {len(body)} characters; at most {MOST_CHARACTERS} are sent", field="body")
    if "\0" in body or any("\ud800" <= character <= "\udfff" for character in body):
        raise UnsendableText("the text holds NUL or half of a surrogate pair", field="body")
    return body


def canned_text(conn: Connection, leader: str, number: str, name: str) -> str:
    """An answer that the leader has ready, for this member. Raises UnknownMember, UnknownCanned."""
    member, owner = row_of(conn, leader, number), leaders.row_of(conn, leader)
    body = conn.scalar(select(canned.c.body).where(canned.c.leader == leader, canned.c.name == name))
    if body is None:
        raise UnknownCanned(f"{leader} has no answer called {name!r}", field="canned")
    return filled(body, {"name": member.name, "leader": owner.name, "contact": owner.sign_up.get("contact", "")})


def text_of(conn: Connection, key: str) -> Row[Any]:
    """The row of one text, in or out. Raises UnknownText."""
    found = conn.execute(select(texts).where(texts.c.key == key)).one_or_none()
    if found is None:
        raise UnknownText(f"there is no text {key!r}", field="key")
    return found


def row_of(conn: Connection, leader: str, number: str) -> Row[Any]:
    """The member's row. Raises UnknownMember."""
    mine = select(members).where(members.c.leader == leader, members.c.number == number)
    found = conn.execute(mine).one_or_none()
    if found is None:
        raise UnknownMember(f"{leader} has no member {number}", field="number")
    return found


def listed(conn: Connection, leader: str, *, tag: str | None, state: str | None, limit: int) -> list[Mapping[Any, Any]]:
    """Members, by number. Raises UnknownLeader."""
    leaders.row_of(conn, leader)
    found = select(members).where(members.c.leader == leader).order_by(members.c.number).limit(limit)
    if state is not None:
        found = found.where(members.c.state == state)
    if tag is not None:
        tagged = select(tags.c.number).where(tags.c.leader == leader, tags.c.tag == tag)
        found = found.where(members.c.number.in_(tagged))
    return [row._mapping for row in conn.execute(found)]


def tags_of(conn: Connection, leader: str, number: str) -> Sequence[str]:
    """In alphabetical order."""
    mine = select(tags.c.tag).where(tags.c.leader == leader, tags.c.number == number)
    return conn.scalars(mine.order_by(tags.c.tag)).all()


def _conversations(leader: str) -> Select[Any]:
    latest = (
        select(func.max(texts.c.id))
        .where(texts.c.leader == members.c.leader, texts.c.member == members.c.number)
        .correlate(members)
        .scalar_subquery()
    )
    last = select(texts.c.id, texts.c.direction, texts.c.body, texts.c.created_at).subquery("last")
    columns = (members.c.number, members.c.name, members.c.state, members.c.unread, members.c.last_active_at)
    both = members.outerjoin(last, last.c.id == latest)
    said = (last.c.direction, last.c.body.label("text"), last.c.created_at.label("at"))
    return select(*columns, *said).select_from(both).where(members.c.leader == leader)


def _who_wrote(leader: str, words: str) -> Select[str]:
    """Signs that mean something to LIKE mean themselves here."""
    recent = select(texts.c.member, texts.c.body).where(texts.c.leader == leader).order_by(texts.c.id.desc())
    looked_at = recent.limit(SEARCHED).subquery()
    return select(looked_at.c.member).where(looked_at.c.body.icontains(words, autoescape=True))
