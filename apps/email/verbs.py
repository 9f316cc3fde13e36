"""What can be asked of the email app over the control socket and the HTTP API. Runs in a verb's own thread."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from actors.broker import Broker
from actors.database import Database
from apps.email import intake, ledger
from apps.email.campaign.verbs import VERBS as CAMPAIGN_VERBS
from apps.email.cloudevents import Event, from_attributes
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.outbox import outbox
from apps.email.rulebook.book import Book
from apps.email.rulebook.verbs import VERBS as RULE_VERBS
from apps.email.sidekiq.verbs import VERBS as SIDEKIQ_VERBS
from apps.email.templates import Templates
from apps.email.translations import Catalogues
from supervision.verbs import NoParams, Params, Site, Verb

#: The source of events that were sent from the command line and did not say another.
COMMAND_LINE = "/rookery/event/send"


class UnknownMail(EmailError):
    """No row of the ledger has that key or Message-ID, or several begin like it."""

    title = "No such mail"
    status = 404
    exit_code = 66


class SendParams(Params):
    type: str = Field(description="type of the event: there is a rule for it")
    to: str | None = Field(None, description="address that gets the mail; same as the rule's recipients field in data")
    locale: str | None = Field(None, description="BCP 47 tag; same as `locale` in data")
    data: dict[str, Any] = Field(default_factory=dict, description="what the template gets to say")
    id: str | None = Field(None, description="the same source and id again is the same event; made up if left out")
    source: str = COMMAND_LINE


class ShowParams(Params):
    key: str = Field(min_length=4, description="key or Message-ID of a mail, or how its key begins")


class ListParams(Params):
    limit: int = Field(100, ge=1, le=100_000, description="at most so many, latest first")


def event_of(params: SendParams, config: Email) -> Event:
    """The event that a command line describes."""
    rule = next(iter(config.rules_for(params.type).values()), None)
    said = {rule.recipients if rule else "to": params.to, "locale": params.locale}
    data = {**params.data, **{key: value for key, value in said.items() if value is not None}}
    attributes = {"id": params.id or str(uuid.uuid4()), "source": params.source, "type": params.type}
    return from_attributes({"specversion": "1.0", **attributes, "data": data})


@lru_cache(maxsize=4)
def _templates(
    folders: tuple[Path, ...], catalogues: tuple[tuple[Path, str], ...], rails: tuple[Path, ...], source: str
) -> Templates:
    """Kept between calls: a command line sends many events, and only the syntax trees matter here."""
    return Templates(folders, Catalogues(catalogues, rails), source)


def send(site: Site, params: SendParams) -> dict[str, Any]:
    """Raises InvalidEvent, MissingVariables, Unavailable."""
    return accept(site, event_of(params, rules_in_force(site)))


def rules_in_force(site: Site) -> Email:
    """The configuration with the rules of the database as well, as far as it can be reached. Raises BadRule."""
    return Book(site.settings.section("email"), Database(site.system)).last_known()


def accept(site: Site, event: Event) -> dict[str, Any]:
    """Examine an event and make it durable; its source, id and the keys of its mails. Raises as `send`."""
    config = rules_in_force(site)
    accepted = intake.accept(
        [event],
        config,
        _templates(config.template_path, config.catalogue_path, config.rails_locales, config.source_locale),
        site.settings.section("email"),
    )
    intake.publish(Broker(site.system), accepted)
    return accepted[0].to_dict()


def taken(site: Site, params: ListParams) -> list[dict[str, Any]]:
    """Raises StoreFailed."""
    return [one.to_dict() for one in outbox(site, params.limit)]


def show(site: Site, params: ShowParams) -> dict[str, Any]:
    """Raises UnknownMail, Unavailable."""
    return shown(find(site, params.key))


def find(site: Site, key: str) -> ledger.Entry:
    """The one mail with this key or Message-ID, or whose key begins so. Raises UnknownMail, Unavailable."""
    with Database(site.system).read() as conn:
        found = ledger.find(conn, key)
    if len(found) != 1:
        which = "several mails begin" if found else "no mail begins"
        raise UnknownMail(f"{which} with the key or Message-ID {key!r}", field="key")
    return found[0]


def in_doubt(site: Site, params: ListParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    with Database(site.system).read() as conn:
        return [shown(entry) for entry in ledger.doubted(conn, params.limit)]


def books(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    with Database(site.system).read() as conn:
        return [asdict(line) for line in ledger.books(conn)]


def shown(entry: ledger.Entry) -> dict[str, Any]:
    """A row as JSON: moments in ISO 8601, the trace as a list."""
    fields = {name: getattr(entry, name) for name in ledger.Entry.__slots__}
    moments = {name: value.isoformat() for name, value in fields.items() if name.endswith("_at") and value is not None}
    return {**fields, **moments, "state": entry.state.value, "trace": list(entry.trace.steps)}


VERBS: Sequence[Verb] = (
    Verb("event.send", SendParams, send, writes=True, doc="Send an event, as if it had come by POST /events."),
    Verb("email.outbox", ListParams, taken, doc="The mails that the embedded mail server really took, latest first."),
    Verb("email.show", ShowParams, show, doc="One mail: its state, and why it came to that."),
    Verb("email.doubts", ListParams, in_doubt, doc="The mails that are or ever were in doubt."),
    Verb("email.books", NoParams, books, doc="All mails by class and state."),
    *CAMPAIGN_VERBS,
    *RULE_VERBS,
    *SIDEKIQ_VERBS,
)
