"""The decision: which mails does this event set off, to whom; if none, why not. A function of values, any thread."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.email.cloudevents import Event
from apps.email.config import Email, Rule
from apps.email.errors import EmailError, UnknownEventType
from apps.email.jobs import Job, key_of
from apps.email.recipients import Recipient, recipients
from apps.email.rulebook.beside import attach
from apps.email.rulebook.expression import NotEvaluated, expression
from apps.email.rulebook.rollout import admit
from apps.email.rulebook.sections import Rollout
from apps.email.rulebook.terms import Terms, same_of
from apps.email.templates import Templates
from apps.email.trace import Trace

#: Everybody gets it, for real.
COMPLETE = Rollout.model_validate({})


@dataclass(frozen=True, slots=True)
class Decided:
    """What an event sets off.

    Attributes:
        jobs: one per person the event names, by each rule that applies.
        sends: the rules that apply and are for an audience, by name: a send is to be started for each.
        passed: why the other rules do not apply, by name.
    """

    jobs: tuple[Job, ...]
    sends: Mapping[str, Rule] = field(default_factory=dict)
    passed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """No mail at all; `error` says why and which field of the event is to blame."""

    error: EmailError

    @property
    def reason(self) -> str:
        return f"{self.error.field}: {self.error}" if self.error.field else str(self.error)


Decision = Decided | Refused


def decide(event: Event, config: Email, templates: Templates, at: float | None = None) -> Decision:
    """Apply the rules for the event's type, and make sure that their templates have every variable they need.

    `at` (seconds since the epoch) dates an event that does not say its time.
    """
    try:
        rules = _rules(event, config)
        passed = {name: why for name, rule in rules.items() if (why := _why_not(event, name, rule)) is not None}
        applied = {name: rule for name, rule in rules.items() if name not in passed}
        jobs = [job for name, rule in applied.items() for job in _jobs(event, name, rule, config, templates, at)]
    except EmailError as error:
        return Refused(error)
    sends = {name: rule for name, rule in applied.items() if rule.audience is not None}
    return Decided(tuple(attach(jobs)), sends, passed)


def _rules(event: Event, config: Email) -> dict[str, Rule]:
    rules = config.rules_for(event.type)
    if not rules:
        known = ", ".join(config.event_types) or "none"
        raise UnknownEventType(f"no rule for events of type {event.type!r}; rules there are: {known}", field="type")
    return rules


def _why_not(event: Event, name: str, rule: Rule) -> str | None:
    """The reason why a rule does not apply to this event. Raises NotEvaluated, which names the rule."""
    if rule.when is None:
        return None
    try:
        return None if expression(rule.when).holds(event) else f"not: {rule.when}"
    except NotEvaluated as error:
        raise NotEvaluated(f"rule {name}: when: {error}", field=error.field) from error


def _jobs(
    event: Event, name: str, rule: Rule, config: Email, templates: Templates, at: float | None
) -> tuple[Job, ...]:
    """Those of one rule. The people of an audience get theirs from a send, but it must have what its template needs."""
    terms = terms_of(event, name, rule, at)
    if rule.audience is not None:
        templates.check(rule.template, [rule.locale, config.default_locale], event.data.keys())
        return ()
    people = recipients(event, rule.recipients, config.max_recipients)
    jobs = tuple(_job(event, name, rule, terms, recipient) for recipient in people)
    for wish in {job.locale for job in jobs}:
        templates.check(rule.template, [wish, rule.locale, config.default_locale], jobs[0].data.keys())
    return jobs


def terms_of(event: Event, name: str, rule: Rule, at: float | None = None) -> Terms:
    """What the rule says of this event, for every person alike. Raises NotEvaluated."""
    since = datetime.fromisoformat(event.time).timestamp() if event.time else at
    late = rule.too_late_seconds
    return Terms(
        expires_at=None if late is None or since is None else since + late,
        opens=f"{rule.hours.start:%H:%M}" if rule.hours else None,
        closes=f"{rule.hours.end:%H:%M}" if rule.hours else None,
        zone=rule.hours.zone if rule.hours else "UTC",
        dedupe=_same(event, name, rule.dedupe.key) if rule.dedupe else None,
        dedupe_seconds=rule.dedupe.seconds if rule.dedupe else 0.0,
        cap=rule.cap.mails if rule.cap else 0,
        cap_seconds=rule.cap.seconds if rule.cap else 0.0,
    )


def _same(event: Event, name: str, key: str) -> str:
    try:
        return same_of(name, json.dumps(expression(key).value(event), sort_keys=True, default=str))
    except NotEvaluated as error:
        raise NotEvaluated(f"rule {name}: dedupe.key: {error}", field=error.field) from error


def _job(event: Event, name: str, rule: Rule, terms: Terms, recipient: Recipient) -> Job:
    facts = {"template": rule.template, "class": rule.mail_class, "recipients": rule.recipients, "topic": rule.topic}
    trace = Trace().note("rule", event=event.type, source=event.source, id=event.id, rule=name, when=rule.when, **facts)
    if rule.rollout != COMPLETE:
        admission = admit(name, rule.rollout, recipient.person, recipient.address)
        outside = None if admission.admitted else admission.why
        terms = replace(terms, outside=outside, shadow=admission.shadow)
        trace = trace.note("rollout", admitted=admission.admitted, shadow=admission.shadow, why=admission.why)
    return Job(
        key=key_of(event.source, event.id, name, recipient.person),
        event_type=event.type,
        event_source=event.source,
        event_id=event.id,
        template=rule.template,
        mail_class=rule.mail_class,
        person=recipient.person,
        address=recipient.address,
        name=recipient.name,
        locale=recipient.locale,
        rule_locale=rule.locale,
        topic=rule.topic,
        data={key: value for key, value in event.data.items() if key != rule.recipients},
        rule=name,
        terms=terms.to_dict(),
        trace=trace,
    )
