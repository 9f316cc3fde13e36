"""The books of a send, from the tables as they are at this instant. Functions over a connection; any thread.

    targeted = handed + failed + suppressed + skipped + in_doubt + pending

Pending is who has no row yet, who is claimed, and who is deferred. When the rows are gone after their retention, the
sums that were taken before are what is left.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, select, update

from actors.database import Connection
from apps.email.campaign.errors import NotNow
from apps.email.campaign.mails import clean
from apps.email.campaign.sends import Send
from apps.email.campaign.states import OPEN, MailState
from apps.email.campaign.tables import MAILS, PEOPLE, SENDS

#: States that come with a reason.
_EXPLAINED = (MailState.FAILED, MailState.SUPPRESSED, MailState.SKIPPED, MailState.IN_DOUBT, MailState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Books:
    """How many people there are of each kind. `deferred` is a part of `pending`: those who wait for another try."""

    targeted: int = 0
    handed: int = 0
    failed: int = 0
    suppressed: int = 0
    skipped: int = 0
    in_doubt: int = 0
    pending: int = 0
    deferred: int = 0

    @property
    def settled(self) -> int:
        return self.handed + self.failed + self.suppressed + self.skipped + self.in_doubt

    @property
    def balanced(self) -> bool:
        return self.pending >= self.deferred >= 0 and self.targeted == self.settled + self.pending

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """So many people are in this state for this reason."""

    state: MailState
    reason: str
    code: int | None
    enhanced: str | None
    people: int


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a send."""

    person_id: str
    state: MailState
    reason: str | None
    code: int | None
    reply: str | None
    at: datetime


def of(conn: Connection, send: Send) -> Books:
    """The books now; those that were kept, when the rows are gone."""
    if send.sums is not None and not _has_rows(conn, send):
        return Books(**send.sums)
    counts = _counts(conn, send)
    settled = {state.value: counts.get(state, 0) for state in MailState if state not in OPEN}
    pending = send.targeted - sum(settled.values())
    return Books(send.targeted, **settled, pending=pending, deferred=counts.get(MailState.DEFERRED, 0))


def audit(conn: Connection, send: Send) -> str | None:
    """Why a send whose chunks are done cannot be finished; None when everybody frozen is settled, and nobody else."""
    counts = _counts(conn, send)
    open_rows = sum(counts.get(state, 0) for state in OPEN)
    frozen = conn.execute(select(func.count()).select_from(PEOPLE).where(*_own(PEOPLE, send))).scalar_one()
    same = and_(*_own(MAILS, send), MAILS.c.person_id == PEOPLE.c.person_id)
    untaken = select(func.count()).select_from(PEOPLE).where(*_own(PEOPLE, send), ~exists().where(same))
    missing = conn.execute(untaken).scalar_one()
    rows = sum(counts.values())
    if (frozen, rows, open_rows, missing) == (send.targeted, send.targeted, 0, 0):
        return None
    return (
        f"the books do not balance: {send.targeted} targeted, {frozen} frozen, {rows} mails, "
        f"{open_rows} of them pending, {missing} people without one"
    )


def reasons(conn: Connection, send: Send, limit: int = 50) -> list[Reason]:
    """Why people were not reached, the most frequent first."""
    columns = MAILS.c.state, func.coalesce(MAILS.c.reason, ""), MAILS.c.code, MAILS.c.enhanced
    people = func.count()
    rows = conn.execute(
        select(*columns, people)
        .where(*_own(MAILS, send), MAILS.c.state.in_(_EXPLAINED))
        .group_by(*columns)
        .order_by(people.desc(), *columns)
        .limit(limit)
    )
    return [Reason(MailState(row[0]), *row[1:]) for row in rows]


def rows(conn: Connection, send: Send, state: MailState, limit: int) -> list[Row]:
    """The people in this state, by id."""
    columns = MAILS.c.person_id, MAILS.c.state, MAILS.c.reason, MAILS.c.code, MAILS.c.reply, MAILS.c.at
    found = conn.execute(
        select(*columns).where(*_own(MAILS, send), MAILS.c.state == state).order_by(MAILS.c.person_id).limit(limit)
    )
    return [Row(row[0], MailState(row[1]), *row[2:]) for row in found]


def resolve(
    conn: Connection, send: Send, state: MailState, note: str, now: datetime, persons: Collection[str] = ()
) -> int:
    """Settle doubts by hand, as handed or failed: those of these people, or all; how many. Raises NotNow."""
    if state not in (MailState.HANDED, MailState.FAILED):
        raise NotNow(f"a doubt is resolved as handed or failed, not as {state}", field="state")
    doubts = and_(*_own(MAILS, send), MAILS.c.state == MailState.IN_DOUBT)
    if persons:
        doubts = and_(doubts, MAILS.c.person_id.in_(sorted(persons)))
    reason = clean(f"resolved by hand: {note}")
    resolved = conn.execute(update(MAILS).where(doubts).values(state=state.value, reason=reason, at=now)).rowcount
    if send.sums is not None and resolved:
        keep(conn, send)
    return resolved


def keep(conn: Connection, send: Send) -> None:
    """Write the sums into the send itself, for the time after its rows."""
    conn.execute(update(SENDS).where(SENDS.c.id == send.id).values(sums=of(conn, send).to_dict()))


def _counts(conn: Connection, send: Send) -> Mapping[MailState, int]:
    found = conn.execute(select(MAILS.c.state, func.count()).where(*_own(MAILS, send)).group_by(MAILS.c.state))
    return {MailState(row[0]): row[1] for row in found}


def _has_rows(conn: Connection, send: Send) -> bool:
    first = and_(*_own(PEOPLE, send), PEOPLE.c.position == 1)
    return bool(conn.execute(select(exists().where(first))).scalar_one())


def _own(table: Any, send: Send) -> tuple[Any, Any]:
    return table.c.send_id == send.id, table.c.day == send.day
