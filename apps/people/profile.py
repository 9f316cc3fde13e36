"""A person's profile, and reading and writing many at once. Functions over a connection; any thread.

Lists of any length are taken, in statements of at most 500 values. Nothing is committed here.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from actors.database import Connection
from actors.database.statements import BATCH, among
from apps.people import tables
from apps.people.address import Address, parse
from apps.people.text import one_line


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known about a person. Times are aware, UTC."""

    id: str
    key: str
    address: str
    name: str
    locale: str | None
    time_zone: str | None
    attributes: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody says about a person. None says nothing: what is known stays. Attributes are merged by key."""

    address: Address
    id: str | None = None
    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def profiles(connection: Connection, keys: Iterable[str]) -> dict[str, Profile]:
    """By the key of the address (`Address.key`); people nobody knows are left out."""
    found: dict[str, Profile] = {}
    for some in batches(list(dict.fromkeys(keys))):
        found.update((row.key, _profile(row)) for row in among(connection, tables.profiles.c.key, some))
    return found


def by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Profile]:
    """By id; people nobody knows are left out."""
    found: dict[str, Profile] = {}
    for some in batches(list(dict.fromkeys(ids))):
        found.update((row.id, _profile(row)) for row in among(connection, tables.profiles.c.id, some))
    return found


def find(connection: Connection, who: str) -> Profile | None:
    """The person with this address or id. Raises Refused for what can be neither."""
    if "@" not in who:
        return by_id(connection, [one_line("who", who)]).get(who)
    key = parse(who).key
    return profiles(connection, [key]).get(key)


def new_id(now: datetime) -> str:
    """A UUID of version 7 (RFC 9562): grows with time, so that new people stand together in the index."""
    milliseconds = int(now.timestamp() * 1000)
    number = milliseconds << 80 | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) | 7 << 76
    return str(UUID(int=number & ~(0b11 << 62) | 0b10 << 62))


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Pieces that fit into one statement."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def _profile(row: Any) -> Profile:
    return Profile(**row._mapping)
