"""What can be asked about sends and ordered of them, over the control socket and over HTTP. A verb's own thread."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from actors.database import Connection, Database
from apps.email.campaign import books, fanning, sends
from apps.email.campaign.chunks import in_flight
from apps.email.campaign.errors import CampaignError, NotNow
from apps.email.campaign.forecast import forecast
from apps.email.campaign.ordering import order_of, start_round
from apps.email.campaign.sends import Order, Send, start_send
from apps.email.campaign.states import MailState, SendState
from apps.email.cloudevents import Event
from apps.email.config import Email, Rule
from apps.email.rulebook.book import Book, NoRule, latest, merged
from apps.email.templates import open_templates
from apps.people.audience import store
from apps.people.audience.query import parse
from supervision.verbs import Params, Site, Verb

#: The source of the events of sends that were started by a command.
SOURCE = "/rookery/email/campaign"


class StartParams(Params):
    name: str = Field(min_length=1, max_length=200, description="what people call it; several may share a name")
    rule: str = Field(description="a rule in force: says template, class, topic")
    audience: str | None = Field(None, description="name of a stored query over people; else the rule's")
    query: dict[str, Any] | None = Field(None, description="a query over people instead")
    data: dict[str, Any] = Field(default_factory=dict, description="what the template gets to say")
    id: str | None = Field(None, max_length=150, description="the same id again is the same send; made up if left out")
    dry_run: bool = Field(False, description="only say how many people, and until when")


class SendParams(Params):
    send: str = Field(description="id, or name: the latest of that name")


class ListParams(Params):
    limit: int = Field(20, ge=1, le=1000, description="at most so many, latest first")


class ReasonParams(SendParams):
    reason: str | None = Field(None, max_length=300, description="kept with the send")


class ResumeParams(SendParams):
    republish: bool = Field(False, description="publish again every chunk that is not done: messages may be lost")
    force: bool = Field(False, description="run a blocked send in spite of what spoke against it")


class PeopleParams(SendParams):
    state: MailState = Field(description="of their mails")
    limit: int = Field(100, ge=1, le=10_000, description="at most so many, by id")


class ResolveParams(SendParams):
    state: Literal["handed", "failed"] = Field(description="what became of the mails in doubt")
    note: str = Field(min_length=1, max_length=200, description="how that is known")
    people: list[str] = Field(default_factory=list, max_length=10_000, description="ids; all who are in doubt if empty")


def start(site: Site, params: StartParams) -> dict[str, Any]:
    """Start a send, or with `dry_run` only foretell it. Raises NoRule, NoSuchAudience, Refused, MissingVariables."""
    config = Book(site.settings.section("email"), Database(site.system)).today()
    database = Database(site.system)
    with database.read() as conn:
        rule = _rule(merged(config, latest(conn)), params.rule)
        open_templates(config).check(rule.template, [rule.locale, config.default_locale], params.data.keys())
        event = Event(params.id or str(uuid.uuid4()), SOURCE, rule.event or params.rule, params.data)
        order = order_of(conn, params.name, params.rule, rule, event, _audience(params, rule), _now().timestamp())
        foreseen = _foreseen(conn, order, config)
    if params.dry_run:
        return foreseen
    with database.begin() as conn:
        id, new = start_send(conn, order, _now(), config.campaign.chunk_size)
    return {"id": id, "name": params.name, "new": new, **foreseen}


def status(site: Site, params: SendParams) -> dict[str, Any]:
    """State, books, reasons and speed of one send. Raises NoSuchSend."""
    with Database(site.system).read() as conn:
        send = sends.find(conn, params.send)
        summed = _summed(conn, send)
        reasons = [asdict(one) for one in books.reasons(conn, send)]
        flying = in_flight(conn, send.id)
    return {**summed, "chunks": send.chunks, "published": send.published, "in_flight": flying, "reasons": reasons}


def listed(site: Site, params: ListParams) -> list[dict[str, Any]]:
    """Latest first, each with its books."""
    with Database(site.system).read() as conn:
        return [_summed(conn, send) for send in sends.listed(conn, params.limit)]


def pause(site: Site, params: ReasonParams) -> dict[str, Any]:
    """Hand over nothing more until it is resumed. Raises NoSuchSend, NotNow."""
    return _held(site, params, SendState.PAUSED)


def cancel(site: Site, params: ReasonParams) -> dict[str, Any]:
    """Hand over nothing more, ever. Raises NoSuchSend, NotNow."""
    return _held(site, params, SendState.CANCELLED)


def resume(site: Site, params: ResumeParams) -> dict[str, Any]:
    """Go on: a paused send where it was, a blocked one with its checks. Raises NoSuchSend, NotNow.

    One that was paused before it ever ran freezes the rest of its audience, and is checked.
    """

    def go_on(conn: Connection, send: Send) -> Send:
        if send.state not in (SendState.PAUSED, SendState.BLOCKED, SendState.RUNNING):
            raise NotNow(f"send {send.id} is {send.state}: there is nothing to resume", field="send")
        if params.republish:
            fanning.publish_again(conn, send.id, _now())
        return sends.move(conn, send.id, _resumed(send, force=params.force), _now())

    return _moved(site, params, go_on)


def resend(site: Site, params: SendParams) -> dict[str, Any]:
    """Start another round, to those whom a send that is over did not reach. Raises NoSuchSend, NotNow."""
    config: Email = site.settings.section("email")
    with Database(site.system).begin() as conn:
        parent = sends.find(conn, params.send)
        id, new = start_round(conn, parent, _now(), config.campaign.chunk_size)
    return {"id": id, "name": parent.name, "new": new, "parent": parent.id}


def resolve(site: Site, params: ResolveParams) -> dict[str, Any]:
    """Settle mails in doubt by hand. Raises NoSuchSend."""
    with Database(site.system).begin() as conn:
        send = sends.find(conn, params.send)
        resolved = books.resolve(conn, send, MailState(params.state), params.note, _now(), params.people)
        return {**_summed(conn, sends.load(conn, send.id)), "resolved": resolved}


def people(site: Site, params: PeopleParams) -> list[dict[str, Any]]:
    """Whose mails are in this state, and why. Raises NoSuchSend."""
    with Database(site.system).read() as conn:
        found = books.rows(conn, sends.find(conn, params.send), params.state, params.limit)
    return [_plain(asdict(row)) for row in found]


def _resumed(send: Send, *, force: bool) -> SendState:
    if send.started_at is not None:
        return SendState.RUNNING
    if send.state is SendState.PAUSED:
        return SendState.DRAFT
    return SendState.RUNNING if force or send.state is SendState.RUNNING else SendState.FROZEN


def _held(site: Site, params: ReasonParams, state: SendState) -> dict[str, Any]:
    return _moved(site, params, lambda conn, send: sends.move(conn, send.id, state, _now(), params.reason))


def _moved(site: Site, params: SendParams, change: Callable[[Connection, Send], Send]) -> dict[str, Any]:
    with Database(site.system).begin() as conn:
        return _summed(conn, change(conn, sends.find(conn, params.send)))


def _rule(config: Email, name: str) -> Rule:
    rule = config.rules.get(name)
    if rule is None:
        raise NoRule(f"no rule {name!r}; rules there are: {', '.join(sorted(config.rules))}", field="rule")
    return rule


def _audience(params: StartParams, rule: Rule) -> str | Mapping[str, Any]:
    """The one that is said, else the rule's."""
    if params.audience is not None and params.query is not None:
        raise CampaignError("say either audience, the name of a stored one, or query", field="audience")
    said = params.audience if params.query is None else params.query
    found = rule.audience if said is None else said
    if found is None:
        raise CampaignError("the rule names no audience; say audience, or query", field="audience")
    return found


