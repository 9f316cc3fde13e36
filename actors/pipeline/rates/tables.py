"""The tables of shared rates and the statements on them, the same on SQLite and PostgreSQL. Values only; any thread.

One row per rate says what is allowed; whoever takes permits holds its lock. One row per rate and key says what was
charged lately.
"""

import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, Delete, MetaData, Select, Table, Text, Update, delete, select, text, update

from actors.database import Connection, Json
from actors.database.statements import Insert, insert_or_ignore, insert_or_update

METADATA = MetaData()

RATES = Table(
    "rates",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("allowed", BigInteger, nullable=False),
    Column("interval_us", BigInteger, nullable=False),
    Column("lease_us", BigInteger, nullable=False),
    # What the configuration said last: a figure changed at run time stays until the configuration says another one.
    Column("declared_allowed", BigInteger, nullable=False),
    Column("declared_interval_us", BigInteger, nullable=False),
    Column("born_us", BigInteger, nullable=False),
)

WINDOWS = Table(
    "rates_windows",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("charges", Json, nullable=False),
)

_SERVER_CLOCK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


def now_us(connection: Connection) -> int:
    """The one clock of this database: PostgreSQL's own, for a SQLite file the monotonic one of its machine."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_SERVER_CLOCK).scalar_one())
    return time.monotonic_ns() // 1000


def rate_of(name: str) -> Select[Any]:
    """The rate's row, locked until the transaction ends; SQLite has one writer at a time anyway."""
    return select(RATES).where(RATES.c.name == name).with_for_update()


def rate_read(name: str) -> Select[Any]:
    return select(RATES).where(RATES.c.name == name)


def declare(connection: Connection) -> Insert:
    return insert_or_ignore(connection, RATES, ["name"])


def redeclare(name: str) -> Update:
    return update(RATES).where(RATES.c.name == name)


def windows_of(name: str, keys: Iterable[str]) -> Select[Any]:
    return select(WINDOWS).where(WINDOWS.c.name == name, WINDOWS.c.key.in_(list(keys)))


def keep(connection: Connection) -> Insert:
    return insert_or_update(connection, WINDOWS, ["name", "key"], ["at_us", "charges"])


def forget(name: str, before_us: int) -> Delete:
    """Windows that saw nothing since `before_us`."""
    return delete(WINDOWS).where(WINDOWS.c.name == name, WINDOWS.c.at_us < before_us)
