"""The outbox: the mails that the embedded mail server really took, with what the ledger knows of their language.

Runs in the caller's thread; reads the server's own file, so it answers while the server is down, and without languages
while the database is. Behind a real mail server it is empty: then only the ledger knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from actors.database import Database, Unavailable
from actors.smtp.mta import store
from apps.email import ledger
from supervision.verbs import Site

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail in the outbox. `copies` counts the mails of this Message-ID; more than 1 only for one once in doubt."""

    number: int
    key: str
    message_id: str
    to: tuple[str, ...]
    subject: str
    locale: str | None
    received_at: str
    bytes: int
    copies: int

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"to": ", ".join(self.to)}


def outbox(site: Site, limit: int) -> list[Taken]:
    """The latest mails, newest first. Raises StoreFailed."""
    path = store.store_path(site.settings.home)
    found = store.latest(path, limit=limit)
    doubled = store.copies(path, at_least=2)
    locales = _locales(site, [key_of(one.message_id) for one in found])
    return [_taken(one, locales.get(key_of(one.message_id)), doubled.get(one.message_id, 1)) for one in found]


def key_of(message_id: str) -> str:
    """The ledger's key in a Message-ID that we made; "" in one that we did not."""
    key, at, _ = message_id.strip("<>").partition("@")
    return key if at else ""


def _taken(one: store.Summary, locale: str | None, copies: int) -> Taken:
    return Taken(
        number=one.id,
        key=key_of(one.message_id),
        message_id=one.message_id,
        to=one.recipients,
        subject=one.subject,
        locale=locale,
        received_at=datetime.fromtimestamp(one.received_at, UTC).isoformat(timespec="milliseconds"),
        bytes=one.size,
        copies=copies,
    )


def _locales(site: Site, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        with Database(site.system).read() as conn:
            for start in range(0, len(keys), _CHUNK):
                entries = ledger.look_up(conn, keys[start : start + _CHUNK])
                found |= {key: entry.locale for key, entry in entries.items()}
    except Unavailable:
        # The mails are there all the same; a list without languages is worth more than none.
        return found
    return found
