"""What the rows say of a send in the shadow: which sends are beside it, what came of comparing its mails, an example.

Functions over a connection; any thread. How such reasons begin is the caller's to say.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from actors.database import Connection
from apps.email.campaign.sends import Send, load
from apps.email.campaign.states import MailState
from apps.email.campaign.tables import MAILS, SENDS
from apps.people.recipient import Recipient, recipients
from apps.people.tables import profiles


def is_shadow(send: Send) -> bool:
    return bool((send.terms.get("rollout") or {}).get("shadow"))


def beside(conn: Connection, send: Send) -> list[Send]:
    """The sends of the same event that are none themselves."""
    same = (SENDS.c.event_source == send.event_source, SENDS.c.event_id == send.event_id, SENDS.c.id != send.id)
    ids: Sequence[int] = conn.scalars(select(SENDS.c.id).where(*same).order_by(SENDS.c.id)).all()
    return [one for one in (load(conn, id) for id in ids) if not is_shadow(one)]


def reasons(conn: Connection, send: Send, begins: str) -> list[tuple[str, int]]:
    """(reason, how many people)."""
    rows = conn.execute(select(MAILS.c.reason, func.count()).where(*_skipped(send, begins)).group_by(MAILS.c.reason))
    return [(row[0], row[1]) for row in rows]


def somebody(conn: Connection, send: Send, begins: str, words: str) -> Recipient | None:
    """One of those whose reason has these words, as they are now."""
    said = MAILS.c.reason.contains(words, autoescape=True)
    one = select(profiles.c.id).where(
        profiles.c.id.in_(select(MAILS.c.person_id).where(*_skipped(send, begins), said).limit(1))
    )
    return next(iter(recipients(conn, one, send.mail_class, send.topic).values()), None)


def _skipped(send: Send, begins: str) -> tuple[Any, ...]:
    ours = (MAILS.c.send_id == send.id, MAILS.c.day == send.day, MAILS.c.state == MailState.SKIPPED)
    return (*ours, MAILS.c.reason.startswith(begins, autoescape=True))
