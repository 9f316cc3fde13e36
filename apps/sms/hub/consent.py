"""Consent as members gave or withdrew it by text, for the ledger in `people`. Over a connection; any thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from actors.database import Connection
from apps.sms.hub.member import Incoming


@dataclass(frozen=True, slots=True)
class Consent:
    """What one text gave or withdrew. `version`: of the words that were agreed to."""

    text: Incoming
    version: str
    given: bool


def record(conn: Connection, consents: Sequence[Consent], now: datetime) -> None:
    """Write them down, with their evidence."""
