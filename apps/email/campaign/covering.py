"""The check of a frozen audience before its send runs: would these people get what the template means to say?

Runs in the fan-out's thread, in its transaction: a few statements that count, whatever the number of people.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from actors.database import Connection
from apps.email.campaign.sends import Send
from apps.email.campaign.tables import PEOPLE
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.proof.coverage import AudienceFacts, Coverage, attributes_of, coverage
from apps.email.templates import Templates, open_templates
from apps.people.audience.condition import condition
from apps.people.audience.query import Has, Not
from apps.people.tables import profiles


class CoverageCheck:
    """What `email.campaign.coverage` has against a send. One thread at a time."""

    def __init__(self, config: Email) -> None:
        self._config = config

    def __call__(self, conn: Connection, send: Send) -> str | None:
        """The reasons in one line; None when there is none. A template that cannot be used is a reason."""
        try:
            found = covered(conn, send, open_templates(self._config), self._config.default_locale)
        except EmailError as error:
            return f"{error.title}: {error}"
        return "; ".join(found.blocked_by(self._config.campaign.coverage)) or None


def covered(conn: Connection, send: Send, templates: Templates, default_locale: str) -> Coverage:
    """What the send's template is for its frozen audience. Raises UnknownTemplate, TemplateError, CatalogueBroken."""
    facts = AudienceFacts(
        locales=_locales(conn, send),
        lacking=_lacking(conn, send, attributes_of(templates, send.template)),
        data=frozenset(send.data),
    )
    return coverage(templates, send.template, facts, (send.locale, default_locale))


def _locales(conn: Connection, send: Send) -> dict[str | None, int]:
    rows = conn.execute(
        select(profiles.c.locale, func.count())
        .join_from(PEOPLE, profiles, profiles.c.id == PEOPLE.c.person_id)
        .where(_frozen(send))
        .group_by(profiles.c.locale)
    )
    return {row[0]: row[1] for row in rows}


def _lacking(conn: Connection, send: Send, attributes: Iterable[str]) -> dict[str, int]:
    """Attribute -> how many have none of that name."""
    people: Any = func.count()
    lacks = select(people).join_from(PEOPLE, profiles, profiles.c.id == PEOPLE.c.person_id).where(_frozen(send))
    missing = {name: condition(Not(Has(name)), conn.dialect.name) for name in attributes}
    return {name: int(conn.execute(lacks.where(missing[name])).scalar_one()) for name in sorted(missing)}


def _frozen(send: Send) -> ColumnElement[bool]:
    return and_(PEOPLE.c.send_id == send.id, PEOPLE.c.day == send.day)
