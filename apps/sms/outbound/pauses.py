"""Carriers that somebody paused, and what the authority reported last. Functions on a connection, without commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from actors.database import Connection
from actors.database.statements import insert_or_update
from apps.sms.tables import pauses, reports


@dataclass(frozen=True, slots=True)
class Report:
    """What was said, and when."""

    body: Mapping[str, Any]
    at: datetime


def paused(conn: Connection) -> frozenset[str]:
    return frozenset(conn.execute(select(pauses.c.carrier)).scalars())


def pause(conn: Connection, carrier: str, reason: str, now: datetime) -> None:
    row = {"carrier": carrier, "reason": reason, "at": now}
    conn.execute(insert_or_update(conn, pauses, ("carrier",), ("reason", "at")), [row])


def resume(conn: Connection, carrier: str) -> bool:
    """Whether it was paused."""
    return conn.execute(delete(pauses).where(pauses.c.carrier == carrier)).rowcount > 0


def report(conn: Connection, name: str, body: Mapping[str, Any], now: datetime) -> None:
    row = {"name": name, "body": dict(body), "at": now}
    conn.execute(insert_or_update(conn, reports, ("name",), ("body", "at")), [row])


def reported(conn: Connection, name: str) -> Report | None:
    row = conn.execute(select(reports.c.body, reports.c.at).where(reports.c.name == name)).first()
    return None if row is None else Report(row.body, row.at)
