"""Forgetting the people of old sends, day by day; their sums stay. Functions over a connection; any thread."""

from datetime import date, timedelta

from sqlalchemy import select

from actors.database import Connection
from apps.email.campaign import books, partitions
from apps.email.campaign.sends import load
from apps.email.campaign.states import OVER
from apps.email.campaign.tables import SENDS


def sweep(conn: Connection, today: date, retention_days: int) -> int:
    """Forget the days before the retention on which every send is over; how many."""
    oldest_kept = today - timedelta(days=retention_days)
    return sum(_forget(conn, day) for day in partitions.days(conn) if day < oldest_kept)


def _forget(conn: Connection, day: date) -> bool:
    sends = [load(conn, id) for id in conn.scalars(select(SENDS.c.id).where(SENDS.c.day == day)).all()]
    if any(send.state not in OVER for send in sends):
        return False
    for send in sends:
        books.keep(conn, send)
    partitions.drop(conn, day, [send.id for send in sends])
    return True
