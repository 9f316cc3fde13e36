"""The statements on what is reserved. Values only; any thread."""

from typing import Any

from sqlalchemy import Delete, Select, Update, delete, or_, select, update

from actors.database import Connection
from actors.database.statements import Insert, insert_or_update
from apps.sms.tables import limit_blocks as blocks_table

_c = blocks_table.c


def reserved(limit: str, key: str, window: str) -> Select[Any]:
    """Of one calendar window."""
    return select(_c.reserved).where(_c.limit == limit, _c.key == key, _c.window == window)


def keep(connection: Connection) -> Insert:
    return insert_or_update(
        connection, blocks_table, ["limit", "key", "window"], ["reserved", "closed", "epoch", "at_us"]
    )


def take_back(limit: str, key: str, window: str, units: int) -> Update:
    """Of a calendar window."""
    place = (_c.limit == limit, _c.key == key, _c.window == window)
    return update(blocks_table).where(*place).values(reserved=_c.reserved - units)


def close(limit: str, key: str, left: int, now_us: int) -> Update:
    """The open block of a sliding window: all but what is left of it was used by now.

    Also closed ones of a time that is still to come, from before the machine was started: nobody knows how old they
    are.
    """
    open_or_ahead = or_(_c.closed.is_(False), _c.at_us > now_us)
    rows = update(blocks_table).where(_c.limit == limit, _c.key == key, open_or_ahead)
    return rows.values(reserved=_c.reserved - left, closed=True, at_us=now_us)


def blocks(limit: str, key: str) -> Select[Any]:
    return select(_c.reserved, _c.at_us).where(_c.limit == limit, _c.key == key)


def forget_blocks(limit: str, key: str, until_us: int) -> Delete:
    return delete(blocks_table).where(_c.limit == limit, _c.key == key, _c.closed.is_(True), _c.at_us < until_us)


def forget(until_us: int) -> Delete:
    """Whatever was written last before then."""
    return delete(blocks_table).where(_c.at_us < until_us)
