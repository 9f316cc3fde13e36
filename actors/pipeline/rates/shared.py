"""A rate that all nodes and machines share: one row in the database is its only authority.

Permits are charged there, committed, and only then used; they are good for a short lease of the taker's own monotonic
clock, counted from before it asked. Whatever is in doubt counts as used: an answer that never came, a lost record, a
name nobody has used before. A database that does not answer grants nothing; it is never "open".

Any thread, in the caller's: a take is one transaction. Not guaranteed: the limit while a PostgreSQL fails over to a
standby that lacks the last commits. A clock of the server that jumps ahead is noticed by whoever asked it before.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from actors.database import Connection
from actors.pipeline.rates import tables
from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.steps import Steps
from actors.pipeline.rates.window import SECOND_US, Rate, Window, changed, charge
from supervision.errors import Refusal

#: A permit is good for this part of the interval, but not longer than a second: what is not used by then is lost.
LEASE_PART = 30
MAX_LEASE_SECONDS = 1.0
#: How often windows that no longer matter are removed.
FORGET_SECONDS = 60.0


class NoSuchRate(Refusal):
    """Nobody has declared a shared rate of that name."""

    title = "No such rate"
    status = 404


class Transactions(Protocol):
    """What `actors.database.Database` offers. Raises Unavailable."""

    def begin(self) -> AbstractContextManager[Connection]: ...

    def read(self) -> AbstractContextManager[Connection]: ...


def lease_seconds(interval_seconds: float) -> float:
    return min(MAX_LEASE_SECONDS, interval_seconds / LEASE_PART)


class SharedRate:
    """One taker of the rate `name`. Many may exist, in any process; one object belongs to one thread."""

    def __init__(
        self, database: Transactions, name: str, rate: Rate, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._name = name
        self._declared = Rate.of(rate.allowed, rate.interval_seconds, lease_seconds(rate.interval_seconds))
        #: The figures that held at the last take.
        self.rate = self._declared
        self._monotonic = monotonic
        self._steps = Steps()
        self._forget_at = 0.0
        self._known = False

    def take(self, wanted: Mapping[str, Sequence[int]]) -> Permits:
        """Charge each key with as many of its costs as there are permits for, in order. Raises TooDear, Unavailable."""
        asked = self._monotonic()
        with self._database.begin() as connection:
            row = self._row(connection)
            rate, now = _rate(row), tables.now_us(connection)
            jumped = self._steps.jumped(now, asked, self._monotonic())
            if jumped:
                _give_up(connection, row, now)
            permits = self._charge(connection, rate, now if jumped else row.born_us, now, wanted)
        self._known, self.rate = True, rate
        return Permits(permits.passed, permits.wait_seconds, asked + rate.lease_us / SECOND_US)

    def declare(self) -> None:
        """Make the rate known; the configuration's figures replace others if they are new. Raises Unavailable."""
        with self._database.begin() as connection:
            self._declare(connection)
        self._known = True

    def _row(self, connection: Connection) -> Any:
        row = connection.execute(tables.rate_of(self._name)).one_or_none() if self._known else None
        return row or self._declare(connection)

    def _declare(self, connection: Connection) -> Any:
        rate, find = self._declared, tables.rate_of(self._name)
        figures = {"allowed": rate.allowed, "interval_us": rate.interval_us, "lease_us": rate.lease_us}
        declared = {"declared_allowed": rate.allowed, "declared_interval_us": rate.interval_us}
        born = {"born_us": tables.now_us(connection)}
        connection.execute(tables.declare(connection), {"name": self._name, **figures, **declared, **born})
        row = connection.execute(find).one()
        if (row.declared_allowed, row.declared_interval_us) == (rate.allowed, rate.interval_us):
            return row
        connection.execute(tables.redeclare(self._name), figures | declared)
        return connection.execute(find).one()

    def _charge(
        self,
        connection: Connection,
        rate: Rate,
        born_us: int,
        now_us: int,
        wanted: Mapping[str, Sequence[int]],
    ) -> Permits:
        known = _windows(connection, self._name, wanted)
        unknown = Window.full(rate, born_us)  # nobody knows what a window without a record held when it was born
        charges = {key: charge(known.get(key, unknown), rate, now_us, costs) for key, costs in wanted.items()}
        rows = [
            {"name": self._name, "key": key, "at_us": taken.window.at_us, "charges": taken.window.charges}
            for key, taken in charges.items()
            if taken.passed or taken.window.at_us < known.get(key, unknown).at_us  # the clock went back
        ]
        if rows:
            connection.execute(tables.keep(connection), rows)
        self._forget(connection, rate, now_us)
        return Permits(
            {key: taken.passed for key, taken in charges.items()},
            {key: taken.wait_us / SECOND_US for key, taken in charges.items()},
        )

    def _forget(self, connection: Connection, rate: Rate, now_us: int) -> None:
        now = self._monotonic()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_SECONDS
            # One slot more, since a slot's charges count from its end.
            connection.execute(tables.forget(self._name, now_us - rate.span_us - rate.slot_us))


class SharedSource:
    """The one rate of that name in the database, as a `Source` of permits."""

    def __init__(self, database: Transactions, name: str, rate: Rate) -> None:
        self.rate = rate
        self._database = database
        self._name = name
        self._taker = SharedRate(database, name, rate)

    def take(self, wanted: Mapping[str, Sequence[int]]) -> Permits:
        permits = self._taker.take(wanted)
        self.rate = self._taker.rate
        return permits

    def change(self, allowed: int | None, interval_seconds: float | None) -> None:
        self.rate = change(self._database, self._name, allowed, interval_seconds)

    def reset(self) -> None:
        raise ValueError("a shared rate cannot be reset: others rely on what was charged")


def change(
    database: Transactions, name: str, allowed: int | None = None, interval_seconds: float | None = None
) -> Rate:
    """New figures for all takers, from their next take on. Raises NoSuchRate, Unavailable, ValueError."""
    with database.begin() as connection:
        row = connection.execute(tables.rate_of(name)).one_or_none()
        if row is None:
            raise NoSuchRate(f"nobody has declared a shared rate {name}", field="name")
        rate = changed(_rate(row), allowed, interval_seconds)
        rate = Rate.of(rate.allowed, rate.interval_seconds, lease_seconds(rate.interval_seconds))
        figures = {"allowed": rate.allowed, "interval_us": rate.interval_us, "lease_us": rate.lease_us}
        connection.execute(tables.redeclare(name), figures)
    return rate


def read(database: Transactions, name: str, key: str = "") -> tuple[Rate, int]:
    """The figures, and the permits of `key` that count now. Raises NoSuchRate, Unavailable."""
    with database.read() as connection:
        row = connection.execute(tables.rate_read(name)).one_or_none()
        if row is None:
            raise NoSuchRate(f"nobody has declared a shared rate {name}", field="name")
        rate = _rate(row)
        window = _windows(connection, name, [key]).get(key, Window.full(rate, row.born_us))
        return rate, window.spent(rate, tables.now_us(connection))


def _rate(row: Any) -> Rate:
    return Rate(row.allowed, row.interval_us, row.lease_us)


def _windows(connection: Connection, name: str, keys: Iterable[str]) -> dict[str, Window]:
    rows = connection.execute(tables.windows_of(name, keys))
    return {row.key: Window(tuple((end, count) for end, count in row.charges), row.at_us) for row in rows}


def _give_up(connection: Connection, row: Any, now_us: int) -> None:
    """Forget every window and be born anew: all of them count as full."""
    connection.execute(tables.forget(row.name, now_us + 1))
    connection.execute(tables.redeclare(row.name), {"born_us": now_us})
