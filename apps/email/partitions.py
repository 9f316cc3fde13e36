"""Tables with a partition per day on PostgreSQL, so that a day is dropped, not deleted; on SQLite plain tables.

Such a table has a column `day`, which is part of its primary key, and `postgresql_partition_by="RANGE (day)"`.
Functions over a connection; any thread. A new partition is made beside its table and attached: who reads and writes the
table meanwhile is not kept waiting. Dropping one needs the table for itself for a moment; while somebody reads for long
it is put off, since all who come later would wait behind it.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Table, delete, func, inspect, select

from actors.database import Connection
from actors.database.statements import one_at_a_time

_PARTITIONS = (
    "SELECT one.relname FROM pg_inherits JOIN pg_class AS one ON one.oid = inhrelid "
    "WHERE inhparent = ANY(%s::text[]::regclass[])"
)
#: Others wait at most so long behind somebody who would drop a partition.
DROP_SECONDS = 1


def name_of(table: Table, day: date) -> str:
    return f"{table.name}_{day:%Y_%m_%d}"


def ensure(conn: Connection, tables: Sequence[Table], day: date, fill_percent: int = 100) -> None:
    """There are partitions for this day; cheap when there were before. Inserts fill `fill_percent` of a page."""
    if conn.dialect.name != "postgresql" or _seem_there(conn, tables, day):
        return
    one_at_a_time(conn, "email partitions")
    there = set(conn.exec_driver_sql(_PARTITIONS, ([table.name for table in tables],)).scalars())
    for table in tables:
        name = name_of(table, day)
        if name in there:
            continue
        conn.exec_driver_sql(
            f"CREATE TABLE {name} (LIKE {table.name} INCLUDING ALL) WITH (fillfactor = {fill_percent})"
        )
        span = f"FROM ('{day}') TO ('{day + timedelta(days=1)}')"
        conn.exec_driver_sql(f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES {span}")


def drop(conn: Connection, table: Table, day: date) -> None:
    """Forget all rows of that day. Raises the driver's error when others are at them for `DROP_SECONDS`."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{DROP_SECONDS}s'")
        conn.exec_driver_sql(f"DROP TABLE IF EXISTS {name_of(table, day)}")
    else:
        conn.execute(delete(table).where(table.c.day == day))


def days(conn: Connection, table: Table) -> list[date]:
    """The days there are, oldest first; on PostgreSQL also those whose partition is empty."""
    if conn.dialect.name != "postgresql":
        return list(conn.execute(select(table.c.day).distinct().order_by(table.c.day)).scalars())
    ours = re.compile(re.escape(table.name) + r"_(\d{4})_(\d\d)_(\d\d)")
    found = [match for name in inspect(conn).get_table_names() if (match := ours.fullmatch(name))]
    return sorted(date(*map(int, match.groups())) for match in found)


def _seem_there(conn: Connection, tables: Sequence[Table], day: date) -> bool:
    """What is there is seen; what is not may have come meanwhile: a transaction looks up a name once."""
    return None not in conn.execute(select(*(func.to_regclass(name_of(table, day)) for table in tables))).one()
