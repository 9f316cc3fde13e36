"""An address that a mail server says does not exist gets no more mail. A statement on a connection; any thread."""

from datetime import UTC, datetime

from actors.database import Connection
from apps.email.outcome import Settled
from apps.people import address
from apps.people.suppression import Why, suppress


def bury(conn: Connection, entry: Settled, at: float) -> None:
    """Suppress the address of a refused mail, with what the server said. `at`: seconds since the epoch."""
    result = entry.result
    if result is None:
        return
    key = address.parse(entry.parcel.job.address).key
    evidence = {"mail": entry.parcel.job.key, "enhanced": result.enhanced, "reply": result.reply or ""}
    suppress(conn, key, Why.HARD_BOUNCE, datetime.fromtimestamp(at, UTC), evidence=evidence)
