"""Many people at once as somebody who writes to them needs them. Functions over a connection; any thread.

Who is meant is a statement that selects ids, so the ids of a whole chunk never travel: three statements, whatever its
size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from actors.database import Connection
from apps.people import tables
from apps.people.preference import TRANSACTIONAL
from apps.people.suppression import Scope


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


def recipients(connection: Connection, chosen: Select[Any], mail_class: str, topic: str | None) -> dict[str, Recipient]:
    """By id, those of the ids that `chosen` selects whom somebody knows; the others are left out."""
    ids = chosen.subquery("chosen")
    id = ids.c[0]
    unwanted = _unwanted(connection, select(id), mail_class, topic)
    suppressed = _suppressed(connection, select(id), mail_class)
    people = tables.profiles.c
    columns = (people.id, people.key, people.address, people.name, people.locale, people.time_zone, people.attributes)
    rows = connection.execute(select(*columns).join_from(ids, tables.profiles, people.id == id)).all()
    return {row[0]: Recipient(*row, suppressed.get(row[1]), unwanted.get(row[0])) for row in rows}


def _unwanted(connection: Connection, ids: Select[Any], mail_class: str, topic: str | None) -> dict[str, str]:
    """person -> the class or topic they do not want; the class goes first, as in `preference.unwanted`."""
    if mail_class == TRANSACTIONAL:
        return {}
    said = tables.preferences.c
    names = [mail_class] if topic is None else [mail_class, topic]
    rows = connection.execute(
        select(said.person, said.topic).where(said.person.in_(ids), said.topic.in_(names), said.wanted.is_(False))
    )
    found: dict[str, str] = {}
    for person, name in rows:
        if person not in found or name == mail_class:
            found[person] = name
    return found


def _suppressed(connection: Connection, ids: Select[Any], mail_class: str) -> dict[str, str]:
    """key of the address -> reason: the widest, the oldest among equals, as in `suppression.suppressed`."""
    held, people = tables.suppressions.c, tables.profiles.c
    scopes = [Scope.ALL] if mail_class == TRANSACTIONAL else list(Scope)
    rows = connection.execute(
        select(held.key, held.reason, held.scope, held.at)
        .join_from(tables.suppressions, tables.profiles, people.key == held.key)
        .where(people.id.in_(ids), held.scope.in_(scopes))
    )
    entries = sorted(rows, key=lambda row: (row.scope != Scope.ALL, row.at, row.reason))
    return {row.key: row.reason for row in reversed(entries)}
