"""The ledger: one row per mail to one person, under its key, moved by the state machine of `states` and no other way.

Functions on a connection inside somebody's transaction; they run in the caller's thread and commit nothing. A claim is
won by exactly one claimant, whatever runs at the same time; an outcome is taken from the claim's own holder only.
Times are seconds since the epoch.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from actors.database import Connection
from actors.database.rows import encoded
from actors.database.statements import among
from apps.email import tables
from apps.email.config import MailClass
from apps.email.foreign import clean
from apps.email.jobs import Job
from apps.email.states import State, may_become
from apps.email.trace import Trace

#: A reply or a reason that is longer is cut.
MOST_CHARACTERS = 1000
_clean = partial(clean, most=MOST_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it stands. `doubts` counts how often its outcome was not known, also if it is known now."""

    key: str
    message_id: str
    mail_class: MailClass
    event_type: str
    event_source: str
    event_id: str
    person: str
    address: str
    template: str
    locale: str
    state: State
    reason: str | None
    attempts: int
    doubts: int
    doubted_at: datetime | None
    claimed_by: str | None
    created_at: datetime
    changed_at: datetime
    code: int | None
    enhanced: str | None
    reply: str | None
    trace: Trace
    rule: str | None = None
    topic: str | None = None
    dedupe: str | None = None
    human: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job about to be handed over, or (with any other `state`) one that will not be, or not yet.

    `human` is what else its person is called.
    """

    job: Job
    message_id: str
    locale: str
    trace: Trace
    state: State = State.CLAIMED
    reason: str | None = None
    human: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claim: handed, failed, deferred or in doubt, with the server's reply where there was one."""

    key: str
    state: State
    reason: str | None = None
    code: int | None = None
    enhanced: str | None = None
    reply: str | None = None
    trace: Trace = field(default_factory=Trace)


def look_up(conn: Connection, keys: Collection[str]) -> dict[str, Entry]:
    """The rows there are, by key."""
    rows = among(conn, tables.LEDGER.c.key, sorted(keys)) if keys else ()
    return {row.key: _entry(row._mapping) for row in rows}


def find(conn: Connection, name: str) -> list[Entry]:
    """The row with this key or Message-ID, or those (two at most) whose key begins like this."""
    found = [_entry(row._mapping) for row in conn.execute(tables.by_name(name))]
    exact = [entry for entry in found if name in (entry.key, entry.message_id)]
    return exact or found


def claim(conn: Connection, claims: Iterable[Claim], claimant: str, at: float) -> frozenset[str]:
    """Take these for `claimant`, in one statement; the keys that were won.

    Not won is what is settled, what another claim holds, and a bulk mail in doubt. Also the way to record a mail that
    is suppressed, skipped, failed or deferred before any hand-over.
    """
    rows = {entry.job.key: _row(entry) for entry in claims}
    if not rows:
        return frozenset()
    dialect = conn.dialect.name
    parameters = {"rows": encoded(dialect, list(rows.values())), "claimant": claimant, "now": _moment(at)}
    return frozenset(conn.execute(tables.take(dialect), parameters).scalars().all())


def settle(conn: Connection, results: Iterable[Result], claimant: str, at: float) -> int:
    """Write outcomes of `claimant`'s own claims; how many rows took theirs. Others are left as they are."""
    rows = [_outcome(result) for result in results]
    if not rows:
        return 0
    dialect = conn.dialect.name
    parameters = {"rows": encoded(dialect, rows), "claimant": claimant, "now": _moment(at)}
    return conn.execute(tables.settle(dialect), parameters).rowcount


def mark_in_doubt(conn: Connection, keys: Collection[str], reason: str, at: float) -> frozenset[str]:
    """Claims whose holder is gone: nobody will tell what became of them. The keys that were claimed indeed."""
    if not keys:
        return frozenset()
    return frozenset(conn.execute(tables.doubt(sorted(keys), _clean(reason) or "", _moment(at))).scalars())


def unclaim(conn: Connection, keys: Collection[str], claimant: str, reason: str, at: float) -> frozenset[str]:
    """Give back claims that surely were not handed over, for anybody to claim again."""
    if not keys:
        return frozenset()
    statement = tables.release(sorted(keys), claimant, _clean(reason) or "", _moment(at))
    return frozenset(conn.execute(statement).scalars())


def doubted(conn: Connection, limit: int) -> list[Entry]:
    """Mails that are or ever were in doubt, latest doubt first: those of which a second copy is possible."""
    return [_entry(row._mapping) for row in conn.execute(tables.doubted(limit))]


def forget(conn: Connection, before: datetime) -> int:
    """Delete some of the mails that were made and settled before that, or are in doubt since; how many, 0 when none
    is left. Those that are still to be tried stay."""
    return conn.execute(tables.forget(before)).rowcount


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the books: so many mails of this class are in this state, `doubted` of them were ever in doubt."""

    mail_class: MailClass
    state: State
    mails: int
    doubted: int


def books(conn: Connection) -> list[Line]:
    """All mails the ledger knows, by class and state."""
    rows = conn.execute(tables.books())
    return sorted(
        (Line(mail_class, State(state), mails, doubted) for mail_class, state, mails, doubted in rows),
        key=lambda line: (line.mail_class, line.state),
    )


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(**{**row, "state": State(row["state"]), "trace": Trace.from_json(row["trace"])})


def _row(claim: Claim) -> dict[str, Any]:
    if not may_become(None, claim.state):
        raise ValueError(f"a claim cannot begin as {claim.state}")
    job = claim.job
    return {
        "key": job.key,
        "message_id": claim.message_id,
        "mail_class": job.mail_class,
        "event_type": job.event_type,
        "event_source": job.event_source,
        "event_id": job.event_id,
        "person": job.person,
        "address": job.address,
        "template": job.template,
        "locale": claim.locale,
        "state": claim.state.value,
        "reason": _clean(claim.reason),
        "trace": claim.trace.to_json(),
        "rule": job.rule or None,
        "topic": job.topic,
        "dedupe": job.terms.get("dedupe"),
        "human": claim.human,
    }


def _outcome(result: Result) -> dict[str, Any]:
    if not may_become(State.CLAIMED, result.state):
        raise ValueError(f"{result.key}: a claim cannot end as {result.state}")
    return {
        "key": result.key,
        "state": result.state.value,
        "reason": _clean(result.reason),
        "code": result.code,
        "enhanced": result.enhanced,
        "reply": _clean(result.reply),
        "trace": result.trace.to_json(),
    }


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
