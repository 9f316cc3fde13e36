"""From a job and what is known of its person to a mail, or to the reason why there is none. Pure; any thread.

The order is the order of the trace: the rule's terms, suppression, preference, locale, words, headers. Whatever a
template or an address does wrong concerns this one mail: it fails with its reason, its neighbours in the batch go on.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.email import address, mime
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.jobs import Job
from apps.email.ledger import Claim
from apps.email.letterhead.head import Head, Letterhead
from apps.email.letterhead.links import Stands
from apps.email.mime import Mime
from apps.email.parcel import Facts
from apps.email.rulebook.beside import neighbours
from apps.email.rulebook.comparing import NOBODY, Comparison, Outcome, compare
from apps.email.rulebook.counted import other_name
from apps.email.rulebook.shadows import Shadow, digest
from apps.email.rulebook.terms import Terms, Wait, judge
from apps.email.states import State
from apps.email.templates import Language, Templates
from apps.email.trace import Trace
from apps.people import address as addresses
from apps.people.preference import unwanted

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """The claim to make, with the mail to hand over; without a mail the claim says why there is none.

    Attributes:
        wait_seconds: with a deferred claim, until it is to be looked at again.
        shadow: the mail that was rendered to be kept and not to be sent.
    """

    claim: Claim
    mail: Mime | None
    wait_seconds: float = 0.0
    shadow: Shadow | None = None


def compose(
    job: Job, facts: Facts, config: Email, templates: Templates, at: float, letterhead: Letterhead | None = None
) -> Composed:
    """One job's mail; `at` (seconds since the epoch) becomes its Date. Without a letterhead it is a bare one."""
    trace = job.trace if facts.entry is None else job.trace.after(facts.entry.trace)
    wishes = wishes_of(job, facts, config)
    terms = Terms.of(job.terms)
    ruling, trace = judge(terms, facts.profile.time_zone if facts.profile else None, at, trace)
    if ruling is not None and not isinstance(ruling, Wait):
        return _without_mail(job, config, wishes[0] or config.default_locale, trace, State.SKIPPED, ruling.reason)
    refusal, trace = _allowed(job, facts, trace)
    if refusal is not None:
        return _without_mail(job, config, wishes[0] or config.default_locale, trace, State.SUPPRESSED, refusal)
    if ruling is not None:
        waiting = _without_mail(job, config, wishes[0] or config.default_locale, trace, State.DEFERRED, ruling.reason)
        return replace(waiting, wait_seconds=ruling.until - at)
    try:
        recipient = address.mailbox("To", job.address, _name(job, facts))
        language = templates.language(job.template, wishes)
        head = None if letterhead is None else _head(letterhead, job, facts, language.locale)
        words = templates.words(job.template, wishes, job.data, _person(job, facts, head))
        trace = _note_locale(trace, language)
        mail = mime.write(
            words,
            locale=language.locale,
            key=job.key,
            domain=config.message_id_domain,
            sender=address.parse("From", config.sender),
            recipient=recipient,
            at=at,
            headers=None if head is None else head.headers,
            mail_from="" if head is None else head.mail_from,
        )
        mail = mail if letterhead is None else letterhead.sign(mail)
    except EmailError as error:
        return _failed(job, config, trace, f"{error.title}: {error}")
    except Exception as error:
        logger.exception("the mail %s cannot be made", job.key)
        return _failed(job, config, trace, f"{type(error).__name__}: {error}")
    human = other_name(job.person, job.address, facts.profile.id if facts.profile else None)
    claim = Claim(job, mail.message_id, language.locale, trace, human=human)
    if not terms.shadow:
        return Composed(claim, mail)
    alone = replace(facts, entry=None)
    live = [compose(one, alone, config, templates, at, letterhead) for one in neighbours(job, terms)]
    return _shadow(claim, mail, [_compared(mail, other) for other in live] or [NOBODY])


