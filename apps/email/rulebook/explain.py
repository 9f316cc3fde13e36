"""Who would get what from an event now, and why; also why not. The same functions decide that for real.

Reads, writes nothing, sends nothing; what it says of limits and of the hours holds for the moment it was asked.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from actors.database import Connection
from apps.email.cloudevents import Event
from apps.email.compose import Composed, compose
from apps.email.config import Email
from apps.email.jobs import Job
from apps.email.parcel import Facts, facts_of
from apps.email.rulebook.limits import overruns
from apps.email.rules import Decided, Refused, decide
from apps.email.states import FINAL, State
from apps.email.templates import Templates
from apps.people.audience.store import NoSuchAudience, count, named

SEND, SHADOW, AUDIENCE, DONE = "send", "shadow", "send to audience", "is settled already"


def explain(conn: Connection, event: Event, config: Email, templates: Templates, now: float) -> dict[str, Any]:
    """`now` in seconds since the epoch. The answer is plain JSON: rules that pass, audiences, and a line per person."""
    rules = config.rules_for(event.type)
    decision = decide(event, config, templates, now)
    if isinstance(decision, Refused):
        return {"event": event.type, "rules": sorted(rules), "refused": decision.reason, "passed": {}, "mails": []}
    return {
        "event": event.type,
        "rules": sorted(rules),
        "refused": None,
        "passed": dict(decision.passed),
        "sends": [_send(conn, name, str(rule.audience)) for name, rule in decision.sends.items()],
        "mails": list(_mails(conn, decision, config, templates, now)),
    }


def _send(conn: Connection, rule: str, audience: str) -> dict[str, Any]:
    try:
        return {"rule": rule, "audience": audience, "people": count(conn, named(conn, audience).query)}
    except NoSuchAudience as error:
        return {"rule": rule, "audience": audience, "people": None, "reason": str(error)}


def _mails(
    conn: Connection, decided: Decided, config: Email, templates: Templates, now: float
) -> Iterator[dict[str, Any]]:
    facts = facts_of(conn, decided.jobs)
    made = {job.key: compose(job, facts[job.key], config, templates, now) for job in decided.jobs}
    wanted = [job for job in decided.jobs if made[job.key].mail is not None or made[job.key].shadow is not None]
    over = overruns(conn, wanted, now, lock=False)
    for job in decided.jobs:
        yield _mail(job, facts[job.key], made[job.key], over)


def _mail(job: Job, facts: Facts, composed: Composed, over: Mapping[str, str]) -> dict[str, Any]:
    claim = composed.claim
    about = {"rule": job.rule, "person": job.person, "address": job.address, "template": job.template, "key": job.key}
    steps = {"locale": claim.locale, "steps": list(claim.trace.steps)}
    if facts.entry is not None and facts.entry.state in FINAL:
        return {
            **about,
            "verdict": DONE,
            "reason": f"{facts.entry.state}: {facts.entry.reason or ''}".rstrip(": "),
            **steps,
        }
    if job.key in over:
        return {**about, "verdict": State.SKIPPED.value, "reason": over[job.key], **steps}
    if composed.mail is not None:
        return {**about, "verdict": SEND, "reason": None, **steps}
    if composed.shadow is not None:
        told = "; ".join(one.told for one in composed.shadow.comparisons)
        return {**about, "verdict": SHADOW, "reason": told, **steps}
    return {**about, "verdict": claim.state.value, "reason": claim.reason, **steps}
