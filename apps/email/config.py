"""The section `email` of `config.yaml`: who writes, in which words, to whom, and through which mail server."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from actors.smtp import parse_url
from actors.smtp.errors import WrongUrl
from apps.email import address, locale
from apps.email.campaign.config import Campaign
from apps.email.errors import EmailError
from apps.email.letterhead.config import LetterheadConfig
from apps.email.rulebook.expression import Text
from apps.email.rulebook.sections import Cap, Dedupe, Hours, Rollout
from apps.email.sidekiq.config import Sidekiq
from supervision.config import Section

OWN = Path(__file__).parent
OWN_TEMPLATES, OWN_CATALOGUES, OWN_DOMAIN = OWN / "templates", OWN / "catalogues", "rookery"

MailClass = Literal["transactional", "bulk"]


def _mailbox(text: str) -> str:
    try:
        address.parse("from", text)
    except EmailError as error:
        raise ValueError(str(error)) from error
    return text


def _locale(tag: str) -> str:
    try:
        return locale.parse(tag)
    except EmailError as error:
        raise ValueError(str(error)) from error


Locale = Annotated[str, AfterValidator(_locale)]


class Rule(Section):
    """What one type of event sets off: this template, to the people the event names, or to an audience."""

    model_config = ConfigDict(**Section.model_config, populate_by_name=True)

    event: str | None = Field(None, min_length=1, max_length=200, description="type of the event; the rule's own name")
    when: Text | None = Field(None, description="condition on the event, such as data.amount >= 100")
    template: str = Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", description="folder on the search path")
    mail_class: MailClass = Field(alias="class", description="transactional mails have a lane of their own")
    recipients: str = Field("to", min_length=1, description="the field of the event's data that says who gets the mail")
    audience: str | None = Field(None, description="name of a stored query over people, instead of recipients")
    locale: Locale | None = Field(None, description="for people whose language is not known; else default_locale")
    topic: str | None = Field(None, description="the preference that must allow this mail; none is asked if empty")
    dedupe: Dedupe | None = Field(None, description="no second mail with the same key within a window")
    cap: Cap | None = Field(None, description="at most so many mails of the topic to a person in a period")
    hours: Hours | None = Field(None, description="when, by the clock of the person")
    too_late_seconds: float | None = Field(None, gt=0, description="age of the event after which it is too late")
    rollout: Rollout = Field(default_factory=lambda: Rollout.model_validate({}), description="how far it is introduced")


def _mail_url(value: SecretStr) -> SecretStr:
    try:
        parse_url(value.get_secret_value())
    except WrongUrl as error:
        raise ValueError(str(error)) from None
    return value


MtaUrl = Annotated[SecretStr, AfterValidator(_mail_url)]


class Server(Section):
    """One of several mail servers."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="its senders are NAME-1, NAME-2, ... in the tree"
    )
    url: MtaUrl = Field(description="as mta.url")
    weight: float = Field(1.0, gt=0, le=1000, description="its share of the mails, among those that are there")
    senders: int | None = Field(
        None, ge=1, le=64, description="connections to it, per lane; as many as `senders` if null"
    )


class DomainLimit(Section):
    """How much at once, and how fast, to each of the domains that this pattern fits."""

    domain: str = Field(min_length=1, description="shell pattern, such as mail.example or *.example")
    concurrency: int | None = Field(None, ge=1, description="mails with the senders at once, per lane and node")
    mails: int | None = Field(None, ge=1, description="at most so many in any `seconds`, over all lanes and machines")
    seconds: float = Field(1.0, gt=0, description="the window of `mails`")


class Mta(Section):
    """The mail server that takes the mails, or several."""

    url: MtaUrl = Field(SecretStr("embedded:"), description="embedded:, or smtp[s]://[user:password@]host[:port]")
    servers: tuple[Server, ...] = Field((), max_length=20, description="several servers; `url` does not count then")
    domains: tuple[DomainLimit, ...] = Field((), description="limits per destination; the first that fits counts")
    pause_after: int = Field(10, ge=0, description="deferrals of one domain in a row after which it rests; 0 for never")
    max_mails: int = Field(1000, ge=1, description="mails per connection; then it is renewed")
    max_seconds: float = Field(3600.0, gt=0, description="age at which a connection is renewed")

    @field_validator("servers")
    @classmethod
    def _have_names_of_their_own(cls, servers: tuple[Server, ...]) -> tuple[Server, ...]:
        names = [server.name for server in servers]
        if len(set(names)) < len(names):
            raise ValueError("two servers have the same name")
        return servers

    @property
    def all_servers(self) -> tuple[Server, ...]:
        return self.servers or (Server(name="sender", url=self.url),)


