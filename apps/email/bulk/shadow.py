"""Sends in the shadow: their mails are made beside those of other sends of the same event, and nobody gets them.

What came of it is the reason why a person is skipped, so that the books of the send count it. Functions over a
connection; any thread. A person is compared as if they were in the audience of the other send too.
"""

from collections.abc import Iterator
from typing import Any

from actors.database import Connection
from apps.email.bulk.letters import SHADOW, Letters
from apps.email.campaign import sends, shadow
from apps.email.campaign.sends import Send
from apps.email.config import Email
from apps.email.letterhead.head import Letterhead
from apps.email.rulebook.comparing import Outcome, read
from apps.email.rulebook.shadows import add, line_of
from apps.email.templates import Templates

#: Sends that are looked at, latest first.
LATEST = 100


def letters_of(
    conn: Connection, send: Send, config: Email, templates: Templates, letterhead: Letterhead | None = None
) -> Letters:
    """The mails of a send; with those of the other sends of its event beside them, if it is in the shadow."""
    live = shadow.beside(conn, send) if shadow.is_shadow(send) else []
    beside = [Letters(one, config, templates, letterhead) for one in live]
    return Letters(send, config, templates, letterhead, beside)


def summed(
    conn: Connection, config: Email, templates: Templates, letterhead: Letterhead, at: float, rule: str | None = None
) -> Iterator[dict[str, Any]]:
    """As `rulebook.shadows.summed`, for each send in the shadow and rule that it was compared with."""
    for send in sends.listed(conn, LATEST):
        if shadow.is_shadow(send) and rule in (None, send.rule):
            lines: dict[str, dict[str, Any]] = {}
            for reason, people in shadow.reasons(conn, send, SHADOW):
                for beside, outcome, differs in read(reason):
                    line = lines.setdefault(beside, {**line_of(send.rule, beside), "send": send.id})
                    add(line, outcome, differs, people)
            for beside, line in lines.items():
                if line[Outcome.DIFFERENT.value]:
                    line["example"] = _example(conn, letters_of(conn, send, config, templates, letterhead), beside, at)
                yield line


def _example(conn: Connection, letters: Letters, beside: str, at: float) -> dict[str, Any] | None:
    """The mail to one of those whose mails differ, made once more."""
    to = shadow.somebody(conn, letters.send, SHADOW, f"not as by {beside}:")
    if to is None:
        return None
    diffs = [found.diff for found in letters.compared(to, at) if found.beside == beside and found.diff]
    return {"key": letters.send.mail_key(to.id), "person": to.id, "diff": diffs[0]} if diffs else None
