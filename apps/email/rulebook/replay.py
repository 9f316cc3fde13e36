"""Past events against today's rules: which mails would be set off that were not, which no more, which otherwise.

Compares what the rules decide with what the ledger has. What is decided later, at the hand-over (hours, caps, dedupe,
suppression), is no difference. Reads only; in the caller's thread.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select

from actors.database import Connection
from apps.email.cloudevents import Event
from apps.email.config import Email
from apps.email.jobs import Job
from apps.email.rulebook.events import PAGE, between
from apps.email.rules import Refused, decide
from apps.email.tables import LEDGER
from apps.email.templates import Templates

#: What is compared of a mail that there is both then and now.
COMPARED = ("rule", "template", "mail_class", "topic", "address")
SAME, NEW, GONE, CHANGED, REFUSED = "same", "new", "gone", "changed", "refused"


@dataclass(frozen=True, slots=True)
class Difference:
    """One mail, or one event that is refused today; `what` says how it differs."""

    kind: str
    event: str
    rule: str
    person: str
    what: str


def replay(
    conn: Connection,
    config: Email,
    templates: Templates,
    start: datetime,
    end: datetime,
    rule: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Counts of all differences in the span, and the first `limit` of them; of one rule alone if it is named."""
    types = [config.rules[rule].event or rule] if rule in config.rules else config.event_types
    counts: Counter[str] = Counter()
    shown: list[Difference] = []
    received = between(conn, start, end, types)
    while page := list(islice(received, PAGE)):
        counts["events"] += len(page)
        for one in differences(conn, page, config, templates, rule):
            counts[one.kind] += 1
            if one.kind != SAME and len(shown) < limit:
                shown.append(one)
    kinds = ("events", SAME, NEW, GONE, CHANGED, REFUSED)
    return {**{kind: counts[kind] for kind in kinds}, "differences": [_row(one) for one in shown]}


def differences(
    conn: Connection, page: Iterable[tuple[datetime, Event]], config: Email, templates: Templates, rule: str | None
) -> Iterator[Difference]:
    """Of some events, those of mails that are the same included."""
    events = [(at, event) for at, event in page]
    then = _then(conn, [event for _, event in events])
    for at, event in events:
        was = {key: row for key, row in then.get((event.source, event.id), {}).items() if rule in (None, row["rule"])}
        decision = decide(event, config, templates, at.timestamp())
        if isinstance(decision, Refused):
            yield Difference(REFUSED, event.id, rule or "", "", decision.reason)
            continue
        yield from compare(event, was, [job for job in decision.jobs if rule in (None, job.rule)])


def compare(event: Event, then: dict[str, dict[str, Any]], now: Iterable[Job]) -> Iterator[Difference]:
    """What the ledger has of an event, by key, and what it would set off today. Pure."""
    jobs = {job.key: job for job in now}
    for key, job in jobs.items():
        row = then.get(key)
        if row is None:
            yield Difference(NEW, event.id, job.rule, job.person, f"template {job.template}")
            continue
        other = [(name, row[name], getattr(job, name)) for name in COMPARED if row[name] != getattr(job, name)]
        what = ", ".join(f"{name}: {was} -> {is_now}" for name, was, is_now in other)
        yield Difference(CHANGED if other else SAME, event.id, job.rule, job.person, what)
    for key, row in then.items():
        if key not in jobs:
            yield Difference(GONE, event.id, row["rule"], row["person"], f"was {row['state']}")


def _then(conn: Connection, events: Iterable[Event]) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """By source and id of the event, then by key."""
    names = {(event.source, event.id): event.type for event in events}
    columns = [LEDGER.c[name] for name in ("key", "event_source", "event_id", "person", "state", *COMPARED)]
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in conn.execute(select(*columns).where(LEDGER.c.event_id.in_(sorted({id for _, id in names})))).mappings():
        event = (row["event_source"], row["event_id"])
        if event in names:
            # Rows from before there were names of rules: a rule was called like the type of its events.
            found.setdefault(event, {})[row["key"]] = {**row, "rule": row["rule"] or names[event]}
    return found


def _row(one: Difference) -> dict[str, str]:
    return {name: getattr(one, name) for name in Difference.__slots__}