class Retry(Section):
    """What happens to a mail that the server deferred (4yz): the pause doubles from attempt to attempt."""

    min_seconds: float = Field(30.0, gt=0, description="pause after the first attempt")
    max_seconds: float = Field(3600.0, gt=0, description="longest pause")
    max_attempts: int = Field(24, ge=1, description="then the mail has failed")


#: What a bare Rookery and its demo world react to.
DEFAULT_RULES = {
    "password_reset": Rule.model_validate({"template": "password_reset", "class": "transactional"}),
    "petition_update": Rule.model_validate(
        {"template": "petition_update", "class": "bulk", "topic": "petition_updates"}
    ),
}


class Email(Section):
    """`email:` in `config.yaml`."""

    model_config = ConfigDict(**Section.model_config, populate_by_name=True)

    sender: Annotated[str, AfterValidator(_mailbox)] = Field(
        "Rookery <no-reply@example.org>", alias="from", description="the From header; its address is the envelope's too"
    )
    domain: str = Field(
        "", pattern=r"^[A-Za-z0-9.-]*$", description="right side of every Message-ID; that of `from` if empty"
    )
    mta: Mta = Field(default_factory=lambda: Mta.model_validate({}))
    retry: Retry = Field(default_factory=lambda: Retry.model_validate({}))
    letterhead: LetterheadConfig = Field(default_factory=lambda: LetterheadConfig.model_validate({}))
    senders: int = Field(2, ge=1, le=64, description="connections to the mail server, per lane")
    window: int = Field(50, ge=1, le=100, description="mails on the wire per sender: what a crash can leave in doubt")
    templates: tuple[Path, ...] = Field((), description="folders of templates, searched before Rookery's own")
    catalogues: tuple[Path, ...] = Field((), description="folders of gettext catalogues, searched before the own ones")
    catalogue_domain: str = Field("messages", pattern=r"^[\w.-]+$", description="the .po files' name in `catalogues`")
    rails_locales: tuple[Path, ...] = Field((), description="folders of Rails' I18n YAML, after the gettext catalogues")
    source_locale: Locale = Field("en", description="the language the templates themselves are written in")
    default_locale: Locale = Field("en", description="for people whose language nobody knows")
    max_body_bytes: int = Field(256 * 1024, ge=1024, description="largest body taken by POST /events")
    max_recipients: int = Field(1000, ge=1, le=10_000, description="most people one event may name itself")
    campaign: Campaign = Field(default_factory=lambda: Campaign.model_validate({}))
    sidekiq: Sidekiq | None = Field(None, description="queues in Redis from which jobs become events; none if empty")
    events_kept_days: int = Field(30, ge=1, le=3650, description="how long decided events can be replayed")
    ledger_kept_days: int = Field(
        90, ge=1, le=3650, description="how long a settled mail is known; after that the same event again is another"
    )
    rules: dict[str, Rule] = Field(DEFAULT_RULES, description="name of the rule -> rule")

    def rules_for(self, event_type: str) -> dict[str, Rule]:
        """By name, those for events of this type."""
        return {name: rule for name, rule in self.rules.items() if (rule.event or name) == event_type}

    @property
    def event_types(self) -> list[str]:
        """Of which there is a rule."""
        return sorted({rule.event or name for name, rule in self.rules.items()})

    @property
    def all_senders(self) -> int:
        """Connections of one lane, to all servers."""
        return sum(server.senders or self.senders for server in self.mta.all_servers)

    @property
    def message_id_domain(self) -> str:
        return self.domain or address.parse("from", self.sender).envelope.rpartition("@")[2]

    @property
    def template_path(self) -> tuple[Path, ...]:
        return (*self.templates, OWN_TEMPLATES)

    @property
    def catalogue_path(self) -> tuple[tuple[Path, str], ...]:
        """(folder, domain) in the order of the search."""
        return (*((folder, self.catalogue_domain) for folder in self.catalogues), (OWN_CATALOGUES, OWN_DOMAIN))

    @field_validator("rules")
    @classmethod
    def _templates_exist(cls, rules: dict[str, Rule], known: ValidationInfo) -> dict[str, Rule]:
        folders = (*known.data.get("templates", ()), OWN_TEMPLATES)
        for event_type, rule in rules.items():
            if not any((folder / rule.template).is_dir() for folder in folders):
                raise ValueError(f"{event_type}.template: no folder {rule.template!r} on the search path")
        return rules
