"""What is known about messages that were in hand when a stage died, shared by all nodes through the database.

Functions on a connection in somebody's transaction; they run in the caller's thread. `suspicion` says what to do.

A message that is about to be handled alone gets an open trial first. Who finds one open later, in the name of a process
that is not his own, knows that nobody was left to close it: the message killed the whole process.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from actors.database.columns import Connection
from actors.pipeline.connector import tables
from actors.pipeline.connector.quarantine.store import storable
from actors.pipeline.connector.suspicion import Record

#: A record nobody touched for so long is of a message that will not come again.
FORGET_SECONDS = 7 * 86400.0
#: As much of a traceback is kept; its end says most.
TRACEBACK_CHARACTERS = 8000

KILLED = "the process ended with the message in hand, and left no traceback"


@dataclass(frozen=True, slots=True)
class Death:
    """One death with this message in hand; `alone` if it was the only one."""

    identity: str
    alone: bool
    traceback: str


def records(conn: Connection, identities: Collection[str], process: str, now: float) -> dict[str, Record]:
    """What is known. Open trials of other processes than `process` are closed here, as deaths."""
    if not identities:
        return {}
    rows = {row.identity: row for row in conn.execute(tables.records(sorted(identities)))}
    killers = [key for key, row in rows.items() if row.trial and row.trial != process]
    if killers:
        blame(conn, [Death(key, alone=True, traceback=KILLED) for key in killers], now)
    known = {}
    for key, row in rows.items():
        killed = key in killers
        traceback = KILLED if killed else row.traceback
        known[key] = Record(row.deaths + killed, row.alone + killed, traceback)
    return known


def blame(conn: Connection, deaths: Iterable[Death], now: float) -> None:
    """Add to the records."""
    values = [
        {
            "identity": death.identity,
            "deaths": 1,
            "alone": int(death.alone),
            "traceback": storable(death.traceback[-TRACEBACK_CHARACTERS:]),
            "trial": "",
            "changed_at": now,
        }
        for death in deaths
    ]
    if values:
        conn.execute(tables.blame(conn.dialect.name), values)


def open_trials(conn: Connection, identities: Collection[str], process: str, now: float) -> None:
    """They are about to be handled alone in `process`."""
    values = [
        {"identity": key, "deaths": 0, "alone": 0, "traceback": "", "trial": process, "changed_at": now}
        for key in sorted(identities)
    ]
    if values:
        conn.execute(tables.open_trial(conn.dialect.name), values)


def close_trials(conn: Connection, identities: Collection[str]) -> None:
    """They were given back unhandled."""
    if identities:
        conn.execute(tables.close_trials(sorted(identities)))


def forget(conn: Connection, identities: Collection[str], now: float) -> None:
    """They were handled and nobody died, or they are in quarantine; and clear out what is too old."""
    if identities:
        conn.execute(tables.forget_deaths(sorted(identities)))
    conn.execute(tables.forget_deaths_before(now - FORGET_SECONDS))
