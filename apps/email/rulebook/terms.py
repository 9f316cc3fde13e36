"""The terms of one mail: what its rule, as it was when the event was decided, still has to say when it is to be sent.

They travel with the job. `judge` is asked right before the mail is made; it needs no database. Dedupe and cap, which
do, are in `limits`. Pure; any thread.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import time
from typing import Any

from apps.email.rulebook.hours import is_open, local, opens_at
from apps.email.trace import Trace


@dataclass(frozen=True, slots=True)
class Terms:
    """Moments are seconds since the epoch; None and 0 mean: no such term.

    Attributes:
        outside: why the person is not in the rollout; the mail is skipped.
        shadow: it is rendered and kept, not sent.
        beside: the mails it is compared with, as `beside` writes them.
        expires_at: after that it is too late.
        opens, closes, zone: the hours, as HH:MM.
        dedupe: what two mails to a person that are the same have in common, within `dedupe_seconds`.
        cap: at most so many mails in `cap_seconds`.
    """

    outside: str | None = None
    shadow: bool = False
    beside: Sequence[Mapping[str, Any]] = ()
    expires_at: float | None = None
    opens: str | None = None
    closes: str | None = None
    zone: str = "UTC"
    dedupe: str | None = None
    dedupe_seconds: float = 0.0
    cap: int = 0
    cap_seconds: float = 0.0

    @property
    def limited(self) -> bool:
        """Whether the ledger has to be asked."""
        return bool(self.dedupe or self.cap)

    def to_dict(self) -> dict[str, Any]:
        """Without what is as by default."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(NO_TERMS, name)}

    @staticmethod
    def of(values: Mapping[str, Any]) -> "Terms":
        return Terms(**values)


NO_TERMS = Terms()


def same_of(rule: str, value: str) -> str:
    """What all mails of a rule with the same dedupe value have in common; 40 hexadecimal digits."""
    return hashlib.sha256(json.dumps([rule, value]).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Skip:
    """Not at all."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before this moment."""

    until: float
    reason: str


def judge(terms: Terms, time_zone: str | None, now: float, trace: Trace) -> tuple[Skip | Wait | None, Trace]:
    """Whether to go on with the mail to a person of this time zone, and the trace with the questions asked."""
    if terms.outside:
        return Skip(f"rollout: {terms.outside}"), trace
    if terms.expires_at is not None:
        trace = trace.note("age", expires_at=local(terms.expires_at, "UTC"), late=now >= terms.expires_at)
        if now >= terms.expires_at:
            return Skip(f"too late: it expired at {local(terms.expires_at, 'UTC')}"), trace
    if terms.opens is None or terms.closes is None:
        return None, trace
    return _hours(terms, time.fromisoformat(terms.opens), time.fromisoformat(terms.closes), time_zone, now, trace)


def _hours(
    terms: Terms, opens: time, closes: time, time_zone: str | None, now: float, trace: Trace
) -> tuple[Skip | Wait | None, Trace]:
    zone = time_zone or terms.zone
    facts = {"opens": terms.opens, "closes": terms.closes, "zone": zone, "known": time_zone is not None}
    if is_open(now, opens, closes, zone):
        return None, trace.note("hours", **facts)
    until = opens_at(now, opens, closes, zone)
    trace = trace.note("hours", **facts, until=local(until, zone))
    if terms.expires_at is not None and until >= terms.expires_at:
        return Skip(f"too late: its hours begin at {local(until, zone)}, it expires before"), trace
    return Wait(until, f"waits for {local(until, zone)}"), trace
