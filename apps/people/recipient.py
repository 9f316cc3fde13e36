"""Many people at once as somebody who writes to them needs them. Functions over a connection; any thread.

Who is meant is a statement that selects ids, so the ids of a whole chunk never travel: three statements, whatever its
size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from actors.database import Connection
from apps.people import tables
from apps.people.preference import TRANSACTIONAL
from apps.people.suppression import Scope

#: How many different selections of ids have their statements kept.
STATEMENTS = 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, and what speaks against writing to them: `suppressed` is the widest reason, `unwanted` a topic."""

    id: str
    key: str
    address: str
    name: str
    locale: str | None
    time_zone: str | None
    attributes: Mapping[str, Any]
    suppressed: str | None = None
    unwanted: str | None = None


def recipients(
    connection: Connection,
    chosen: Select[Any],
    mail_class: str,
    topic: str | None,
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, Recipient]:
    """By id, those of the ids that `chosen` selects whom somebody knows; the others are left out.

    The statements are kept for `chosen`: let it be the same object each time, and only its `parameters` differ.
    """
    given = {**(parameters or {}), "names": [mail_class] if topic is None else [mail_class, topic]}
    transactional = mail_class == TRANSACTIONAL
    unwanted = {} if transactional else _unwanted(connection.execute(_wishes(chosen), given), mail_class)
    suppressed = _suppressed(connection.execute(_stops(chosen, transactional), given))
    rows: Sequence[Any] = connection.execute(_profiles(chosen), given).all()
    against = ((suppressed.get(row[1]), unwanted.get(row[0])) for row in rows)
    return {row[0]: Recipient(*(*row, *why)) for row, why in zip(rows, against, strict=True)}


@lru_cache(maxsize=STATEMENTS)
def _profiles(chosen: Select[Any]) -> Select[Any]:
    ids, people = chosen.subquery("chosen"), tables.profiles.c
    columns = (people.id, people.key, people.address, people.name, people.locale, people.time_zone, people.attributes)
    return select(*columns).join_from(ids, tables.profiles, people.id == ids.c[0])


@lru_cache(maxsize=STATEMENTS)
def _wishes(chosen: Select[Any]) -> Select[Any]:
    said = tables.preferences.c
    named = said.topic.in_(bindparam("names", expanding=True))
    return select(said.person, said.topic).where(said.person.in_(chosen), named, said.wanted.is_(False))


@lru_cache(maxsize=STATEMENTS)
def _stops(chosen: Select[Any], transactional: bool) -> Select[Any]:
    held, people = tables.suppressions.c, tables.profiles.c
    scopes = [Scope.ALL] if transactional else list(Scope)
    return (
        select(held.key, held.reason, held.scope, held.at)
        .join_from(tables.suppressions, tables.profiles, people.key == held.key)
        .where(people.id.in_(chosen), held.scope.in_(scopes))
    )


def _unwanted(rows: Iterable[Any], mail_class: str) -> dict[str, str]:
    """person -> the class or topic they do not want; the class goes first, as in `preference.unwanted`."""
    found: dict[str, str] = {}
    for person, name in rows:
        if person not in found or name == mail_class:
            found[person] = name
    return found


def _suppressed(rows: Iterable[Any]) -> dict[str, str]:
    """key of the address -> reason: the widest, the oldest among equals, as in `suppression.suppressed`."""
    entries = sorted(rows, key=lambda row: (row.scope != Scope.ALL, row.at, row.reason))
    return {row.key: row.reason for row in reversed(entries)}
