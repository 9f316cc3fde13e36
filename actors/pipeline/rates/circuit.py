"""A circuit around a handler: failures of one kind in a row pause the pipeline, instead of burning attempts. Pure.

Closed: work goes on. After `failures` in a row it is open until `retry_at`; then the next work is a trial: one more
failure opens it again, for longer, one success closes it.
"""

import random
from dataclasses import dataclass, replace

from supervision.backoff import Backoff

BACKOFF = Backoff(min_seconds=1.0, max_seconds=60.0, immediate=0, jitter=False)


@dataclass(frozen=True, slots=True)
class Circuit:
    """What opens it: so many `failures` in a row with one of `exceptions` (and their subclasses), and for how long."""

    failures: int = 5
    exceptions: tuple[type[BaseException], ...] = (Exception,)
    backoff: Backoff = BACKOFF

    def concerns(self, error: object) -> bool:
        return isinstance(error, self.exceptions)


@dataclass(frozen=True, slots=True)
class Course:
    """How it stands: failures in a row, how often it opened in a row, until when it is open (monotonic seconds)."""

    failures: int = 0
    opened: int = 0
    retry_at: float | None = None
    why: str = ""

    def is_open(self, now: float) -> bool:
        return self.retry_at is not None and now < self.retry_at


def failed(course: Course, circuit: Circuit, error: object, now: float, rng: random.Random) -> Course:
    """The course after a failure; failures of work that was under way when it opened change nothing."""
    if not circuit.concerns(error) or course.is_open(now):
        return course
    failures = course.failures + 1
    if failures < circuit.failures and not course.opened:
        return replace(course, failures=failures)
    pause = circuit.backoff.delay(course.opened + 1, rng)
    return Course(failures, course.opened + 1, now + pause, f"{failures} failures in a row, last: {error!r}"[:300])


def succeeded(course: Course, now: float) -> Course:
    """The course after a success; one that comes while it is open was begun before, and tells nothing."""
    return course if course.is_open(now) else Course()
