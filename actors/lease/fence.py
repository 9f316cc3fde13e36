"""The fence: a transaction of a holder that was replaced meanwhile must not commit. Any thread."""

from actors.database import Connection
from actors.lease import tables
from actors.lease.errors import LeaseLost


def fenced(connection: Connection, name: str, epoch: int) -> None:
    """Call first in the holder's transaction. Raises LeaseLost when another grant was given since.

    No other grant is given until this transaction has ended. A lease that expired, but that nobody else took, passes.
    """
    if connection.execute(tables.to_fence(name, epoch)).one_or_none() is None:
        raise LeaseLost(name, epoch)
