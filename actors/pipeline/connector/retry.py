"""When a failed message is tried again: attempts, delays, rules per error, a maximum age. Pure; any thread.

The number of the attempt and the time of the first one travel in the message's headers, so that they outlive every
process. The delay is exponential with full jitter (`supervision.backoff`).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from actors.pipeline.connector.errors import WrongOption
from supervision.backoff import Backoff

#: Headers: which attempt this is (the first is 1), and when the first one was (seconds since the epoch).
ATTEMPT = "x-attempt"
FIRST_SEEN = "x-first-seen"

MIN_SECONDS = 1.0
MAX_SECONDS = 300.0
#: As much of an error's text goes into a reason.
TEXT_CHARACTERS = 200

Then = Literal["dead-letter", "quarantine"]


def delays(min_seconds: float | None = None, max_seconds: float | None = None, *, jitter: bool = True) -> Backoff:
    """The curve of delays: the first is up to `min_seconds`, each next up to twice that, none beyond `max_seconds`.

    With only one of the two, the other follows it. Raises WrongOption.
    """
    for name, value in (("min_seconds", min_seconds), ("max_seconds", max_seconds)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
            raise WrongOption(f"{name} must be a number above 0, not {value!r}")
    low = min(MIN_SECONDS, max_seconds or MIN_SECONDS) if min_seconds is None else min_seconds
    high = max(low, MAX_SECONDS) if max_seconds is None else max_seconds
    if low > high:
        raise WrongOption(f"min_seconds ({low:g}) must not be above max_seconds ({high:g})")
    return Backoff(min_seconds=low, max_seconds=high, jitter=jitter, immediate=0)


@dataclass(frozen=True, slots=True)
class Rule:
    """For errors of these classes (or, as text, of that class name) other numbers hold.

    Attributes:
        attempts: how often at most; 1 means that such an error is final.
    """

    errors: tuple[type[BaseException] | str, ...]
    attempts: int | None = None
    backoff: Backoff | None = None

    def covers(self, failure: "Failure") -> bool:
        """Whether the rule is about this failure; subclasses are covered by their classes."""
        return any(
            failure.kind == one if isinstance(one, str) else isinstance(failure.error, one) for one in self.errors
        )


@dataclass(frozen=True, slots=True)
class Retry:
    """The policy. The first rule that covers the failure wins over the policy's own numbers.

    Attributes:
        attempts: how often a message is handled at most, the first time included.
        max_age_seconds: nothing is tried again that would then be older than that since its first attempt.
        then: what becomes of the message after the last attempt.

    Raises:
        WrongOption: a number out of range.
    """

    attempts: int = 5
    backoff: Backoff = field(default_factory=delays)
    rules: tuple[Rule, ...] = ()
    max_age_seconds: float | None = None
    then: Then = "dead-letter"

    def __post_init__(self) -> None:
        for attempts in (self.attempts, *(rule.attempts for rule in self.rules if rule.attempts is not None)):
            if attempts < 1:
                raise WrongOption(f"attempts must be 1 or more, not {attempts}")
        if self.max_age_seconds is not None and self.max_age_seconds <= 0:
            raise WrongOption(f"max_age_seconds must be above 0, not {self.max_age_seconds:g}")
        if self.then not in ("dead-letter", "quarantine"):
            raise WrongOption(f"then must be dead-letter or quarantine, not {self.then!r}")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message failed: the error's class name and text, and, where there was one, the error and its traceback."""

    kind: str
    text: str = ""
    error: BaseException | None = None
    traceback: str = ""

    def short(self) -> str:
        """In one line, cut to what fits into a header."""
        text = " ".join(self.text.split())
        cut = text if len(text) <= TEXT_CHARACTERS else text[: TEXT_CHARACTERS - 3] + "..."
        return f"{self.kind}: {cut}" if cut else self.kind


@dataclass(frozen=True, slots=True)
class History:
    """What a message's headers tell: this attempt's number, and when the first one was."""

    attempt: int
    first_seen: float

    @classmethod
    def of(cls, headers: Mapping[str, Any], now: float) -> "History":
        """A message without such headers, or with others than we write, is on its first attempt."""
        attempt, first = headers.get(ATTEMPT), headers.get(FIRST_SEEN)
        valid = isinstance(attempt, int) and not isinstance(attempt, bool) and attempt >= 1
        seen = isinstance(first, int | float) and not isinstance(first, bool) and 0 < first <= now
        return cls(int(attempt) if valid else 1, float(first) if seen else now)  # type: ignore[arg-type]

    def next(self) -> dict[str, Any]:
        """The headers of the attempt after this one."""
        return {ATTEMPT: self.attempt + 1, FIRST_SEEN: self.first_seen}


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after the delay, with these headers on top of the message's own."""

    delay_seconds: float
    headers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No more attempts; `reason` says why, for those who find the message."""

    reason: str
    then: Then


def next_step(
    policy: Retry, history: History, failure: Failure, queue: str, now: float, rng: random.Random
) -> Again | GiveUp:
    """What to do with a message of `queue` that has just failed; `now` in seconds since the epoch."""
    rule = next((rule for rule in policy.rules if rule.covers(failure)), None)
    attempts = policy.attempts if rule is None or rule.attempts is None else rule.attempts
    backoff = policy.backoff if rule is None or rule.backoff is None else rule.backoff
    if history.attempt >= attempts:
        return GiveUp(_reason(failure, f"attempt {history.attempt} of {attempts}", queue), policy.then)
    delay = backoff.delay(history.attempt, rng)
    age = now + delay - history.first_seen
    if policy.max_age_seconds is not None and age > policy.max_age_seconds:
        why = f"attempt {history.attempt}, older than {policy.max_age_seconds:g} s"
        return GiveUp(_reason(failure, why, queue), policy.then)
    return Again(delay, history.next())


def _reason(failure: Failure, why: str, queue: str) -> str:
    return f"{failure.short()} ({why}, from {queue})"
