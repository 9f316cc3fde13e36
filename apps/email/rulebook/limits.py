"""Dedupe and caps, decided on the ledger inside the transaction that claims: exact, whoever else claims at that time.

Who has a limit is locked first, so two dispatchers never both see the last free place. Mails that were handed over,
are on their way, in doubt, or to be tried again count; those that were never made, or only rendered, do not. Runs in
the caller's thread and commits nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

from sqlalchemy import and_, or_, select

from actors.database import Connection
from actors.database.statements import BATCH, one_at_a_time
from apps.email.compose import Composed, withheld
from apps.email.jobs import Job
from apps.email.rulebook.terms import Terms
from apps.email.states import State
from apps.email.tables import LEDGER

COUNTED = (State.CLAIMED.value, State.HANDED.value, State.IN_DOUBT.value)


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that counts; `at` is its last change."""

    key: str
    person: str
    rule: str
    topic: str | None
    dedupe: str | None
    at: float


def withhold(conn: Connection, composed: Sequence[Composed], now: float) -> list[Composed]:
    """The same, but for the mails that their limits forbid."""
    made = [entry.claim.job for entry in composed if entry.mail is not None or entry.shadow is not None]
    found = overruns(conn, made, now)
    return [withheld(one, why) if (why := found.get(one.claim.job.key)) is not None else one for one in composed]


def overruns(conn: Connection, jobs: Sequence[Job], now: float, *, lock: bool = True) -> dict[str, str]:
    """By key, the reason not to send a mail now; jobs of the same list are counted one after the other.

    `lock` is for whoever claims; who only asks waits for nobody.
    """
    limited = [(job, terms) for job in jobs if (terms := Terms.of(job.terms)).limited]
    if not limited:
        return {}
    people = {job.person for job, _ in limited}
    if lock:
        for person in sorted(people, key=lambda name: crc32(f"limits {name}".encode())):
            one_at_a_time(conn, f"limits {person}")
    since = now - max(max(terms.cap_seconds, terms.dedupe_seconds) for _, terms in limited)
    sent = sent_to(conn, people, since)
    found: dict[str, str] = {}
    for job, terms in limited:
        why = overrun(job, terms, sent, now)
        if why is None and not terms.shadow:
            sent.append(Sent(job.key, job.person, job.rule, job.topic, terms.dedupe, now))
        elif why is not None:
            found[job.key] = why
    return found


def overrun(job: Job, terms: Terms, sent: Sequence[Sent], now: float) -> str | None:
    """Why this mail would be one too many after those; itself, from an earlier attempt, is none of them. Pure."""
    others = [one for one in sent if one.key != job.key and one.person == job.person]
    if terms.dedupe:
        same = [one for one in others if one.dedupe == terms.dedupe and one.at > now - terms.dedupe_seconds]
        if same:
            return f"the same as {same[-1].key[:12]}, {_ago(same[-1].at, now)}"
    if terms.cap:
        alike = [one for one in others if _counts_for(one, job) and one.at > now - terms.cap_seconds]
        if len(alike) >= terms.cap:
            what = f"topic {job.topic}" if job.topic else f"rule {job.rule}"
            return f"cap: {len(alike)} of {terms.cap} mails of {what} within {timedelta(seconds=terms.cap_seconds)}"
    return None


def sent_to(conn: Connection, people: Collection[str], since: float) -> list[Sent]:
    """What counts for these people since then, oldest first."""
    found: list[Sent] = []
    names = sorted(people)
    tried = and_(LEDGER.c.state == State.DEFERRED.value, LEDGER.c.attempts > 0)
    columns = [LEDGER.c[name] for name in ("key", "person", "rule", "topic", "dedupe", "changed_at")]
    for start in range(0, len(names), BATCH):
        statement = select(*columns).where(
            LEDGER.c.person.in_(names[start : start + BATCH]),
            or_(LEDGER.c.state.in_(COUNTED), tried),
            LEDGER.c.changed_at > datetime.fromtimestamp(since, UTC),
        )
        for row in conn.execute(statement):
            found.append(Sent(row.key, row.person, row.rule or "", row.topic, row.dedupe, row.changed_at.timestamp()))
    return sorted(found, key=lambda one: one.at)


def _counts_for(one: Sent, job: Job) -> bool:
    return one.topic == job.topic if job.topic else one.rule == job.rule


def _ago(at: float, now: float) -> str:
    return f"{timedelta(seconds=round(max(0.0, now - at)))} ago"
