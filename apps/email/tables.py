"""The ledger's table and the statements on it, the same on SQLite and PostgreSQL. Values only; any thread."""

from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Index,
    Integer,
    Select,
    SmallInteger,
    String,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from actors.database import Timestamp
from actors.database.rows import NUMBER, TEXT, Columns, table_of
from apps.email.campaign import tables as campaign
from apps.email.metadata import METADATA
from apps.email.rulebook import tables as rulebook
from apps.email.states import FINAL, MOVES, State

__all__ = ["LEDGER", "METADATA", "campaign", "rulebook"]

LEDGER = Table(
    "email_ledger",
    METADATA,
    Column("key", String(40), primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("mail_class", String(16), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("event_source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("doubted_at", Timestamp),
    Column("claimed_by", Text),
    Column("created_at", Timestamp, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Column("code", SmallInteger),
    Column("enhanced", String(16)),
    Column("reply", Text),
    Column("trace", Text, nullable=False),
    Column("rule", Text),
    Column("topic", Text),
    Column("dedupe", String(40)),
    # The person by id, or by the key of their address, where an event calls them otherwise.
    Column("human", Text),
)
Index("email_ledger_books", LEDGER.c.mail_class, LEDGER.c.state)
Index("email_ledger_person", LEDGER.c.person)
_OTHERWISE = LEDGER.c.human.isnot(None)
Index("email_ledger_human", LEDGER.c.human, sqlite_where=_OTHERWISE, postgresql_where=_OTHERWISE)
# Past events are looked for by their ids; old rows, which lie side by side, by the day on which they were made.
Index("email_ledger_event", LEDGER.c.event_id)
Index("email_ledger_created", LEDGER.c.created_at, postgresql_using="brin")
_DOUBTED = LEDGER.c.doubts > 0
Index("email_ledger_doubted", LEDGER.c.doubted_at, sqlite_where=_DOUBTED, postgresql_where=_DOUBTED)

_SETTLED = [state.value for state in (*sorted(FINAL), State.IN_DOUBT)]
#: Rows that one transaction deletes at most: the others who write are not kept waiting.
FORGOTTEN = 5000
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: What a new attempt says anew; identity, doubts and the time of birth stay.
_RENEWED = (
    *("address", "template", "locale", "state", "reason", "claimed_by", "changed_at"),
    *("code", "enhanced", "reply", "trace"),
)


#: What is said of each claim and of each outcome; the rest is the same for all rows of a statement.
_CLAIM: Columns = {
    **dict.fromkeys(("key", "message_id", "mail_class", "event_type", "event_source", "event_id"), TEXT),
    **dict.fromkeys(("person", "address", "template", "locale", "state", "reason", "trace"), TEXT),
    **dict.fromkeys(("rule", "topic", "dedupe", "human"), TEXT),
}
_OUTCOME: Columns = {
    **dict.fromkeys(("key", "state", "reason", "enhanced", "reply", "trace"), TEXT),
    "code": NUMBER,
}


@cache
def take(dialect: str) -> ReturningInsert[Any]:
    """Insert rows, or take up again those that are open for another attempt; returns the keys that were won.

    Parameters: `rows` (see `actors.database.rows`), `claimant`, `now`. In the order of the keys: two writers that
    meet on the same rows cannot lock each other out.
    """
    given = table_of(dialect, _CLAIM).c
    claimed = given.state == State.CLAIMED.value
    now = bindparam("now", type_=Timestamp)
    row: dict[str, ColumnElement[Any]] = {
        **{name: given[name] for name in _CLAIM},
        "attempts": case((claimed, 1), else_=0),
        "doubts": literal(0),
        "claimed_by": case((claimed, bindparam("claimant", type_=TEXT))),
        "created_at": now,
        "changed_at": now,
    }
    insert: Any = _INSERTS[dialect](LEDGER).from_select(list(row), select(*row.values()).order_by(given.key))
    renewed: dict[str, Any] = {name: insert.excluded[name] for name in _RENEWED}
    attempts = LEDGER.c.attempts + insert.excluded.attempts
    statement = insert.on_conflict_do_update(
        index_elements=[LEDGER.c.key],
        set_={**renewed, "attempts": attempts},
        where=_open_for(insert.excluded.mail_class),
    )
    returning: ReturningInsert[Any] = statement.returning(LEDGER.c.key)
    return returning


def _open_for(mail_class: ColumnElement[str]) -> ColumnElement[bool]:
    resend = and_(LEDGER.c.state == State.IN_DOUBT.value, mail_class == "transactional")
    return or_(LEDGER.c.state == State.DEFERRED.value, resend)


@cache
def settle(dialect: str) -> Update:
    """Outcomes, each as long as the claim (or the doubt about it) is still this claimant's.

    Parameters: `rows` (see `actors.database.rows`), `claimant`, `now`. That outcomes are outcomes is known; saying so
    has PostgreSQL expect few of them, and look each up by its key instead of reading all that is claimed.
    """
    given = table_of(dialect, _OUTCOME).c
    doubted = given.state == State.IN_DOUBT.value
    known = and_(LEDGER.c.state == State.IN_DOUBT.value, not_(doubted))
    now = bindparam("now", type_=Timestamp)
    return (
        update(LEDGER)
        .where(
            LEDGER.c.key == given.key,
            given.state.in_(sorted(MOVES[State.CLAIMED])),
            LEDGER.c.claimed_by == bindparam("claimant", type_=TEXT),
            or_(LEDGER.c.state == State.CLAIMED.value, known),
        )
        .values(
            {name: given[name] for name in _OUTCOME if name != "key"}
            | {
                "doubts": LEDGER.c.doubts + case((doubted, 1), else_=0),
                "doubted_at": case((doubted, now), else_=LEDGER.c.doubted_at),
                "changed_at": now,
            }
        )
    )


def doubt(keys: list[str], reason: str, at: Any) -> ReturningUpdate[Any]:
    """Claims whose holder is gone."""
    return (
        update(LEDGER)
        .where(LEDGER.c.key.in_(keys), LEDGER.c.state == State.CLAIMED.value)
        .values(state=State.IN_DOUBT.value, reason=reason, doubts=LEDGER.c.doubts + 1, doubted_at=at, changed_at=at)
        .returning(LEDGER.c.key)
    )


def release(keys: list[str], claimant: str, reason: str, at: Any) -> ReturningUpdate[Any]:
    """Claims that surely were not handed over."""
    mine = and_(LEDGER.c.state == State.CLAIMED.value, LEDGER.c.claimed_by == claimant)
    return (
        update(LEDGER)
        .where(LEDGER.c.key.in_(keys), mine)
        .values(state=State.DEFERRED.value, reason=reason, claimed_by=None, changed_at=at)
        .returning(LEDGER.c.key)
    )


def by_name(name: str) -> Select[Any]:
    """By key, Message-ID (which begins with the key), or how a key begins; at most two rows."""
    key = name.strip("<>").partition("@")[0]
    # What begins like this lies between it and the same with a letter that no hexadecimal digit comes after.
    return select(LEDGER).where(LEDGER.c.key >= key, LEDGER.c.key < key + "g").order_by(LEDGER.c.key).limit(2)


def doubted(limit: int) -> Select[Any]:
    """Latest doubts first."""
    return select(LEDGER).where(_DOUBTED).order_by(LEDGER.c.doubted_at.desc(), LEDGER.c.key).limit(limit)


def forget(before: Any) -> Delete:
    """Some of what was made before, and has not changed since, but for what is open."""
    old = (LEDGER.c.created_at < before, LEDGER.c.changed_at < before, LEDGER.c.state.in_(_SETTLED))
    return delete(LEDGER).where(LEDGER.c.key.in_(select(LEDGER.c.key).where(*old).limit(FORGOTTEN)))


def books() -> Select[Any]:
    """(class, state, rows, of these ever in doubt)."""
    grouped = (LEDGER.c.mail_class, LEDGER.c.state)
    return select(*grouped, func.count(), func.count(LEDGER.c.doubted_at)).group_by(*grouped)
