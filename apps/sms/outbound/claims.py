"""From `queued` to `claimed`, and back; and what will not leave at all. Functions on a connection; they commit nothing.

Whoever calls them has asked the fence first: a holder that was replaced writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from actors.database import Connection, Timestamp
from actors.database.rows import MOMENT, NUMBER, TEXT, Columns, encoded, moment, table_of
from apps.sms.states import Lane, MemberState, TextState
from apps.sms.tables import members, texts


@dataclass(frozen=True, slots=True)
class Claim:
    """A text about to be handed over, by the id of its row."""

    id: int
    carrier: str
    segments: int
    coding: str


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a text that is not handed over: another state, or another time with the state `queued`."""

    id: int
    state: TextState
    reason: str | None = None
    due_at: datetime | None = None
    attempts: int = 0


def claim(conn: Connection, claims: Sequence[Claim], epoch: int, now: datetime) -> frozenset[int]:
    """The ids that were won.

    Not won is what somebody revoked or cancelled meanwhile, and what is for a member who left: the last look at it.
    """
    if not claims:
        return frozenset()
    dialect = conn.dialect.name
    rows = [{"id": one.id, "carrier": one.carrier, "segments": one.segments, "coding": one.coding} for one in claims]
    parameters = {"rows": encoded(dialect, rows), "now": now, "epoch": epoch}
    return frozenset(conn.execute(_claiming(dialect), parameters).scalars())


def change(conn: Connection, changes: Sequence[Change], source: TextState, now: datetime) -> int:
    """Move texts that still are in the state `source`; how many were."""
    if not changes:
        return 0
    dialect = conn.dialect.name
    rows = [
        {
            "id": one.id,
            "state": one.state.value,
            "reason": one.reason,
            "due_at": moment(dialect, one.due_at),
            "attempts": one.attempts,
        }
        for one in changes
    ]
    parameters = {"rows": encoded(dialect, rows), "now": now, "source": source.value}
    return conn.execute(_changing(dialect), parameters).rowcount


def doubt_older(conn: Connection, epoch: int, now: datetime) -> int:
    """What earlier holders had claimed and not settled: nobody knows whether it left. How many those are."""
    statement = (
        update(texts)
        .where(texts.c.state == TextState.CLAIMED.value, texts.c.epoch < epoch)
        .values(state=TextState.IN_DOUBT.value, reason="whoever handed it over is gone", changed_at=now)
    )
    return conn.execute(statement).rowcount


_CLAIM: Columns = {"id": NUMBER, "carrier": TEXT, "segments": NUMBER, "coding": TEXT}
_CHANGE: Columns = {"id": NUMBER, "state": TEXT, "reason": TEXT, "due_at": MOMENT, "attempts": NUMBER}


@cache
def _claiming(dialect: str) -> ReturningUpdate[Any]:
    given = table_of(dialect, _CLAIM).c
    left = exists(
        select(members.c.number).where(
            members.c.leader == texts.c.leader,
            members.c.number == texts.c.member,
            members.c.state == MemberState.LEFT.value,
        )
    )
    return (
        update(texts)
        .where(
            texts.c.id == given.id,
            texts.c.state == TextState.QUEUED.value,
            or_(texts.c.lane == Lane.CONFIRMATION.value, ~left),
        )
        .values(
            state=TextState.CLAIMED.value,
            carrier=given.carrier,
            segments=given.segments,
            coding=given.coding,
            epoch=bindparam("epoch"),
            attempts=texts.c.attempts + 1,
            changed_at=bindparam("now", type_=Timestamp),
        )
        .returning(texts.c.id)
    )


@cache
def _changing(dialect: str) -> Update:
    given = table_of(dialect, _CHANGE).c
    return (
        update(texts)
        .where(and_(texts.c.id == given.id, texts.c.state == bindparam("source")))
        .values(
            state=given.state,
            reason=given.reason,
            attempts=texts.c.attempts + given.attempts,
            due_at=func.coalesce(given.due_at, texts.c.due_at),
            changed_at=bindparam("now", type_=Timestamp),
        )
    )
