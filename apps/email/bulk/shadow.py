"""Sends in the shadow: their mails are made beside those of other sends of the same event, and nobody gets them.

What came of it is the reason why a person is skipped, so that the books of the send count it. Functions over a
connection; any thread. A person is compared as if they were in the audience of the other send too.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from actors.database import Connection
from apps.email.bulk.letters import SHADOW, Letters
from apps.email.campaign import sends
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState
from apps.email.campaign.tables import MAILS, SENDS
from apps.email.config import Email
from apps.email.letterhead.head import Letterhead
from apps.email.rulebook.comparing import Outcome, read
from apps.email.rulebook.shadows import add, line_of
from apps.email.templates import Templates
from apps.people.recipient import recipients
from apps.people.tables import profiles

#: Sends that are looked at, latest first.
LATEST = 100


def letters_of(
    conn: Connection, send: Send, config: Email, templates: Templates, letterhead: Letterhead | None = None
) -> Letters:
    """The mails of a send; with those of the other sends of its event beside them, if it is in the shadow."""
    live = _beside(conn, send) if is_shadow(send) else []
    beside = [Letters(one, config, templates, letterhead) for one in live]
    return Letters(send, config, templates, letterhead, beside)


def is_shadow(send: Send) -> bool:
    return bool((send.terms.get("rollout") or {}).get("shadow"))


def summed(
    conn: Connection, config: Email, templates: Templates, letterhead: Letterhead, at: float, rule: str | None = None
) -> Iterator[dict[str, Any]]:
    """As `rulebook.shadows.summed`, for each send in the shadow and rule that it was compared with."""
    for send in sends.listed(conn, LATEST):
        if is_shadow(send) and rule in (None, send.rule):
            lines: dict[str, dict[str, Any]] = {}
            for reason, people in _reasons(conn, send):
                for beside, outcome, differs in read(reason):
                    line = lines.setdefault(beside, {**line_of(send.rule, beside), "send": send.id})
                    add(line, outcome, differs, people)
            for beside, line in lines.items():
                if line[Outcome.DIFFERENT.value]:
                    line["example"] = _example(conn, letters_of(conn, send, config, templates, letterhead), beside, at)
                yield line


def _beside(conn: Connection, send: Send) -> list[Send]:
    same = (SENDS.c.event_source == send.event_source, SENDS.c.event_id == send.event_id, SENDS.c.id != send.id)
    found = [sends.load(conn, id) for id in conn.scalars(select(SENDS.c.id).where(*same).order_by(SENDS.c.id)).all()]
    return [one for one in found if not is_shadow(one)]


def _reasons(conn: Connection, send: Send) -> list[tuple[str, int]]:
    rows = conn.execute(select(MAILS.c.reason, func.count()).where(*_compared(send)).group_by(MAILS.c.reason))
    return [(row[0], row[1]) for row in rows]


def _compared(send: Send) -> tuple[Any, ...]:
    ours = (MAILS.c.send_id == send.id, MAILS.c.day == send.day, MAILS.c.state == MailState.SKIPPED)
    return (*ours, MAILS.c.reason.startswith(SHADOW, autoescape=True))


def _example(conn: Connection, letters: Letters, beside: str, at: float) -> dict[str, Any] | None:
    """The mail to one of those whose mails differ, made once more."""
    send = letters.send
    differing = MAILS.c.reason.contains(f"not as by {beside}:", autoescape=True)
    id = conn.execute(select(MAILS.c.person_id).where(*_compared(send), differing).limit(1)).scalar_one_or_none()
    one = select(profiles.c.id).where(profiles.c.id == id)
    to = recipients(conn, one, send.mail_class, send.topic).get(id or "")
    diffs = [] if to is None else [found.diff for found in letters.compared(to, at) if found.beside == beside]
    return {"key": send.mail_key(id), "person": id, "diff": diffs[0]} if id and diffs and diffs[0] else None
