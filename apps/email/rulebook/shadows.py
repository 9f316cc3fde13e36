"""Mails that a rule in the shadow would have sent: kept to be looked at and compared. Functions over a connection."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.email.rulebook.tables import SHADOWS


def keep(conn: Connection, mails: Mapping[str, bytes], now: float) -> None:
    """By the key of the mail; one that is there already stays."""
    at = datetime.fromtimestamp(now, UTC)
    rows = [
        {"key": key, "rendered_at": at, "digest": digest(mail), "mail": mail} for key, mail in sorted(mails.items())
    ]
    if rows:
        conn.execute(insert_or_ignore(conn, SHADOWS, ["key"]), rows)


def find(conn: Connection, key: str) -> bytes | None:
    """The whole mail, as the mail server would have got it."""
    mail: bytes | None = conn.execute(select(SHADOWS.c.mail).where(SHADOWS.c.key == key)).scalar_one_or_none()
    return mail


def digest(mail: bytes) -> str:
    """SHA-256 of the mail without its Date, which differs each time: two that say the same have the same."""
    head, _, body = mail.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"date:")]
    return hashlib.sha256(b"\r\n".join([*lines, b"", body])).hexdigest()
