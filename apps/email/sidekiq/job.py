"""Sidekiq's jobs as they lie in Redis: read, given an event's shape, and marked as failed the way Sidekiq does. Pure.

Times are floats in seconds up to Sidekiq 7 and whole milliseconds from 8 on; what is written into a job follows the
times it already has. Random jitter and the time are arguments.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from apps.email.cloudevents import Event
from apps.email.sidekiq.config import JobClass
from apps.email.sidekiq.errors import JobArgumentsWrong, JobClassUnknown, JobMalformed

#: Retries of a job that only says `retry: true`.
MAX_RETRIES = 25
#: Length at which Sidekiq cuts an error's message.
LONGEST_MESSAGE = 10_000
_ACTION_MAILER = frozenset(
    {"ActionMailer::MailDeliveryJob", "ActionMailer::DeliveryJob", "ActionMailer::Parameterized"}
)


@dataclass(frozen=True, slots=True)
class Job:
    """`fields` are the whole payload, in its order."""

    fields: Mapping[str, Any]

    @property
    def jid(self) -> str:
        return str(self.fields["jid"])

    @property
    def milliseconds(self) -> bool:
        times = [self.fields.get(name) for name in ("created_at", "enqueued_at")]
        return any(isinstance(time, int) and time > 10**11 for time in times)

    def to_json(self) -> bytes:
        return json.dumps(self.fields, ensure_ascii=False, separators=(",", ":")).encode()


def parse(raw: bytes) -> Job:
    """Raises JobMalformed."""
    try:
        fields = json.loads(raw)
    except ValueError as error:
        raise JobMalformed(f"not JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("class"), str) or not fields.get("jid"):
        raise JobMalformed("a job is an object with class, args and jid")
    if not isinstance(fields.get("args"), list):
        raise JobMalformed("args is not a list", field="args")
    return Job(fields)


def meant(job: Job) -> tuple[str, list[Any]]:
    """Class and arguments, taken out of ActiveJob's wrapper; a mailer's are `Mailer#action` and its own arguments."""
    args: list[Any] = list(job.fields["args"])
    if "wrapped" not in job.fields or not (args and isinstance(args[0], dict)):
        return str(job.fields["class"]), args
    name, inner = str(args[0].get("job_class", job.fields["wrapped"])), list(args[0].get("arguments", ()))
    if name not in _ACTION_MAILER or len(inner) < 3:
        return name, _plain(inner)
    mailer, action, _, *rest = inner
    given = rest[0] if len(rest) == 1 and isinstance(rest[0], dict) and "args" in rest[0] else {"args": rest}
    params = given.get("params")
    return f"{mailer}#{action}", _plain([*([params] if params else []), *given["args"]])


def _plain(value: Any) -> Any:
    """Without ActiveJob's own notes on types."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if not key.startswith("_aj_")}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def event_of(job: Job, queue: str, classes: Mapping[str, JobClass]) -> Event:
    """The event that a job stands for: the same job is always the same event. Raises JobClassUnknown,
    JobArgumentsWrong."""
    name, args = meant(job)
    known = classes.get(name)
    if known is None:
        raise JobClassUnknown(f"{name} is not among email.sidekiq.classes", field="class")
    if len(args) > len(known.args):
        raise JobArgumentsWrong(f"{name} came with {len(args)} arguments, {len(known.args)} are named", field="args")
    data: dict[str, Any] = {}
    for field, value in zip(known.args, args, strict=False):
        if field == "**":
            if not isinstance(value, dict):
                raise JobArgumentsWrong(f"{name}: the argument for '**' is no hash", field="args")
            data.update(value)
        elif field:
            data[field] = value
    return Event(job.jid, f"/sidekiq/{queue}", known.event, data, time=_moment(job))


def _moment(job: Job) -> str | None:
    at = job.fields.get("created_at")
    if isinstance(at, bool) or not isinstance(at, int | float):
        return None
    return datetime.fromtimestamp(at / 1000 if job.milliseconds else at, UTC).isoformat()


class Fate(Enum):
    """Where a job goes that failed."""

    RETRY = "retry"
    DEAD = "dead"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Failed:
    """`at` is the score: when it is to be tried again, or when it died; seconds since the epoch."""

    fate: Fate
    job: Job
    at: float


def fail(job: Job, queue: str, error: Exception, now: float, jitter: float) -> Failed:
    """What Sidekiq does with a job that raised: `jitter` is from 0 to 1."""
    retry = job.fields.get("retry", True)
    if retry is False or retry is None:
        return Failed(Fate.DISCARDED, job, now)
    fields = dict(job.fields)
    stamp = int(now * 1000) if job.milliseconds else now
    fields["queue"] = fields.get("retry_queue") or queue
    fields["error_message"] = str(error)[:LONGEST_MESSAGE]
    fields["error_class"] = type(error).__name__
    if isinstance(fields.get("retry_count"), int):
        fields["retried_at"] = stamp
        fields["retry_count"] += 1
    else:
        fields["failed_at"] = stamp
        fields["retry_count"] = 0
    count = int(fields["retry_count"])
    most = retry if isinstance(retry, int) and retry is not True else MAX_RETRIES
    failed = Job(fields)
    if count >= most or _too_old(failed, now):
        return Failed(Fate.DISCARDED if fields.get("dead") is False else Fate.DEAD, failed, now)
    return Failed(Fate.RETRY, failed, now + count**4 + 15 + int(jitter * 10 * (count + 1)))


def _too_old(job: Job, now: float) -> bool:
    """Whether `retry_for` (seconds since the first failure) is over."""
    limit, since = job.fields.get("retry_for"), job.fields.get("failed_at")
    if not isinstance(limit, int | float) or not isinstance(since, int | float):
        return False
    return now > (since / 1000 if job.milliseconds else since) + limit


def enqueued(job: Job, now: float) -> Job:
    """A job of a set on its way back into its queue."""
    return Job({**job.fields, "enqueued_at": int(now * 1000) if job.milliseconds else now})


def new(class_name: str, args: list[Any], queue: str, jid: str, now: float, *, milliseconds: bool) -> Job:
    """A job as Sidekiq's client writes it; `jid` is 24 hexadecimal digits."""
    stamp = int(now * 1000) if milliseconds else now
    fields = {"class": class_name, "args": args, "retry": True, "queue": queue, "jid": jid}
    return Job({**fields, "created_at": stamp, "enqueued_at": stamp})
