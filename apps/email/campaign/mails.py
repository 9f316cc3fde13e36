"""The mails of a send, one row per person once somebody has taken them. Functions over a connection; any thread.

Everything is for many people at once and goes in a few statements whatever their number. A claim is won by exactly one
claimant, and only while the send runs; an outcome is taken from the claim's own holder. Nothing is committed here.

Not guaranteed: that a claim is still wanted when its mail is handed over. Look at `sends.state_of` before each window.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Executable,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from actors.database import Connection, Timestamp
from actors.database.rows import MOMENT, NUMBER, TEXT, Columns, encoded, moment, table_of
from apps.email import foreign
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.sends import Send, state_of
from apps.email.campaign.states import MailState, SendState, mail_may_become
from apps.email.campaign.tables import MAILS as TABLE
from apps.email.campaign.tables import PEOPLE
from apps.people.recipient import Recipient, recipients

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: What a server or a template says may be long; a row stays small.
MAX_REASON_CHARACTERS = 300
clean = partial(foreign.clean, most=MAX_REASON_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Claim:
    """A mail about to be handed over, or, with another state, one that is not, now or ever: `reason` says why."""

    person_id: str
    locale: str | None = None
    state: MailState = MailState.CLAIMED
    reason: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claim. `due_at`: when a deferred mail may be tried again; at once if None."""

    person_id: str
    state: MailState
    reason: str | None = None
    code: int | None = None
    enhanced: str | None = None
    reply: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A row, as far as a dispatcher cares."""

    state: MailState
    attempts: int
    claimed_by: str | None
    due_at: datetime | None


#: Who stands behind the numbers of a chunk; its parameters are those that `of_chunk` gives.
IDS = select(PEOPLE.c.person_id).where(
    PEOPLE.c.send_id == bindparam("the_send", type_=NUMBER),
    PEOPLE.c.day == bindparam("the_day", type_=Date),
    PEOPLE.c.position.between(bindparam("the_first", type_=NUMBER), bindparam("the_last", type_=NUMBER)),
)
_IN_ORDER = IDS.order_by(PEOPLE.c.position)


def of_chunk(send: Send, chunk: Chunk) -> dict[str, Any]:
    """Parameters of statements about the people of a chunk."""
    return {"the_send": send.id, "the_day": send.day, "the_first": chunk.first, "the_last": chunk.last}


def people(conn: Connection, send: Send, chunk: Chunk) -> tuple[Sequence[str], dict[str, Recipient]]:
    """(everybody in the chunk, in order, by id; those whom `people` still knows). Four statements."""
    parameters = of_chunk(send, chunk)
    everybody = conn.scalars(_IN_ORDER, parameters).all()
    return everybody, recipients(conn, IDS, send.mail_class, send.topic, parameters)


def mails(conn: Connection, send: Send, chunk: Chunk) -> dict[str, Mail]:
    """The rows there are of a chunk's people, by person: needed when a chunk comes again."""
    rows = conn.execute(_MAILS, of_chunk(send, chunk))
    return {row.person_id: Mail(MailState(row.state), row.attempts, row.claimed_by, row.due_at) for row in rows}


def claim(conn: Connection, send: Send, claims: Iterable[Claim], claimant: str, now: datetime) -> frozenset[str]:
    """Take these people for `claimant`, in one statement; the ids that were won, none unless the send runs.

    Not won is whom another claim holds, whose mail is settled or in doubt, or deferred to later than `now`. Also the
    way to write down a mail that is failed, suppressed, skipped or deferred before any hand-over. Raises NoSuchSend.
    """
    dialect = conn.dialect.name
    rows = [_claimed(one, dialect) for one in claims]
    if not rows or state_of(conn, send.id, held=True)[0] is not SendState.RUNNING:
        return frozenset()
    won = conn.execute(_take(dialect), _parameters(dialect, rows, send, claimant, now))
    return frozenset(won.scalars())


def settle(conn: Connection, send: Send, results: Iterable[Result], claimant: str, now: datetime) -> int:
    """Write outcomes of `claimant`'s own claims, or late news of its doubts; how many rows took theirs."""
    dialect = conn.dialect.name
    rows = [_settled(one, dialect) for one in results]
    if not rows:
        return 0
    return conn.execute(_settle(dialect), _parameters(dialect, rows, send, claimant, now)).rowcount


def release(conn: Connection, send: Send, persons: Collection[str], claimant: str, reason: str, now: datetime) -> int:
    """Give back claims that surely were not handed over, for anybody to claim again at once; how many."""
    return settle(conn, send, [Result(one, MailState.DEFERRED, reason) for one in persons], claimant, now)


def doubt(conn: Connection, send: Send, chunk: Chunk, claimant: str, reason: str, now: datetime) -> int:
    """Claims of a chunk that somebody other than `claimant` holds, who is gone: in doubt from now on; how many."""
    said = {"claimant": claimant, "why": clean(reason), "now": now}
    return conn.execute(_DOUBT, of_chunk(send, chunk) | said).rowcount


def _parameters(dialect: str, rows: list[Any], send: Send, claimant: str, now: datetime) -> dict[str, Any]:
    named = {"claimant": claimant, "now": now, "the_send": send.id, "the_day": send.day}
    return {"rows": encoded(dialect, rows), **named}


