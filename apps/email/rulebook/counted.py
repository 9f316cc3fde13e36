"""Which mails count towards the limits of a person: those of the ledger, and those of sends to audiences.

Mails that were handed over, are on their way, in doubt, or to be tried again count; those that were never made, or only
rendered, do not. A person goes by several names: what an event calls them, their id, the key of their address. Who has
one in common is the same person. Functions over a connection; nothing is written.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from actors.database import Connection
from actors.database.statements import BATCH
from apps.email.campaign.states import MailState
from apps.email.campaign.tables import MAILS, SENDS
from apps.email.jobs import Job, keys_of
from apps.email.states import State
from apps.email.tables import LEDGER
from apps.people import address as addresses
from apps.people.errors import Refused
from apps.people.profile import profiles

COUNTED = (State.CLAIMED.value, State.HANDED.value, State.IN_DOUBT.value)


@dataclass(frozen=True, slots=True)
class Mail:
    """One that counts, or one that is wanted; `at` is its last change, in seconds since the epoch."""

    key: str
    names: frozenset[str]
    rule: str
    topic: str | None
    dedupe: str | None
    at: float


def names_of(conn: Connection, jobs: Sequence[Job]) -> dict[str, frozenset[str]]:
    """By key of the job, all that its person is called."""
    keys = {job.key: key_of_address(job.address) for job in jobs}
    known = profiles(conn, [key for key in keys.values() if key])
    found = {}
    for job in jobs:
        key = keys[job.key]
        profile = known.get(key)
        found[job.key] = frozenset({job.person, key or job.address, *([profile.id] if profile else [])})
    return found


def other_name(person: str, address: str, id: str | None) -> str | None:
    """What the ledger writes beside what an event calls a person: their id, else the key of their address; None when it
    is the same."""
    name = id or key_of_address(address)
    return None if name in ("", person) else name


def key_of_address(address: str) -> str:
    """Empty for an address nobody can have."""
    try:
        return addresses.parse(address).key
    except Refused:
        return ""


def sent_to(
    conn: Connection, people: Collection[str], rules: Collection[str], topics: Collection[str], since: float
) -> list[Mail]:
    """What counts for people of these names since then, oldest first; of sends, those of these rules and topics."""
    names, moment = sorted(people), datetime.fromtimestamp(since, UTC)
    sends = {row.id: row for row in conn.execute(_sends(rules, topics, moment))}
    found: list[Mail] = []
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        found += map(_single, conn.execute(_singles(some, moment)))
        if sends:
            found += _of_sends(conn, sends, some, moment)
    return sorted(found, key=lambda one: one.at)


def _singles(names: Sequence[str], since: datetime) -> Any:
    columns = [LEDGER.c[name] for name in ("key", "person", "human", "rule", "topic", "dedupe", "changed_at")]
    called = or_(LEDGER.c.person.in_(names), LEDGER.c.human.in_(names))
    return select(*columns).where(called, _counts(LEDGER), LEDGER.c.changed_at > since)


def _single(row: Row[Any]) -> Mail:
    names = frozenset({row.person} if row.human is None else {row.person, row.human})
    return Mail(row.key, names, row.rule or "", row.topic, row.dedupe, row.changed_at.timestamp())


def _sends(rules: Collection[str], topics: Collection[str], since: datetime) -> Any:
    """Those that may have written since then."""
    columns = [SENDS.c[name] for name in ("id", "day", "rule", "topic", "terms", "event_source", "event_id")]
    ours = or_(SENDS.c.rule.in_(sorted(rules)), SENDS.c.topic.in_(sorted(topics)))
    return select(*columns).where(ours, or_(SENDS.c.ended_at.is_(None), SENDS.c.ended_at > since))


def _of_sends(conn: Connection, sends: Mapping[int, Row[Any]], ids: Sequence[str], since: datetime) -> Iterator[Mail]:
    keys = {id: keys_of(send.event_source, send.event_id, send.rule) for id, send in sends.items()}
    rows = conn.execute(
        select(MAILS.c.send_id, MAILS.c.person_id, MAILS.c.at).where(
            MAILS.c.send_id.in_(sorted(sends)),
            MAILS.c.day.in_(sorted({send.day for send in sends.values()})),
            MAILS.c.person_id.in_(ids),
            _counts(MAILS),
            MAILS.c.at > since,
        )
    )
    for row in rows:
        send = sends[row.send_id]
        key, names = keys[row.send_id](row.person_id), frozenset({row.person_id})
        yield Mail(key, names, send.rule, send.topic, send.terms.get("dedupe"), row.at.timestamp())


def _counts(table: Any) -> ColumnElement[bool]:
    return or_(table.c.state.in_(COUNTED), and_(table.c.state == MailState.DEFERRED.value, table.c.attempts > 0))
