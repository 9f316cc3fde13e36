"""Addresses that must not get mail, and why. Functions over a connection; any thread.

Held by the key of the address, known or not, and by the reason: lifting one leaves the others. What somebody said, and
was not found out by a bounce, is written into the ledger of consents too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from actors.database import Connection
from actors.database.statements import among, insert_or_update
from apps.people import tables
from apps.people.consent import ALL, Channel, Said, record
from apps.people.preference import TRANSACTIONAL
from apps.people.profile import batches
from apps.people.text import check_json


class Scope(StrEnum):
    """Which mail is held back. `bulk` lets transactional mail through."""

    ALL = "all"
    BULK = "bulk"


class Why(StrEnum):
    """Why an address is suppressed."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    MANUAL = "manual"

    @property
    def usual_scope(self) -> Scope:
        """Who complains or unsubscribes still wants the password reset they ask for."""
        return Scope.BULK if self in (Why.COMPLAINT, Why.UNSUBSCRIBE) else Scope.ALL

    @property
    def is_said(self) -> bool:
        """Whether somebody said it; a bounce tells of a mailbox, not of consent."""
        return self is not Why.HARD_BOUNCE


@dataclass(frozen=True, slots=True)
class Suppression:
    """One reason. `evidence` is what it rests on: the bounce's words, the click's time."""

    key: str
    reason: str
    scope: str
    evidence: Mapping[str, Any]
    at: datetime

    def blocks(self, mail_class: str) -> bool:
        """Whether mail of this class is held back."""
        return self.scope == Scope.ALL or mail_class != TRANSACTIONAL


def suppressed(connection: Connection, keys: Iterable[str]) -> dict[str, Suppression]:
    """By the key of the address, the widest reason, the oldest among equals; addresses without one are left out."""
    found: dict[str, Suppression] = {}
    for some in batches(list(dict.fromkeys(keys))):
        for entry in _entries(connection, some):
            found.setdefault(entry.key, entry)
    return found


def suppressions(connection: Connection, key: str) -> list[Suppression]:
    """All reasons of one address, the widest and oldest first."""
    return _entries(connection, [key])


def suppress(
    connection: Connection,
    key: str,
    reason: Why,
    now: datetime,
    *,
    scope: Scope | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Suppression:
    """Hold back mail to an address from now on; the same reason given again replaces scope, evidence and time.

    A line of the ledger of consents goes with it. Raises Refused for evidence that JSON cannot carry.
    """
    check_json("evidence", evidence)
    entry = Suppression(key, reason, scope or reason.usual_scope, evidence or {}, now)
    row = {name: getattr(entry, name) for name in Suppression.__slots__}
    statement = insert_or_update(connection, tables.suppressions, ("key", "reason"), ("scope", "evidence", "at"))
    connection.execute(statement, row)
    if reason.is_said:
        record(connection, Channel.EMAIL, key, ALL, Said.REVOKED, now, source=reason, evidence=entry.evidence)
    return entry


def unsuppress(
    connection: Connection,
    key: str,
    now: datetime,
    reason: Why | None = None,
    *,
    evidence: Mapping[str, Any] | None = None,
) -> int:
    """Lift one reason, or all; how many there were. When nothing that was said is left, that is a consent again."""
    held = {Why(entry.reason) for entry in suppressions(connection, key)}
    lifted = held if reason is None else held & {reason}
    statement = tables.suppressions.delete()
    connection.execute(
        statement.where(tables.suppressions.c.key == key, tables.suppressions.c.reason.in_(sorted(lifted)))
    )
    if any(why.is_said for why in lifted) and not any(why.is_said for why in held - lifted):
        record(connection, Channel.EMAIL, key, ALL, Said.GRANTED, now, source="lifted", evidence=evidence)
    return len(lifted)


def _entries(connection: Connection, keys: Iterable[str]) -> list[Suppression]:
    entries = [Suppression(**row._mapping) for row in among(connection, tables.suppressions.c.key, keys)]
    return sorted(entries, key=lambda entry: (entry.scope != Scope.ALL, entry.at, entry.reason))
