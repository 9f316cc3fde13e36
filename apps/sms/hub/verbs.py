"""What can be asked and ordered about leaders, their numbers and words. One transaction each, in a thread of its own.

All raise Unavailable when the database is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import select

from actors.carrier.port import NumberType
from actors.database import Connection, Database
from actors.database.statements import insert_or_update
from apps.sms.config import Sms
from apps.sms.errors import SmsError
from apps.sms.hub import demo, leaders, waiting
from apps.sms.hub.inbox import sendable
from apps.sms.hub.inbox_verbs import VERBS as INBOX_VERBS
from apps.sms.hub.inbox_verbs import now, shown
from apps.sms.hub.member import Keyword
from apps.sms.numbers import parse
from apps.sms.tables import canned, keywords
from apps.sms.tables import leaders as leaders_table
from apps.sms.tables import numbers as numbers_table
from supervision.verbs import NoParams, Params, Site, Verb

Name = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")


class LeaderParams(Params):
    leader: str = Field(description="id of a leader")


class PutLeaderParams(Params):
    id: str = Name
    name: str = Field(min_length=1, max_length=200, description="as members read it")
    sign_up: dict[str, Any] | None = Field(None, description="mode, welcome, questions and other words; all of them")
    locale: str | None = Field(None, max_length=16)
    time_zone: str | None = Field(None, max_length=64)


class PutNumberParams(Params):
    number: str = Field(description="E.164, or a short code")
    leader: str
    carrier: str = Field("sim", description="that it belongs to, as the section `sms` names it")
    campaign: str | None = Field(None, max_length=64)
    brand: str | None = Field(None, max_length=64)


class KeywordParams(LeaderParams):
    word: str


class PutKeywordParams(KeywordParams):
    answer: str
    tag: str | None = Field(None, min_length=1, max_length=64)


class PutCannedParams(LeaderParams):
    name: str = Name
    body: str


def put_leader(site: Site, params: PutLeaderParams) -> dict[str, Any]:
    """Raises WrongSignUp, WrongLeader."""
    with Database(site.system).begin() as conn:
        new = leaders.put(
            conn, params.id, params.name, params.sign_up, now(), locale=params.locale, time_zone=params.time_zone
        )
    return {"id": params.id, "new": new}


def list_leaders(site: Site, params: NoParams) -> list[dict[str, Any]]:
    columns = ("id", "name", "locale", "time_zone", "created_at")
    with Database(site.system).read() as conn:
        found = conn.execute(select(*(leaders_table.c[name] for name in columns)).order_by(leaders_table.c.id))
        return [shown(row._mapping) for row in found]


def show_leader(site: Site, params: LeaderParams) -> dict[str, Any]:
    """Raises UnknownLeader."""
    with Database(site.system).read() as conn:
        row = leaders.row_of(conn, params.leader)
        own = [one.number for one in leaders.numbers_of(conn, params.leader)]
        return {**shown(row._mapping), "numbers": own, "keywords": _keywords(conn, params.leader)}


def put_number(site: Site, params: PutNumberParams) -> dict[str, Any]:
    """Raises UnknownLeader, InvalidNumber, SmsError."""
    config: Sms = site.settings.section("sms")
    party = parse(params.number, config.default_region)
    if party.type is NumberType.ALPHANUMERIC:
        raise SmsError(f"{params.number!r} is a name: members cannot answer it", field="number")
    carriers = [one.name for one in config.carriers]
    if params.carrier not in carriers:
        raise SmsError(f"no carrier {params.carrier!r}; there are {', '.join(carriers)}", field="carrier")
    said = {"leader": params.leader, "carrier": params.carrier, "campaign": params.campaign, "brand": params.brand}
    with Database(site.system).begin() as conn:
        leaders.row_of(conn, params.leader)
        statement = insert_or_update(conn, numbers_table, ("number",), tuple(said))
        conn.execute(statement, {"number": party.value, "type": party.type.value, "created_at": now(), **said})
    return {"number": party.value, "type": party.type.value, **said}


def list_numbers(site: Site, params: NoParams) -> list[dict[str, Any]]:
    with Database(site.system).read() as conn:
        found = conn.execute(select(numbers_table).order_by(numbers_table.c.number))
        return [shown(row._mapping) for row in found]


def put_keyword(site: Site, params: PutKeywordParams) -> dict[str, Any]:
    """Raises UnknownLeader, UnsendableText."""
    with Database(site.system).begin() as conn:
        keyword = Keyword(sendable(params.answer), params.tag)
        word = leaders.set_keyword(conn, params.leader, params.word, keyword)
    return {"word": word, "answer": params.answer, "tag": params.tag}


def remove_keyword(site: Site, params: KeywordParams) -> dict[str, Any]:
    """Raises UnknownLeader."""
    with Database(site.system).begin() as conn:
        return {"word": params.word, "removed": leaders.remove_keyword(conn, params.leader, params.word)}


def list_keywords(site: Site, params: LeaderParams) -> Sequence[Mapping[str, Any]]:
    """Raises UnknownLeader."""
    with Database(site.system).read() as conn:
        leaders.row_of(conn, params.leader)
        return _keywords(conn, params.leader)


def put_canned(site: Site, params: PutCannedParams) -> dict[str, Any]:
    """Raises UnknownLeader, UnsendableText."""
    row = {"leader": params.leader, "name": params.name, "body": sendable(params.body)}
    with Database(site.system).begin() as conn:
        leaders.row_of(conn, params.leader)
        conn.execute(insert_or_update(conn, canned, ("leader", "name"), ("body",)), row)
    return row


def list_canned(site: Site, params: LeaderParams) -> list[dict[str, Any]]:
    """Raises UnknownLeader."""
    with Database(site.system).read() as conn:
        leaders.row_of(conn, params.leader)
        own = select(canned.c.name, canned.c.body).where(canned.c.leader == params.leader)
        return [shown(row._mapping) for row in conn.execute(own.order_by(canned.c.name))]


def show_backlog(site: Site, params: NoParams) -> list[dict[str, Any]]:
    with Database(site.system).read() as conn:
        found = waiting.backlog(conn)
    moment = now()
    return [
        {"leader": one.leader, "texts": one.texts, "oldest_seconds": round((moment - one.oldest).total_seconds(), 3)}
        for one in found
        if one.oldest is not None
    ]


def make_demo(site: Site, params: NoParams) -> dict[str, Any]:
    with Database(site.system).begin() as conn:
        return demo.make(conn, now())


def _keywords(conn: Connection, leader: str) -> list[dict[str, Any]]:
    columns = keywords.c.word, keywords.c.answer, keywords.c.tag
    own = select(*columns).where(keywords.c.leader == leader).order_by(keywords.c.word)
    return [dict(row._mapping) for row in conn.execute(own)]


VERBS: Sequence[Verb] = (
    Verb("sms.leader.put", PutLeaderParams, put_leader, writes=True, doc="Add a leader, or change what is said."),
    Verb("sms.leaders", NoParams, list_leaders, doc="All leaders."),
    Verb("sms.leader", LeaderParams, show_leader, doc="One leader: words, numbers, keywords."),
    Verb("sms.demo-leader", NoParams, make_demo, writes=True, doc="A leader to try things with."),
    Verb("sms.number.put", PutNumberParams, put_number, writes=True, doc="Give a leader one of our numbers."),
    Verb("sms.numbers", NoParams, list_numbers, doc="All our numbers."),
    Verb("sms.keyword.put", PutKeywordParams, put_keyword, writes=True, doc="Answer a word of itself."),
    Verb("sms.keyword.remove", KeywordParams, remove_keyword, writes=True, doc="Stop answering a word of itself."),
    Verb("sms.keywords", LeaderParams, list_keywords, doc="What a leader's words are answered with."),
    Verb("sms.canned.put", PutCannedParams, put_canned, writes=True, doc="Keep an answer ready."),
    Verb("sms.canned", LeaderParams, list_canned, doc="The answers that a leader has ready."),
    Verb("sms.backlog", NoParams, show_backlog, doc="What waits for the hub, by leader."),
    *INBOX_VERBS,
)