def withheld(composed: Composed, reason: str) -> Composed:
    """The same mail, not to be sent for this reason."""
    claim = composed.claim
    trace = claim.trace.note(State.SKIPPED.value, reason=reason)
    return Composed(replace(claim, trace=trace, state=State.SKIPPED, reason=reason), None)


def _shadow(claim: Claim, mail: Mime, comparisons: Sequence[Comparison]) -> Composed:
    told = [one.told for one in comparisons]
    trace = claim.trace.note("shadow", bytes=len(mail.data), digest=digest(mail.data), compared=told)
    kept = withheld(Composed(replace(claim, trace=trace), mail), "shadow: rendered and kept")
    return replace(kept, shadow=Shadow(claim.job.key, claim.job.rule, claim.job.person, mail.data, comparisons))


def _compared(mail: Mime, other: Composed) -> Comparison:
    """With what another rule sends to the same person, if it does."""
    rule = other.claim.job.rule
    if other.mail is None:
        return Comparison(rule, Outcome.ALONE, note=f"{rule} sends none, {other.claim.reason}")
    return compare(rule, mail.data, other.mail.data)


def wishes_of(job: Job, facts: Facts, config: Email) -> tuple[str | None, ...]:
    """Whose locale counts, strongest first: the event's, the person's, the rule's, ours."""
    return (job.locale, facts.profile.locale if facts.profile else None, job.rule_locale, config.default_locale)


def _head(letterhead: Letterhead, job: Job, facts: Facts, locale: str) -> Head:
    return letterhead.of(job.key, job.mail_class, job.template, stands_for(job, facts, locale))


def stands_for(job: Job, facts: Facts, locale: str) -> Stands:
    """Whom and what the links in this mail are for: the person if we know them, else the address alone."""
    if facts.profile is not None:
        return Stands(person=facts.profile.id, topic=job.topic or "", locale=locale)
    return Stands(address=addresses.parse(job.address).key, topic=job.topic or "", locale=locale)


def _allowed(job: Job, facts: Facts, trace: Trace) -> tuple[str | None, Trace]:
    """The reason not to write to this person, or None; and the trace of both questions."""
    stop = facts.suppression
    blocked = stop is not None and stop.blocks(job.mail_class)
    if stop is not None:
        trace = trace.note("suppression", reason=stop.reason, scope=stop.scope, blocks=blocked)
        if blocked:
            return f"suppressed: {stop.reason}", trace
    else:
        trace = trace.note("suppression", blocks=False)
    against = unwanted(facts.said, job.mail_class, job.topic)
    trace = trace.note("preference", topic=job.topic, unwanted=against, asked=facts.profile is not None)
    return (None if against is None else f"unwanted: {against}"), trace


def _note_locale(trace: Trace, language: Language) -> Trace:
    return trace.note(
        "locale",
        tried=list(language.chain),
        chosen=language.locale,
        fallbacks=language.fallbacks,
        messages=language.messages,
    )


def _name(job: Job, facts: Facts) -> str:
    return job.name or (facts.profile.name if facts.profile else "")


def _person(job: Job, facts: Facts, head: Head | None) -> dict[str, object]:
    return {
        "attributes": dict(facts.profile.attributes) if facts.profile else {},
        "address": job.address,
        "name": _name(job, facts),
        "locale": job.locale or "",
        "unsubscribe_url": "" if head is None else head.unsubscribe_url,
        "preferences_url": "" if head is None else head.preferences_url,
    }


def _failed(job: Job, config: Email, trace: Trace, reason: str) -> Composed:
    return _without_mail(job, config, job.locale or config.default_locale, trace, State.FAILED, reason)


def _without_mail(job: Job, config: Email, locale: str, trace: Trace, state: State, reason: str) -> Composed:
    key = mime.message_id(job.key, config.message_id_domain)
    return Composed(Claim(job, key, locale, trace.note(state.value, reason=reason), state, reason), None)