def _between(persons: ColumnElement[str]) -> ColumnElement[bool]:
    """Those from the first to the last of `persons`, who lie side by side: PostgreSQL takes a send that it has not
    analysed for a single row, and would else read all its mails to find the few."""
    first, last = (select(end(persons)).scalar_subquery() for end in (func.min, func.max))
    return TABLE.c.person_id.between(first, last)


#: The mails of one send.
OWN = and_(
    TABLE.c.send_id == bindparam("the_send", type_=NUMBER),
    TABLE.c.day == bindparam("the_day", type_=Date),
)
_OF_CHUNK = and_(OWN, _between(IDS.subquery().c.person_id), TABLE.c.person_id.in_(IDS))


_MAILS = select(TABLE.c.person_id, TABLE.c.state, TABLE.c.attempts, TABLE.c.claimed_by, TABLE.c.due_at).where(_OF_CHUNK)
_DOUBT = (
    update(TABLE)
    .where(
        _OF_CHUNK,
        TABLE.c.state == MailState.CLAIMED.value,
        TABLE.c.claimed_by != bindparam("claimant", type_=TEXT),
    )
    .values(
        state=MailState.IN_DOUBT.value,
        reason=bindparam("why", type_=TEXT),
        at=bindparam("now", type_=Timestamp),
    )
)


_CLAIM: Columns = {
    "person_id": TEXT,
    "locale": TEXT,
    "state": TEXT,
    "reason": TEXT,
    "attempts": NUMBER,
    "due_at": MOMENT,
}
_RESULT: Columns = {
    "person_id": TEXT,
    "state": TEXT,
    "reason": TEXT,
    "code": NUMBER,
    "enhanced": TEXT,
    "reply": TEXT,
    "due_at": MOMENT,
}


def _claimed(one: Claim, dialect: str) -> dict[str, Any]:
    if not mail_may_become(None, one.state):
        raise ValueError(f"{one.person_id}: a mail cannot begin as {one.state}")
    return {
        "person_id": one.person_id,
        "locale": one.locale,
        "state": one.state.value,
        "reason": clean(one.reason),
        "attempts": int(one.state is MailState.CLAIMED),
        "due_at": moment(dialect, one.due_at),
    }


def _settled(one: Result, dialect: str) -> dict[str, Any]:
    if not mail_may_become(MailState.CLAIMED, one.state):
        raise ValueError(f"{one.person_id}: a claim cannot end as {one.state}")
    return {
        "person_id": one.person_id,
        "state": one.state.value,
        "reason": clean(one.reason),
        "code": one.code,
        "enhanced": one.enhanced,
        "reply": clean(one.reply),
        "due_at": moment(dialect, one.due_at),
    }


@cache
def _take(dialect: str) -> Executable:
    """Insert, or take up again what is deferred and due. Parameters: `rows`, `the_send`, `the_day`, `claimant`, `now`.

    In the order of the ids, so that two writers who meet on the same people cannot lock each other out.
    """
    given = table_of(dialect, _CLAIM).c
    taken = given.state == MailState.CLAIMED.value
    row = {
        "send_id": bindparam("the_send", type_=NUMBER),
        "person_id": given.person_id,
        "day": bindparam("the_day", type_=Date),
        "state": given.state,
        "attempts": given.attempts,
        "reason": given.reason,
        "locale": given.locale,
        "claimed_by": case((taken, bindparam("claimant", type_=TEXT))),
        "due_at": given.due_at,
        "at": bindparam("now", type_=Timestamp),
    }
    insert: Any = _INSERTS[dialect](TABLE)
    insert = insert.from_select(list(row), select(*row.values()).order_by(given.person_id))
    renewed = {name: insert.excluded[name] for name in ("state", "reason", "locale", "claimed_by", "due_at", "at")}
    again = and_(
        TABLE.c.state == MailState.DEFERRED.value,
        or_(TABLE.c.due_at.is_(None), TABLE.c.due_at <= insert.excluded.at),
    )
    statement: Executable = insert.on_conflict_do_update(
        index_elements=[TABLE.c.send_id, TABLE.c.person_id, TABLE.c.day],
        set_={**renewed, "attempts": TABLE.c.attempts + insert.excluded.attempts},
        where=again,
    ).returning(TABLE.c.person_id)
    return statement


@cache
def _settle(dialect: str) -> Executable:
    """Parameters: `rows`, `the_send`, `the_day`, `claimant`, `now`."""
    rows = table_of(dialect, _RESULT)
    # SQLite's driver counts no rows of an UPDATE that begins with WITH, and needs no range.
    given = select(rows).cte("given").c if dialect == "postgresql" else rows.c
    near = _between(given.person_id) if dialect == "postgresql" else true()
    doubt = MailState.IN_DOUBT.value
    late = and_(TABLE.c.state == doubt, given.state != doubt)
    outcome = {name: given[name] for name in _RESULT if name != "person_id"}
    return (
        update(TABLE)
        .where(
            OWN,
            TABLE.c.person_id == given.person_id,
            near,
            TABLE.c.claimed_by == bindparam("claimant", type_=TEXT),
            or_(TABLE.c.state == MailState.CLAIMED.value, late),
        )
        .values({**outcome, "at": bindparam("now", type_=Timestamp)})
    )
