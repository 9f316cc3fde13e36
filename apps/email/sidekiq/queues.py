"""Sidekiq's keys in Redis: taking jobs so that a crash loses none, giving them back, retry, dead and schedule sets.

A job that is taken moves, in one step, to a list of this reader's own, and leaves it when it is dealt with; what a
crash left there goes back into its queue when the reader starts anew, or is missed. So a job may be dealt with twice,
and is never lost. Every step that touches two keys is one transaction or one script. One thread at a time; every call
raises Unavailable, and waits no longer than TIMEOUT_SECONDS.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import redis

from actors.errors import Unavailable
from apps.email.sidekiq.errors import JobMalformed
from apps.email.sidekiq.job import Failed, Fate, Job, enqueued, parse

TIMEOUT_SECONDS = 5.0
#: Silence after which a reader is taken for dead; many times the longest that one look can take.
ALIVE_SECONDS = 120
RETRY, DEAD, SCHEDULE, QUEUES = "retry", "dead", "schedule", "queues"
#: What Sidekiq keeps of the dead.
DEAD_SECONDS, MOST_DEAD = 180 * 24 * 3600, 10_000
#: Moves one member of a set into a queue, unless somebody else did so.
_MOVE = """
if redis.call('zrem', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('sadd', KEYS[3], ARGV[3])
redis.call('lpush', KEYS[2], ARGV[2])
return 1
"""
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Taken:
    """A payload exactly as it lay in the queue of that name."""

    queue: str
    raw: bytes


def _wrapped(method: F) -> F:
    @wraps(method)
    def calling(self: "Queues", *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except redis.RedisError as error:
            raise Unavailable(
                "Redis", self.where, f"{type(error).__name__}: {error}", may_have_happened=True
            ) from error

    return calling  # type: ignore[return-value]


class Queues:
    """Sidekiq's queues as the reader `name` sees them, in one of its processes. `prefix` stands before every key."""

    def __init__(self, url: str, name: str, queues: Sequence[str], prefix: str = "", process: str = "") -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
        self._queues, self._prefix = tuple(queues), prefix
        self._reader = f"{name}{process.replace('/', '.')}"
        self._readers = self.key(f"readers:{name}")
        self._move = self._redis.register_script(_MOVE)
        self.where = url.rpartition("@")[2].removeprefix("redis://").removeprefix("rediss://")

    def close(self) -> None:
        self._redis.close()

    def key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def _queue(self, queue: str) -> str:
        return self.key(f"queue:{queue}")

    def _working(self, queue: str, reader: str = "") -> str:
        return self.key(f"working:{reader or self._reader}:{queue}")

    def _alive(self, reader: str) -> str:
        return self.key(f"alive:{reader}")

    @_wrapped
    def recover(self) -> int:
        """Back into the queues with what a former life of this reader took and did not finish; how many."""
        return self._give_back(self._reader)

    @_wrapped
    def show_life(self) -> int:
        """Says that this reader lives, and gives back what those of its name hold who no longer do; how many."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(self._readers, self._reader)
            pipe.set(self._alive(self._reader), 1, ex=ALIVE_SECONDS)
            pipe.smembers(self._readers)
            known: set[bytes] = pipe.execute()[-1]
        count = 0
        for reader in sorted(name.decode() for name in known):
            if not self._redis.exists(self._alive(reader)):
                count += self._give_back(reader)
                self._redis.srem(self._readers, reader)
        return count

    def _give_back(self, reader: str) -> int:
        """First in line, in their order."""
        count = 0
        for queue in self._queues:
            while self._redis.lmove(self._working(queue, reader), self._queue(queue), "LEFT", "RIGHT") is not None:
                count += 1
        return count

    @_wrapped
    def take(self, limit: int) -> list[Taken]:
        """The next jobs, those of the first queues first."""
        taken: list[Taken] = []
        for queue in self._queues:
            with self._redis.pipeline(transaction=False) as pipe:
                for _ in range(limit - len(taken)):
                    pipe.lmove(self._queue(queue), self._working(queue), "RIGHT", "LEFT")
                taken += [Taken(queue, raw) for raw in pipe.execute() if raw is not None]
            if len(taken) == limit:
                break
        return taken

    @_wrapped
    def finish(self, done: Iterable[Taken]) -> None:
        """They are dealt with."""
        with self._redis.pipeline(transaction=False) as pipe:
            for one in done:
                pipe.lrem(self._working(one.queue), -1, one.raw)  # type: ignore[arg-type]  # its stubs know no bytes
            pipe.execute()

    @_wrapped
    def fail(self, taken: Taken, failed: Failed) -> None:
        """Into the set that its fate is."""
        with self._redis.pipeline(transaction=True) as pipe:
            if failed.fate is Fate.RETRY:
                pipe.zadd(self.key(RETRY), {failed.job.to_json(): failed.at})
            elif failed.fate is Fate.DEAD:
                self._bury(pipe, failed.job.to_json(), failed.at)
            pipe.lrem(self._working(taken.queue), -1, taken.raw)  # type: ignore[arg-type]
            pipe.execute()

    @_wrapped
    def bury(self, taken: Taken, now: float) -> None:
        """Among the dead as it is: what is no job at all."""
        with self._redis.pipeline(transaction=True) as pipe:
            self._bury(pipe, taken.raw, now)
            pipe.lrem(self._working(taken.queue), -1, taken.raw)  # type: ignore[arg-type]
            pipe.execute()

    def _bury(self, pipe: Any, raw: bytes, now: float) -> None:
        pipe.zadd(self.key(DEAD), {raw: now})
        pipe.zremrangebyscore(self.key(DEAD), "-inf", now - DEAD_SECONDS)
        pipe.zremrangebyrank(self.key(DEAD), 0, -MOST_DEAD - 1)

    @_wrapped
    def enqueue_due(self, now: float, limit: int) -> int:
        """Puts jobs of our queues back whose time has come; how many. Other queues' jobs are for others."""
        count = 0
        for name in (RETRY, SCHEDULE):
            due: Any = self._redis.zrangebyscore(self.key(name), "-inf", now, start=0, num=limit)
            for raw in due:
                count += self._enqueue(name, raw, now)
        return count

    def _enqueue(self, name: str, raw: bytes, now: float) -> int:
        try:
            job = parse(raw)
        except JobMalformed:
            return 0  # Sidekiq's own poller leaves such a thing to its pages, too
        queue = str(job.fields.get("queue", "default"))
        if queue not in self._queues:
            return 0
        keys = [self.key(name), self._queue(queue), self.key(QUEUES)]
        return int(self._move(keys=keys, args=[raw, enqueued(job, now).to_json(), queue]))

    @_wrapped
    def push(self, job: Job) -> None:
        """At the end of its queue, which Sidekiq learns of if it is new."""
        queue = str(job.fields["queue"])
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(self.key(QUEUES), queue)
            pipe.lpush(self._queue(queue), job.to_json())
            pipe.execute()
