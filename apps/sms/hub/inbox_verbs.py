"""What a leader asks and orders about members and conversations. Each verb is one transaction in a thread of its own.

All raise Unavailable when the database is.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from actors.database import Connection, Database
from apps.sms import numbers
from apps.sms.config import Sms
from apps.sms.errors import SmsError
from apps.sms.hub import inbox, joining, members
from apps.sms.hub.joining import MOST_ANSWERS
from apps.sms.tables import tags
from supervision.verbs import Params, Site, Verb

Leader = Field(description="id of a leader")
Number = Field(description="the member's number")
Limit = Field(100, ge=1, le=10_000, description="at most so many")


class MemberParams(Params):
    leader: str = Leader
    number: str = Number


class MembersParams(Params):
    leader: str = Leader
    tag: str | None = None
    state: Literal["asked", "joined", "left"] | None = None
    limit: int = Limit


class TagParams(MemberParams):
    tag: str = Field(min_length=1, max_length=64)


class InboxParams(Params):
    leader: str = Leader
    unread: bool = Field(False, description="only what nobody has read")
    search: str | None = Field(None, min_length=2, description="only conversations in which this was written")
    limit: int = Limit


class ThreadParams(MemberParams):
    limit: int = Limit


class ReplyParams(MemberParams):
    body: str | None = Field(None, description="the text")
    canned: str | None = Field(None, description="or the name of an answer that is ready")
    key: str | None = Field(None, min_length=1, max_length=200, description="the same key again sends nothing more")


class JoinParams(Params):
    token: str = Field(min_length=1, max_length=64, description="of the link")
    answers: dict[str, str | int | bool] = Field(default_factory=dict, max_length=MOST_ANSWERS)
    evidence: dict[str, str] = Field(default_factory=dict, description="such as the IP address that agreed")


def shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON: moments in ISO 8601."""
    return {str(key): value.isoformat() if isinstance(value, datetime) else value for key, value in row.items()}


def number_of(site: Site, written: str) -> str:
    """Raises InvalidNumber."""
    config: Sms = site.settings.section("sms")
    return numbers.parse(written, config.default_region).value


def now() -> datetime:
    return datetime.now(UTC)


def list_members(site: Site, params: MembersParams) -> list[dict[str, Any]]:
    """Raises UnknownLeader."""
    with Database(site.system).read() as conn:
        found = inbox.listed(conn, params.leader, tag=params.tag, state=params.state, limit=params.limit)
    return [_member(row) for row in found]


def show_member(site: Site, params: MemberParams) -> dict[str, Any]:
    """Raises UnknownMember, InvalidNumber."""
    number = number_of(site, params.number)
    with Database(site.system).read() as conn:
        row = inbox.row_of(conn, params.leader, number)
        return {**_member(row._mapping), "tags": inbox.tags_of(conn, params.leader, number)}


def add_tag(site: Site, params: TagParams) -> dict[str, Any]:
    """Raises UnknownMember, InvalidNumber."""
    number = number_of(site, params.number)
    with Database(site.system).begin() as conn:
        inbox.row_of(conn, params.leader, number)
        members.tag(conn, [(params.leader, params.tag, number)])
        return _tags(conn, params.leader, number)


def remove_tag(site: Site, params: TagParams) -> dict[str, Any]:
    """Raises UnknownMember, InvalidNumber."""
    number = number_of(site, params.number)
    with Database(site.system).begin() as conn:
        inbox.row_of(conn, params.leader, number)
        mine = (tags.c.leader == params.leader) & (tags.c.number == number) & (tags.c.tag == params.tag)
        conn.execute(tags.delete().where(mine))
        return _tags(conn, params.leader, number)


def show_inbox(site: Site, params: InboxParams) -> list[dict[str, Any]]:
    """Raises UnknownLeader."""
    with Database(site.system).read() as conn:
        found = inbox.inbox(conn, params.leader, unread=params.unread, search=params.search, limit=params.limit)
    return [shown(row) for row in found]


def show_thread(site: Site, params: ThreadParams) -> list[dict[str, Any]]:
    """Raises UnknownMember, InvalidNumber."""
    with Database(site.system).read() as conn:
        return [shown(row) for row in inbox.thread(conn, params.leader, number_of(site, params.number), params.limit)]


def mark_read(site: Site, params: MemberParams) -> dict[str, Any]:
    """Raises UnknownMember, InvalidNumber."""
    number = number_of(site, params.number)
    with Database(site.system).begin() as conn:
        return {"number": number, "read": inbox.mark_read(conn, params.leader, number)}


def reply(site: Site, params: ReplyParams) -> dict[str, Any]:
    """Raises UnknownMember, HasLeft, UnknownCanned, UnsendableText, InvalidNumber."""
    if (params.body is None) == (params.canned is None):
        raise SmsError("say either a body or the name of a canned answer", field="body")
    number = number_of(site, params.number)
    with Database(site.system).begin() as conn:
        if params.canned is not None:
            body = inbox.canned_text(conn, params.leader, number, params.canned)
        else:
            body = params.body or ""
        return {"key": inbox.reply(conn, params.leader, number, body, now(), key=params.key), "body": body}


def join_by_link(site: Site, params: JoinParams) -> dict[str, Any]:
    """Raises UnknownToken."""
    with Database(site.system).begin() as conn:
        joined = joining.join(conn, params.token, params.answers, params.evidence, now())
    return {"leader": joined.leader, "number": joined.number, "state": joined.state.value}


def _tags(conn: Connection, leader: str, number: str) -> dict[str, Any]:
    return {"number": number, "tags": inbox.tags_of(conn, leader, number)}


def _member(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Without the token of the sign-up: it is the member's own."""
    return {key: value for key, value in shown(row).items() if key != "token"}


VERBS: Sequence[Verb] = (
    Verb("sms.members", MembersParams, list_members, doc="The members of a leader, by number."),
    Verb("sms.member", MemberParams, show_member, doc="All that is known of one member."),
    Verb("sms.tag.add", TagParams, add_tag, writes=True, doc="Give a member a tag."),
    Verb("sms.tag.remove", TagParams, remove_tag, writes=True, doc="Take a tag from a member."),
    Verb("sms.inbox", InboxParams, show_inbox, doc="A leader's conversations, the latest first."),
    Verb("sms.thread", ThreadParams, show_thread, doc="The texts of one conversation, oldest first."),
    Verb("sms.read", MemberParams, mark_read, writes=True, doc="Mark a conversation as read."),
    Verb("sms.join", JoinParams, join_by_link, writes=True, doc="End a sign-up by link: what was answered there."),
    Verb("sms.reply", ReplyParams, reply, writes=True, doc="Send a text to one member."),
)
