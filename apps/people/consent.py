"""The ledger of consents: who said yes or no to what, when, and how that is known. Shared by all channels.

Functions over a connection, and the pure rule; any thread. Nothing here changes or deletes, and the database refuses it
too. What a hard bounce or an undeliverable number says is no consent and is not here. Revoking for `ALL` holds for each
scope until it is granted for that scope again; granting for `ALL` does not undo what was revoked for one scope.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from actors.database import Connection
from actors.database.statements import BATCH, insert_or_ignore
from apps.people import tables
from apps.people.errors import Refused
from apps.people.profile import batches, new_id
from apps.people.text import check_json, one_line

#: Every scope of a channel; a scope is a topic of mail, or a leader of texts.
ALL: Final = "all"
MAX_SCOPE_CHARACTERS = 100
MAX_SOURCE_CHARACTERS = 32
MAX_ID_CHARACTERS = 64
MAX_KEY_CHARACTERS = 320
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Said(StrEnum):
    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Consent:
    """One line of the ledger.

    Attributes:
        id: names it for ever, so that importing it again adds nothing.
        key: the key of an address, or a number of E.164.
        scope: a topic, a leader, or `ALL`.
        source: by which act: `sms`, `form`, `unsubscribe`, `preference`, `import`, ...
        evidence: what proves it: text, carrier's id, version of a form, IP address, who wrote it down.
        at: when it was said, which may be long before it was written down.
    """

    channel: Channel
    key: str
    scope: str
    state: Said
    source: str
    at: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


def record(
    connection: Connection,
    channel: Channel,
    key: str,
    scope: str,
    state: Said,
    now: datetime,
    *,
    source: str,
    evidence: Mapping[str, Any] | None = None,
) -> Consent:
    """Append one line. Raises Refused."""
    consent = checked(Consent(channel, key, scope, state, source, now, evidence or {}, new_id(now)))
    record_all(connection, [consent])
    return consent


def record_all(connection: Connection, consents: Iterable[Consent]) -> int:
    """Append lines that are checked; those whose id is there already are left out. How many were new."""
    rows = [_row(consent) for consent in consents]
    statement = insert_or_ignore(connection, tables.consents, ("id",)).returning(tables.consents.c.number)
    return sum(
        len(connection.execute(statement, rows[start : start + BATCH]).all()) for start in range(0, len(rows), BATCH)
    )


def standing(
    connection: Connection, channel: Channel, keys: Iterable[str], scopes: Iterable[str]
) -> dict[tuple[str, str], Consent]:
    """By key and scope the line that counts now; what nobody said anything about is left out."""
    wanted = tuple(dict.fromkeys(scopes))
    some_keys = list(dict.fromkeys(keys))
    latest = {
        (consent.key, consent.scope): consent for consent in _latest(connection, channel, some_keys, {*wanted, ALL})
    }
    found: dict[tuple[str, str], Consent] = {}
    for key in some_keys:
        for scope in wanted:
            if (consent := counts(latest.get((key, scope)), latest.get((key, ALL)))) is not None:
                found[key, scope] = consent
    return found


def counts(own: Consent | None, general: Consent | None) -> Consent | None:
    """Which of the latest line of a scope and the latest for `ALL` says how things stand."""
    if own is None or general is None:
        return own or general
    if own.state is Said.GRANTED and general.state is Said.REVOKED and general.at >= own.at:
        return general
    return own


def history(connection: Connection, channel: Channel, key: str) -> list[Consent]:
    """All lines of one address or number, in the order in which they were said."""
    consents = tables.consents
    chosen = consents.select().where(consents.c.channel == channel, consents.c.key == key)
    return [_consent(row) for row in connection.execute(chosen.order_by(consents.c.at, consents.c.number))]


def after(connection: Connection, number: int, most: int = BATCH) -> list[tuple[int, Consent]]:
    """The next lines of the whole ledger behind a line's number, in the order in which they were written down."""
    consents = tables.consents
    chosen = consents.select().where(consents.c.number > number).order_by(consents.c.number).limit(most)
    return [(row.number, _consent(row)) for row in connection.execute(chosen)]


def checked(consent: Consent) -> Consent:
    """The line itself, if the ledger can keep it for ever. Raises Refused."""
    if consent.channel is Channel.SMS and not _E164.fullmatch(consent.key):
        raise Refused("key", "is no number of E.164", consent.key)
    if consent.channel is Channel.EMAIL and "@" not in consent.key:
        raise Refused("key", "is no key of an address", consent.key)
    for name, value, most in (
        ("scope", consent.scope, MAX_SCOPE_CHARACTERS),
        ("source", consent.source, MAX_SOURCE_CHARACTERS),
        ("id", consent.id, MAX_ID_CHARACTERS),
        ("key", consent.key, MAX_KEY_CHARACTERS),
    ):
        if not value.strip() or len(value) > most:
            raise Refused(name, f"needs 1 to {most} characters", value)
        one_line(name, value)
    if consent.at.tzinfo is None:
        raise Refused("at", "has no time zone", consent.at.isoformat())
    check_json("evidence", consent.evidence)
    return consent


def _latest(connection: Connection, channel: Channel, keys: list[str], scopes: Collection[str]) -> Iterator[Consent]:
    for some in batches(keys):
        yield from map(_consent, connection.execute(tables.latest_consents(channel, some, scopes)))


def _row(consent: Consent) -> dict[str, Any]:
    return {name: getattr(consent, name) for name in Consent.__slots__}


def _consent(row: Any) -> Consent:
    return Consent(Channel(row.channel), row.key, row.scope, Said(row.state), row.source, row.at, row.evidence, row.id)
