"""The connector's tables, the same on SQLite and PostgreSQL: quarantine, deaths, and claims of deduplication windows.

Values only; any thread. The statements on them stand in `quarantine.store`, `deaths` and `dedupe`.
"""

from typing import Any

from sqlalchemy import (
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Update,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Delete

from actors.database.columns import Json, Timestamp

METADATA = MetaData()

QUARANTINE = Table(
    "connector_quarantine",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("identity", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("queue", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("routing_key", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("properties", Json, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("first_seen", Timestamp, nullable=False),
    Column("quarantined_at", Timestamp, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Column("history", Json, nullable=False),
)
_HELD = QUARANTINE.c.state == "held"
#: What is stored and then not acknowledged comes again; it is held once all the same.
Index("connector_quarantine_held", QUARANTINE.c.identity, unique=True, sqlite_where=_HELD, postgresql_where=_HELD)

DEATHS = Table(
    "connector_deaths",
    METADATA,
    Column("identity", String(64), primary_key=True),
    Column("deaths", Integer, nullable=False),
    Column("alone", Integer, nullable=False),
    Column("traceback", Text, nullable=False),
    Column("trial", Text, nullable=False),
    Column("changed_at", Double, nullable=False, index=True),
)

CLAIMS = Table(
    "connector_claims",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False, index=True),
)

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_LISTED = [column for column in QUARANTINE.c if column.name not in ("body", "traceback")]


# --- quarantine -------------------------------------------------------------------------------------------------------


def hold(dialect: str) -> Any:
    """Insert rows, unless one of the same identity is held already."""
    insert: Any = _INSERTS[dialect](QUARANTINE)
    return insert.on_conflict_do_nothing(index_elements=["identity"], index_where=_HELD)


def listed(states: tuple[str, ...], queue: str | None, limit: int) -> Select[Any]:
    """The latest first, without bodies and tracebacks."""
    statement = select(*_LISTED, func.length(QUARANTINE.c.body).label("bytes")).where(QUARANTINE.c.state.in_(states))
    if queue is not None:
        statement = statement.where(QUARANTINE.c.queue == queue)
    return statement.order_by(QUARANTINE.c.id.desc()).limit(limit)


def entry(number: int) -> Select[Any]:
    """One row, kept from others until the transaction ends (SQLite has one writer at a time anyway)."""
    return select(QUARANTINE).where(QUARANTINE.c.id == number).with_for_update()


def change(number: int) -> Update:
    """Whatever is given as parameters, on one row."""
    return update(QUARANTINE).where(QUARANTINE.c.id == number)


def by_state() -> Select[Any]:
    """How many there are in each state."""
    return select(QUARANTINE.c.state, func.count()).group_by(QUARANTINE.c.state)


# --- deaths -----------------------------------------------------------------------------------------------------------


def records(identities: list[str]) -> Select[Any]:
    """What is known of these messages."""
    return select(DEATHS).where(DEATHS.c.identity.in_(identities))


def blame(dialect: str) -> Any:
    """Add the given deaths to a message's record; its trial, if one was open, is over."""
    insert: Any = _INSERTS[dialect](DEATHS)
    new = insert.excluded
    added = {"deaths": DEATHS.c.deaths + new.deaths, "alone": DEATHS.c.alone + new.alone}
    latest = {name: new[name] for name in ("traceback", "trial", "changed_at")}
    return insert.on_conflict_do_update(index_elements=["identity"], set_=added | latest)


def open_trial(dialect: str) -> Any:
    """Note that a message is about to be handled alone, by whom."""
    insert: Any = _INSERTS[dialect](DEATHS)
    renewed = {name: insert.excluded[name] for name in ("trial", "changed_at")}
    return insert.on_conflict_do_update(index_elements=["identity"], set_=renewed)


def close_trials(identities: list[str]) -> Update:
    """They were given back unhandled: nothing is proven."""
    return update(DEATHS).where(DEATHS.c.identity.in_(identities)).values(trial="")


def forget_deaths(identities: list[str]) -> Delete:
    """They were handled, well or not, and nobody died."""
    return delete(DEATHS).where(DEATHS.c.identity.in_(identities))


def forget_deaths_before(moment: float) -> Delete:
    """Records of messages that never came again."""
    return delete(DEATHS).where(DEATHS.c.changed_at < moment)


# --- claims -----------------------------------------------------------------------------------------------------------


def claims(keys: list[str]) -> Select[Any]:
    """What there is under these keys, kept from others until the transaction ends."""
    return select(CLAIMS).where(CLAIMS.c.key.in_(keys)).with_for_update()


def new_claims(dialect: str) -> Any:
    """Insert rows; the keys of those that nobody had."""
    insert: Any = _INSERTS[dialect](CLAIMS)
    return insert.on_conflict_do_nothing(index_elements=["key"]).returning(CLAIMS.c.key)


def take_over_claims(keys: list[str], holder: str, until: float) -> Update:
    """Of rows that `claims` has read in the same transaction."""
    return update(CLAIMS).where(CLAIMS.c.key.in_(keys)).values(state="open", holder=holder, until=until)


def finish_claims(keys: list[str], until: float) -> Update:
    """Handled: whatever comes under these keys before `until` is a copy."""
    return update(CLAIMS).where(CLAIMS.c.key.in_(keys)).values(state="done", until=until)


def release_claims(keys: list[str], holder: str) -> Delete:
    """Not handled: the next who comes may claim them."""
    return delete(CLAIMS).where(CLAIMS.c.key.in_(keys), CLAIMS.c.holder == holder, CLAIMS.c.state == "open")


def extend_claims(holder: str, keys: list[str], until: float) -> Update:
    """They are still being worked on."""
    mine = (CLAIMS.c.key.in_(keys), CLAIMS.c.holder == holder, CLAIMS.c.state == "open")
    return update(CLAIMS).where(*mine).values(until=until)


def forget_claims_before(moment: float) -> Delete:
    """Those whose window or lease is long over."""
    return delete(CLAIMS).where(CLAIMS.c.until < moment)
