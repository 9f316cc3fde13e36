"""Writing many profiles at once: new people are added, known ones completed. Functions over a connection; any thread.

A person is found by the address or by the id. An id with a new address is a person whose address changed; an address
that belongs to another id is a conflict, and that draft is left out.

One transaction at a time writes profiles: two lists with the same people would else block each other for ever, or one
would write back what the other has just changed. Keep such transactions short.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from actors.database import Connection
from actors.database.statements import BATCH, insert_or_update, one_at_a_time
from apps.people import tables
from apps.people.profile import Draft, Profile, new_id

_CHANGEABLE = ("key", "address", "name", "locale", "time_zone", "attributes", "updated_at")


@dataclass(frozen=True, slots=True)
class Conflict:
    """The draft at `index` of the list was left out."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of a list of drafts; together they are all of them."""

    inserted: int
    updated: int
    unchanged: int
    conflicts: tuple[Conflict, ...] = ()


class _People:
    """Profiles by key and by id while a list of drafts is worked through, and what must be written, in order.

    Each step is written, not only where it leads: people may hand their addresses around within one list.
    """

    def __init__(self, found: Iterable[Profile]) -> None:
        self.by_key = {profile.key: profile for profile in found}
        self.by_id = {profile.id: profile for profile in self.by_key.values()}
        self.steps: list[tuple[str, Profile]] = []

    def find(self, draft: Draft) -> Profile | None:
        return self.by_key.get(draft.address.key) or (self.by_id.get(draft.id) if draft.id else None)

    def put(self, profile: Profile) -> bool:
        """Take the new state of a person; whether the person is new."""
        before = self.by_id.get(profile.id)
        if before is not None:
            del self.by_key[before.key]
        self.by_key[profile.key] = self.by_id[profile.id] = profile
        self.steps.append(("key" if before is None else "id", profile))
        return before is None


def upsert(connection: Connection, drafts: Sequence[Draft], now: datetime, *, dry_run: bool = False) -> Upserted:
    """Add or complete these people; with `dry_run` only tell what would happen."""
    total = Upserted(0, 0, 0)
    for start in range(0, len(drafts), BATCH):
        done = _upsert_batch(connection, drafts[start : start + BATCH], now, dry_run)
        conflicts = tuple(replace(conflict, index=conflict.index + start) for conflict in done.conflicts)
        total = Upserted(
            total.inserted + done.inserted,
            total.updated + done.updated,
            total.unchanged + done.unchanged,
            total.conflicts + conflicts,
        )
    return total


def _upsert_batch(connection: Connection, drafts: Sequence[Draft], now: datetime, dry_run: bool) -> Upserted:
    if not dry_run:
        one_at_a_time(connection, "people")
    people = _People(_find(connection, drafts))
    conflicts: list[Conflict] = []
    inserted = updated = 0
    for index, draft in enumerate(drafts):
        if reason := _conflict(people, draft):
            conflicts.append(Conflict(index, reason))
            continue
        old = people.find(draft)
        new = _completed(old, draft, now) if old else _created(draft, now)
        if new is not old:
            added = people.put(new)
            inserted, updated = inserted + added, updated + (not added)
    if not dry_run:
        _write(connection, people)
    return Upserted(inserted, updated, len(drafts) - len(conflicts) - inserted - updated, tuple(conflicts))


def _find(connection: Connection, drafts: Sequence[Draft]) -> list[Profile]:
    keys = [draft.address.key for draft in drafts]
    ids = [draft.id for draft in drafts if draft.id is not None]
    return [Profile(**row._mapping) for row in connection.execute(tables.profiles_of(keys, ids))]


def _conflict(people: _People, draft: Draft) -> str | None:
    holder = people.by_key.get(draft.address.key)
    if holder is None or draft.id is None or holder.id == draft.id:
        return None
    return f"belongs to person {holder.id} already"


def _created(draft: Draft, now: datetime) -> Profile:
    return Profile(
        id=draft.id or new_id(now),
        key=draft.address.key,
        address=draft.address.text,
        name=draft.name or "",
        locale=draft.locale,
        time_zone=draft.time_zone,
        attributes=dict(draft.attributes),
        created_at=now,
        updated_at=now,
    )


def _completed(old: Profile, draft: Draft, now: datetime) -> Profile:
    """The old profile itself when the draft says nothing new."""
    changes: dict[str, Any] = {"key": draft.address.key, "address": draft.address.text}
    for field in ("name", "locale", "time_zone"):
        said = getattr(draft, field)
        if said is not None:
            changes[field] = said
    changes["attributes"] = {**old.attributes, **draft.attributes}
    new = replace(old, **changes)
    return old if new == old else replace(new, updated_at=now)


def _write(connection: Connection, people: _People) -> None:
    for unique, steps in groupby(people.steps, key=itemgetter(0)):
        statement = insert_or_update(connection, tables.profiles, (unique,), _CHANGEABLE)
        connection.execute(statement, [_row(profile) for _, profile in steps])


def _row(profile: Profile) -> dict[str, Any]:
    return {column: getattr(profile, column) for column in Profile.__slots__}
