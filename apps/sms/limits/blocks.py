"""What long windows have reserved in the database, in blocks, before it is used. The holder's thread.

A crash loses the rest of the open blocks: whoever comes next counts them as used. Of a calendar window one row says how
much was reserved; of a sliding one each block is a row, closed when it is used up, so that it counts from then on.

Not provable: that the database's clock, by which closed blocks grow old, was not set ahead.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from actors.database import Connection
from actors.lease import fenced
from actors.lease.tables import now_us
from apps.sms.limits import statements
from apps.sms.limits.books import Books
from apps.sms.limits.charge import Key, Want
from apps.sms.limits.limit import SECOND_US, Limit, Sliding
from supervision.clock import Clock

#: Rows of windows are kept for so long after they were written last: longer than a month's window.
KEEP_US = 62 * 86_400 * SECOND_US


class Transactions(Protocol):
    """What `actors.database.Database` offers. Raises Unavailable."""

    def begin(self) -> AbstractContextManager[Connection]: ...


class Blocks:
    """`lease` is the name of the lease whose epoch fences what is written. One thread."""

    def __init__(self, database: Transactions, lease: str, clock: Clock) -> None:
        self._database = database
        self._lease = lease
        self._clock = clock

    def reserve(self, books: Books, wants: Iterable[Want], epoch: int) -> None:
        """Reserve in one transaction, and tell the books; the same want several times is one.

        Raises LeaseLost, Unavailable: the books have got nothing, and what may have been written counts as used.
        """
        largest: dict[tuple[str, Key, str], Want] = {}
        for want in wants:
            place = (want.limit, want.key, want.window)
            largest[place] = max(want, largest.get(place, want), key=lambda one: one.units)
        if not largest:
            return
        with self._database.begin() as connection:
            fenced(connection, self._lease, epoch)
            database_us = now_us(connection)
            mono_us = int(self._clock.monotonic() * SECOND_US) + 1
            done = [self._one(connection, books, want, epoch, database_us, mono_us) for want in largest.values()]
            connection.execute(statements.forget(database_us - KEEP_US))
        for want, total, used in done:
            books.reserve(want, total, used)

    def give_back(self, books: Books, epoch: int) -> None:
        """At an orderly stop: what is left was not used. Raises LeaseLost, Unavailable. Decide nothing afterwards."""
        with self._database.begin() as connection:
            fenced(connection, self._lease, epoch)
            database_us = now_us(connection)
            for want in books.left():
                if want.window:
                    connection.execute(statements.take_back(want.limit, _text(want.key), want.window, want.units))
                else:
                    connection.execute(statements.close(want.limit, _text(want.key), want.units, database_us))

    def _one(
        self, connection: Connection, books: Books, want: Want, epoch: int, database_us: int, mono_us: int
    ) -> tuple[Want, int, Sequence[tuple[int, int]]]:
        limit = books.limit(want.limit)
        if limit is None:  # it was taken away since
            return replace(want, units=0), 0, ()
        if want.window:
            return self._calendar(connection, limit, want, epoch, database_us)
        return self._sliding(connection, books, limit, want, epoch, database_us, mono_us)

    def _calendar(
        self, connection: Connection, limit: Limit, want: Want, epoch: int, database_us: int
    ) -> tuple[Want, int, Sequence[tuple[int, int]]]:
        place = {"limit": want.limit, "key": _text(want.key), "window": want.window}
        before = connection.execute(statements.reserved(**place)).scalar_one_or_none() or 0
        units = max(0, min(want.units, limit.amount - before))
        row = {**place, "reserved": before + units, "closed": False, "epoch": epoch, "at_us": database_us}
        connection.execute(statements.keep(connection), row)
        return replace(want, units=units), before + units, ()

    def _sliding(
        self,
        connection: Connection,
        books: Books,
        limit: Limit,
        want: Want,
        epoch: int,
        database_us: int,
        mono_us: int,
    ) -> tuple[Want, int, Sequence[tuple[int, int]]]:
        """What is left of the open block goes on to the new one, and the rest of it was used until now."""
        assert isinstance(limit.per, Sliding)
        key, known = _text(want.key), books.knows(want)
        left = sum(one.units for one in books.left() if (one.limit, one.key) == (want.limit, want.key)) if known else 0
        connection.execute(statements.close(want.limit, key, left, database_us))
        oldest_us = database_us - round(limit.per.seconds * SECOND_US) - limit.slack_us
        connection.execute(statements.forget_blocks(want.limit, key, oldest_us))
        used: list[tuple[int, int]] = []
        if not known:
            rows = connection.execute(statements.blocks(want.limit, key))
            used = [(mono_us - max(0, database_us - row.at_us), row.reserved) for row in rows]
        place = {"limit": want.limit, "key": key, "window": uuid.uuid4().hex}
        row = {**place, "reserved": left + want.units, "closed": False, "epoch": epoch, "at_us": database_us}
        connection.execute(statements.keep(connection), row)
        return want, 0, used


def _text(key: Key) -> str:
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))
