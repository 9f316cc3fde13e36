"""The actor between Sidekiq's queues and ours: jobs in, events durably in the broker, then out of Redis.

A job that cannot be decided (unknown class, missing variables, no rule) fails the way a Ruby worker's would: retry set
with Sidekiq's backoff, at last the dead set. Without Redis or the broker nothing is decided about any job: the actor
crashes, comes back after a while, and finds the jobs where it left them. Its own thread.
"""

import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from actors.broker import Broker
from apps.email import intake
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.intake import Accepted
from apps.email.sidekiq.config import Sidekiq
from apps.email.sidekiq.errors import JobMalformed
from apps.email.sidekiq.job import event_of, fail, new, parse
from apps.email.sidekiq.metrics import Counting
from apps.email.sidekiq.queues import Queues, Taken
from apps.email.templates import open_templates

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """Time to see what has come."""


@dataclass(frozen=True, slots=True)
class Push:
    """A job for a Ruby worker; the answer is its jid."""

    class_name: str
    args: tuple[Any, ...]
    queue: str = "default"


class Source(Counting):
    """Reads `email.sidekiq.queues`; also pushes."""

    def __init__(self, config: Email, sidekiq: Sidekiq, counts: Counter[str], prefix: str = "") -> None:
        super().__init__()
        self._config, self._sidekiq, self.counts, self._prefix = config, sidekiq, counts, prefix
        self._queues: Queues | None = None

    def on_start(self) -> None:
        sidekiq = self._sidekiq
        self._queues = Queues(sidekiq.url.get_secret_value(), sidekiq.name, sidekiq.queues, self._prefix)
        self.counts["recovered"] += self._queues.recover()
        self._templates = open_templates(self._config)
        self._broker = Broker(self.context.system)
        self.send_after(0.0, Look())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                found = self._look()
                self.send_after(0.0 if found == self._sidekiq.batch else self._sidekiq.poll_seconds, Look())
            case Push():
                return self._push(message)

    def terminate(self, reason: object) -> None:
        if self._queues is not None:
            self._queues.close()

    @property
    def _there(self) -> Queues:
        assert self._queues is not None
        return self._queues

    def _look(self) -> int:
        if self._sidekiq.retries:
            self._there.enqueue_due(self._now(), self._sidekiq.batch)
        taken = self._there.take(self._sidekiq.batch)
        accepted: list[Accepted] = []
        done: list[Taken] = []
        for one in taken:
            event = self._accept(one)
            if event is not None:
                accepted.append(event)
                done.append(one)
        if accepted:
            self.check_fence()
            intake.publish(self._broker, accepted)
            self._there.finish(done)
            self.counts["events"] += len(done)
        return len(taken)

    def _accept(self, taken: Taken) -> Accepted | None:
        """None when the job failed and is already where failed jobs go."""
        try:
            job = parse(taken.raw)
        except JobMalformed as error:
            logger.warning("a payload in the queue %s goes to the dead set: %s", taken.queue, error)
            self._there.bury(taken, self._now())
            self.counts["malformed"] += 1
            return None
        try:
            event = event_of(job, taken.queue, self._sidekiq.classes)
            return intake.accept([event], self._config, self._templates)[0]
        except EmailError as error:
            failed = fail(job, taken.queue, error, self._now(), secrets.randbelow(1000) / 1000)
            logger.warning("job %s goes to %s: %s: %s", job.jid, failed.fate.value, error.title, error)
            self._there.fail(taken, failed)
            self.counts[failed.fate.value] += 1
            return None

    def _push(self, push: Push) -> str:
        jid = secrets.token_hex(12)
        milliseconds = self._sidekiq.times == "milliseconds"
        job = new(push.class_name, list(push.args), push.queue, jid, self._now(), milliseconds=milliseconds)
        self._there.push(job)
        self.counts["pushed"] += 1
        return jid

    def _now(self) -> float:
        return self.context.system.clock.time()
