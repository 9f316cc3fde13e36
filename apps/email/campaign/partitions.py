"""The partitions of sends, by the day on which a send was started. Functions over a connection; any thread.

Those of tomorrow are made today (`ahead`), so that an order finds them.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Table, delete

from actors.database import Connection
from apps.email import partitions
from apps.email.campaign.tables import CHUNKS, MAILS, PEOPLE

TABLES: Sequence[Table] = (PEOPLE, MAILS)
#: Room in each page for the next version of its rows: a mail is written twice, claimed and settled.
FILL_PERCENT = 60


def ensure(conn: Connection, day: date) -> None:
    """The partitions of the sends that start on `day`."""
    partitions.ensure(conn, TABLES, day, FILL_PERCENT)


def ahead(conn: Connection, today: date) -> None:
    """Those of today and of tomorrow."""
    for day in (today, today + timedelta(days=1)):
        ensure(conn, day)


def drop(conn: Connection, day: date, sends: Sequence[int]) -> None:
    """Forget people, chunks and mails of the sends that started on `day`, which are all of that day's."""
    conn.execute(delete(CHUNKS).where(CHUNKS.c.send_id.in_(sends)))
    for table in TABLES:
        partitions.drop(conn, table, day)


def days(conn: Connection) -> list[date]:
    """The days whose rows are still there, oldest first."""
    return partitions.days(conn, PEOPLE)
