"""Mails that a rule in the shadow would have sent: kept to be looked at, with what came of comparing them.

Functions over a connection; any thread.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.email.rulebook.comparing import Comparison, Outcome
from apps.email.rulebook.tables import COMPARISONS, SHADOWS


@dataclass(frozen=True, slots=True)
class Shadow:
    """A mail that was rendered and is not sent, by its key; and what came of comparing it."""

    key: str
    rule: str
    person: str
    mail: bytes
    comparisons: Sequence[Comparison] = ()


def keep(conn: Connection, shadows: Sequence[Shadow], now: float) -> None:
    """What is there already stays."""
    if not shadows:
        return
    at, ours = datetime.fromtimestamp(now, UTC), sorted(shadows, key=lambda one: one.key)
    rows = [{"key": one.key, "rendered_at": at, "digest": digest(one.mail), "mail": one.mail} for one in ours]
    conn.execute(insert_or_ignore(conn, SHADOWS, ["key"]), rows)
    compared = [_row(shadow, one, at) for shadow in ours for one in shadow.comparisons]
    if compared:
        conn.execute(insert_or_ignore(conn, COMPARISONS, ["key", "beside"]), compared)


def _row(shadow: Shadow, one: Comparison, at: datetime) -> dict[str, Any]:
    about = {"key": shadow.key, "rule": shadow.rule, "person": shadow.person, "beside": one.beside, "compared_at": at}
    return {**about, "outcome": one.outcome.value, "differs": ", ".join(one.differs), "diff": one.diff}


def summed(conn: Connection, rule: str | None = None) -> list[dict[str, Any]]:
    """Per rule in the shadow, and rule that it was compared with: how many mails came out how, and the last one that
    differs as an example."""
    columns = COMPARISONS.c.rule, COMPARISONS.c.beside, COMPARISONS.c.outcome, COMPARISONS.c.differs
    statement = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, beside, outcome, differs, mails in conn.execute(
        statement if rule is None else statement.where(COMPARISONS.c.rule == rule)
    ):
        line = found.setdefault((name, beside), line_of(name, beside))
        add(line, Outcome(outcome), differs.split(", ") if differs else [], mails)
    for (name, beside), line in found.items():
        line["example"] = _example(conn, name, beside) if line[Outcome.DIFFERENT.value] else None
    return list(found.values())


def line_of(rule: str, beside: str) -> dict[str, Any]:
    """Nothing counted yet."""
    counted = dict.fromkeys((*(outcome.value for outcome in Outcome), "subject", "text", "html"), 0)
    return {"rule": rule, "beside": beside, "send": None, **counted, "example": None}


def add(line: dict[str, Any], outcome: Outcome, differs: Sequence[str], mails: int) -> None:
    """Count so many mails more of which that came."""
    for name in (outcome.value, *differs):
        line[name] += mails


def find(conn: Connection, key: str) -> bytes | None:
    """The whole mail, as the mail server would have got it."""
    mail: bytes | None = conn.execute(select(SHADOWS.c.mail).where(SHADOWS.c.key == key)).scalar_one_or_none()
    return mail


def digest(mail: bytes) -> str:
    """SHA-256 of the mail without its Date, which differs each time: two that say the same have the same."""
    head, _, body = mail.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"date:")]
    return hashlib.sha256(b"\r\n".join([*lines, b"", body])).hexdigest()


def _example(conn: Connection, rule: str, beside: str) -> dict[str, Any]:
    ours = (COMPARISONS.c.rule == rule, COMPARISONS.c.beside == beside, COMPARISONS.c.diff.isnot(None))
    last = COMPARISONS.c.compared_at.desc(), COMPARISONS.c.key
    row = conn.execute(select(COMPARISONS).where(*ours).order_by(*last).limit(1)).one()
    return {"key": row.key, "person": row.person, "diff": row.diff}
