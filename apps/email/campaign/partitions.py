"""A partition per day on PostgreSQL, and dropping what is old. SQLite keeps plain tables and deletes.

Functions over a connection; any thread. A new partition needs its parent for itself for a moment: that happens once a
day, when the first send of the day is started.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Table, delete, func, inspect, select

from actors.database import Connection
from actors.database.statements import one_at_a_time
from apps.email.campaign.tables import CHUNKS, MAILS, PEOPLE

TABLES: Sequence[Table] = (PEOPLE, MAILS)
#: Room in each page for the next version of its rows: a mail is written twice, claimed and settled.
FILL_PERCENT = 60


def name_of(table: Table, day: date) -> str:
    return f"{table.name}_{day:%Y_%m_%d}"


def ensure(conn: Connection, day: date) -> None:
    """The partitions of the sends that start on `day`."""
    if conn.dialect.name != "postgresql" or _exist(conn, day):
        return
    one_at_a_time(conn, "email_send_partitions")
    for table in TABLES:
        conn.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {name_of(table, day)} PARTITION OF {table.name} "
            f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}') WITH (fillfactor = {FILL_PERCENT})"
        )


def drop(conn: Connection, day: date, sends: Sequence[int]) -> None:
    """Forget people, chunks and mails of the sends that started on `day`, which are all of that day's."""
    conn.execute(delete(CHUNKS).where(CHUNKS.c.send_id.in_(sends)))
    for table in TABLES:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql(f"DROP TABLE IF EXISTS {name_of(table, day)}")
        else:
            conn.execute(delete(table).where(table.c.day == day))


def days(conn: Connection) -> list[date]:
    """The days whose rows are still there, oldest first."""
    if conn.dialect.name == "postgresql":
        prefix = f"{PEOPLE.name}_"
        tails = [name.removeprefix(prefix) for name in inspect(conn).get_table_names() if name.startswith(prefix)]
        return sorted(date.fromisoformat(tail.replace("_", "-")) for tail in tails)
    return list(conn.execute(select(PEOPLE.c.day).distinct().order_by(PEOPLE.c.day)).scalars())


def _exist(conn: Connection, day: date) -> bool:
    found = [func.to_regclass(name_of(table, day)) for table in TABLES]
    return None not in conn.execute(select(*found)).one()
