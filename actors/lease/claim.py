"""Taking, renewing and releasing a lease: one short transaction each. The thread of whoever calls.

Each function takes a connection inside a transaction, so what it did holds from the commit on.
"""

from actors.database import Connection
from actors.lease import tables
from actors.lease.watch import Row, Watch


def is_free(connection: Connection, name: str, watch: Watch, mono_us: int) -> bool:
    """A look that locks nothing: whether `take` is worth it."""
    found = connection.execute(tables.read(name)).one_or_none()
    if found is None:
        return True
    row = Row(found.holder, found.epoch, found.until_us, found.term_us)
    return watch.is_free(row, tables.now_us(connection), mono_us)


def take(connection: Connection, name: str, holder: str, term_us: int, watch: Watch, mono_us: int) -> int | None:
    """The epoch of the grant; None when somebody else holds it."""
    nobody = {"name": name, "holder": "", "epoch": 0, "until_us": 0, "term_us": term_us}
    connection.execute(tables.declare(connection), nobody)
    found = connection.execute(tables.to_grant(name)).one()
    now_us = tables.now_us(connection)
    if not watch.is_free(Row(found.holder, found.epoch, found.until_us, found.term_us), now_us, mono_us):
        return None
    epoch = int(found.epoch) + 1
    granted = {"holder": holder, "epoch": epoch, "until_us": now_us + term_us, "term_us": term_us}
    connection.execute(tables.change(name, found.epoch), granted)
    return epoch


def renew(connection: Connection, name: str, epoch: int, term_us: int) -> bool:
    """Another term from now on, if nobody else was granted it; also when it has expired already."""
    until_us = tables.now_us(connection) + term_us
    return connection.execute(tables.change(name, epoch), {"until_us": until_us, "term_us": term_us}).rowcount == 1


def release(connection: Connection, name: str, epoch: int) -> None:
    """Free at once, if this is still the epoch."""
    connection.execute(tables.change(name, epoch), {"until_us": 0})
