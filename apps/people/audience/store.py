"""Audiences by name, who is in them, and who signed what. Functions over a connection; any thread."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select

from actors.database import Connection
from actors.database.statements import BATCH, insert_or_ignore, insert_or_update
from apps.people import tables
from apps.people.audience.condition import condition
from apps.people.audience.query import Query, parse, to_json
from apps.people.errors import PeopleError, Refused
from apps.people.text import one_line

MAX_NAME_CHARACTERS = 100


class NoSuchAudience(PeopleError):
    """No audience has that name."""

    title = "No such audience"
    status = 404
    exit_code = 66


@dataclass(frozen=True, slots=True)
class Audience:
    """A query under a name."""

    name: str
    query: Query
    changed_at: datetime


def keep(connection: Connection, name: str, query: Query, now: datetime) -> None:
    """Store it; the query of an audience that has this name already is replaced. Raises Refused."""
    if not 1 <= len(one_line("name", name)) <= MAX_NAME_CHARACTERS:
        raise Refused("name", f"needs 1 to {MAX_NAME_CHARACTERS} characters", name)
    statement = insert_or_update(connection, tables.audiences, ["name"], ["query", "changed_at"])
    connection.execute(statement, {"name": name, "query": to_json(query), "changed_at": now})


def named(connection: Connection, name: str) -> Audience:
    """Raises NoSuchAudience."""
    row = connection.execute(select(tables.audiences).where(tables.audiences.c.name == name)).one_or_none()
    if row is None:
        raise NoSuchAudience(f"there is no audience {name!r}; see `rookery people audience list`", field="audience")
    return _audience(row)


def listed(connection: Connection) -> list[Audience]:
    """By name."""
    return [_audience(row) for row in connection.execute(select(tables.audiences).order_by(tables.audiences.c.name))]


def forget(connection: Connection, name: str) -> None:
    """Sends that were started keep their people. Raises NoSuchAudience."""
    if connection.execute(delete(tables.audiences).where(tables.audiences.c.name == name)).rowcount == 0:
        named(connection, name)


def meant(connection: Connection, query: Query, *columns: Any) -> Select[Any]:
    """A statement that selects these columns, or the ids, of the people in an audience."""
    wanted = columns or (tables.profiles.c.id,)
    return select(*wanted).select_from(tables.profiles).where(condition(query, connection.dialect.name))


def count(connection: Connection, query: Query) -> int:
    """How many people there are in it now."""
    return int(connection.execute(meant(connection, query, func.count())).scalar_one())


def count_by_zone(connection: Connection, query: Query) -> dict[str | None, int]:
    """How many, by time zone; None for people whose zone nobody knows."""
    zone = tables.profiles.c.time_zone
    rows = connection.execute(meant(connection, query, zone, func.count()).group_by(zone))
    return {row[0]: row[1] for row in rows}


def sign(connection: Connection, petition: str, people: Iterable[str], now: datetime) -> int:
    """Write down that these people (ids that exist) signed; how many had not yet."""
    rows = [{"petition": petition, "person": person, "at": now} for person in sorted(set(people))]
    statement = insert_or_ignore(connection, tables.signatures, ["petition", "person"])
    new = statement.returning(tables.signatures.c.person)
    parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    return sum(len(connection.execute(new, part).all()) for part in parts)


def _audience(row: Any) -> Audience:
    return Audience(row.name, parse(row.query), row.changed_at)
