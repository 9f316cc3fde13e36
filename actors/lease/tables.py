"""The table of leases and the statements on it, the same on SQLite and PostgreSQL. Values only; any thread."""

import time
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Select, String, Table, Update, select, text, update

from actors.database import Connection
from actors.database.statements import Insert, insert_or_ignore

METADATA = MetaData()

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(100), primary_key=True),
    #: For people: machine, process and path.
    Column("holder", String(300), nullable=False),
    #: Grows with each grant.
    Column("epoch", BigInteger, nullable=False),
    #: By the clock of `now_us`; 0 when it was released.
    Column("until_us", BigInteger, nullable=False),
    Column("term_us", BigInteger, nullable=False),
)

_SERVER_CLOCK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


def now_us(connection: Connection) -> int:
    """The one clock of this database: PostgreSQL's own, for a SQLite file the monotonic one of its machine.

    The latter begins anew when the machine does; what was written before is then in the future, or seems younger.
    """
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_SERVER_CLOCK).scalar_one())
    return time.monotonic_ns() // 1000


def declare(connection: Connection) -> Insert:
    return insert_or_ignore(connection, LEASES, ["name"])


def all_leases() -> Select[Any]:
    return select(LEASES).order_by(LEASES.c.name)


def read(name: str) -> Select[Any]:
    return select(LEASES).where(LEASES.c.name == name)


def to_grant(name: str) -> Select[Any]:
    """The row, locked also against those who only hold on to its epoch."""
    return read(name).with_for_update()


def to_fence(name: str, epoch: int) -> Select[Any]:
    """No row when the epoch is another. The lock lets the holder renew, and lets nobody grant."""
    return (
        select(LEASES.c.epoch)
        .where(LEASES.c.name == name, LEASES.c.epoch == epoch)
        .with_for_update(read=True, key_share=True)
    )


def change(name: str, epoch: int) -> Update:
    """Of the row as long as this is its epoch."""
    return update(LEASES).where(LEASES.c.name == name, LEASES.c.epoch == epoch)
