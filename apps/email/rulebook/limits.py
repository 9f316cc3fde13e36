"""Dedupe and caps, decided inside the transaction that claims: exact, whoever else claims at that time.

Who has a limit is locked first, so two dispatchers never both see the last free place. What counts is in `counted`:
single mails and those of sends alike, whatever a person is called in them. Runs in the caller's thread and commits
nothing.
"""

from collections.abc import Sequence
from datetime import timedelta

from actors.database import Connection
from actors.database.statements import one_at_a_time
from apps.email.campaign.sends import Send
from apps.email.compose import Composed, withheld
from apps.email.jobs import Job
from apps.email.rulebook.counted import Mail, names_of, sent_to
from apps.email.rulebook.terms import Terms
from apps.people.recipient import Recipient

Wanted = tuple[Mail, Terms]


def withhold(conn: Connection, composed: Sequence[Composed], now: float) -> list[Composed]:
    """The same, but for the mails that their limits forbid."""
    made = [entry.claim.job for entry in composed if entry.mail is not None or entry.shadow is not None]
    found = overruns(conn, made, now)
    return [withheld(one, why) if (why := found.get(one.claim.job.key)) is not None else one for one in composed]


def overruns(conn: Connection, jobs: Sequence[Job], now: float, *, lock: bool = True) -> dict[str, str]:
    """By key, the reason not to send a mail now; jobs of the same list are counted one after the other.

    `lock` is for whoever claims; who only asks waits for nobody.
    """
    limited = [(job, terms) for job in jobs if (terms := Terms.of(job.terms)).limited]
    names = names_of(conn, [job for job, _ in limited]) if limited else {}
    wanted = [(Mail(job.key, names[job.key], job.rule, job.topic, terms.dedupe, now), terms) for job, terms in limited]
    return _overruns(conn, wanted, now, lock=lock)


def overruns_of(conn: Connection, send: Send, people: Sequence[Recipient], now: float) -> dict[str, str]:
    """By id, the reason not to send these people the mail of a send now; for whoever claims."""
    terms = Terms.of({name: value for name, value in send.terms.items() if name != "rollout"})
    if not terms.limited:
        return {}
    ids = {send.mail_key(one.id): one.id for one in people}
    wanted = [
        (Mail(send.mail_key(one.id), frozenset({one.id, one.key}), send.rule, send.topic, terms.dedupe, now), terms)
        for one in people
    ]
    return {ids[key]: why for key, why in _overruns(conn, wanted, now, lock=True).items()}


def _overruns(conn: Connection, wanted: Sequence[Wanted], now: float, *, lock: bool) -> dict[str, str]:
    if not wanted:
        return {}
    people = {name for mail, _ in wanted for name in mail.names}
    if lock:
        one_at_a_time(conn, *(f"limits {name}" for name in people))
    since = now - max(max(terms.cap_seconds, terms.dedupe_seconds) for _, terms in wanted)
    rules = {mail.rule for mail, _ in wanted}
    sent = sent_to(conn, people, rules, {mail.topic for mail, _ in wanted if mail.topic}, since)
    found: dict[str, str] = {}
    for mail, terms in wanted:
        why = overrun(mail, terms, sent, now)
        if why is None and not terms.shadow:
            sent.append(mail)
        elif why is not None:
            found[mail.key] = why
    return found


def overrun(wanted: Mail, terms: Terms, sent: Sequence[Mail], now: float) -> str | None:
    """Why this mail would be one too many after those; itself, from an earlier attempt, is none of them. Pure."""
    others = [one for one in sent if one.key != wanted.key and one.names & wanted.names]
    if terms.dedupe:
        same = [one for one in others if one.dedupe == terms.dedupe and one.at > now - terms.dedupe_seconds]
        if same:
            return f"the same as {same[-1].key[:12]}, {_ago(same[-1].at, now)}"
    if terms.cap:
        alike = [one for one in others if _counts_for(one, wanted) and one.at > now - terms.cap_seconds]
        if len(alike) >= terms.cap:
            what = f"topic {wanted.topic}" if wanted.topic else f"rule {wanted.rule}"
            return f"cap: {len(alike)} of {terms.cap} mails of {what} within {timedelta(seconds=terms.cap_seconds)}"
    return None


def _counts_for(one: Mail, wanted: Mail) -> bool:
    return one.topic == wanted.topic if wanted.topic else one.rule == wanted.rule


def _ago(at: float, now: float) -> str:
    return f"{timedelta(seconds=round(max(0.0, now - at)))} ago"