def _foreseen(conn: Connection, order: Order, config: Email) -> dict[str, Any]:
    zones = store.count_by_zone(conn, parse(order.audience))
    assumed = config.campaign.expected_mails_per_second
    found = forecast(conn, zones, order.terms, assumed, _now())
    limits = {"senders": config.senders, "window": config.window, "chunks_in_flight": config.campaign.chunks_in_flight}
    return {**_plain(asdict(found)), "limits": limits}


def _summed(conn: Connection, send: Send) -> dict[str, Any]:
    """A send with its books, as JSON."""
    found = books.of(conn, send)
    told = ("id", "name", "rule", "template", "state", "reason", "parent_id", "created_at", "started_at", "ended_at")
    speed = _speed(send, found.settled)
    left = found.pending / speed if speed and send.state is SendState.RUNNING else None
    facts = _plain({name: getattr(send, name) for name in told})
    summed = {**found.to_dict(), "balanced": found.balanced}
    return {**facts, "books": summed, "rate": speed, "seconds_left": left}


def _speed(send: Send, settled: int) -> float | None:
    """Mails per second since it began to run."""
    if send.started_at is None:
        return None
    seconds = ((send.ended_at or _now()) - send.started_at).total_seconds()
    return round(settled / seconds, 1) if seconds > 0 else None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Times as ISO 8601, for JSON."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _now() -> datetime:
    return datetime.now(UTC)


VERBS: Sequence[Verb] = (
    Verb("email.campaign.start", StartParams, start, writes=True, doc="Start a send to an audience, or foretell it."),
    Verb("email.campaign.status", SendParams, status, doc="State, books, reasons and speed of one send."),
    Verb("email.campaign.list", ListParams, listed, doc="The sends, latest first."),
    Verb("email.campaign.people", PeopleParams, people, doc="Whose mails of a send are in a state, and why."),
    Verb("email.campaign.pause", ReasonParams, pause, writes=True, doc="Hand over nothing more until it is resumed."),
    Verb("email.campaign.resume", ResumeParams, resume, writes=True, doc="Go on with a send that was held."),
    Verb("email.campaign.cancel", ReasonParams, cancel, writes=True, doc="Hand over nothing more, ever."),
    Verb("email.campaign.resend", SendParams, resend, writes=True, doc="Another round, to those not reached."),
    Verb("email.campaign.resolve", ResolveParams, resolve, writes=True, doc="Settle mails in doubt by hand."),
)
