"""The actor between Sidekiq's queues and ours: jobs in, events durably in the broker, then out of Redis.

A job that cannot be decided (unknown class, missing variables, no rule) fails the way a Ruby worker's would: retry set
with Sidekiq's backoff, at last the dead set. Without Redis or the broker nothing is decided about any job: they go
back into their queues, and the actor looks again after a while. Its own thread.
"""

import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from actors.broker import Broker
from actors.errors import Unavailable
from apps.email import intake
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.intake import Accepted
from apps.email.sidekiq.config import Sidekiq
from apps.email.sidekiq.errors import JobMalformed
from apps.email.sidekiq.job import event_of, fail, parse
from apps.email.sidekiq.metrics import Counting
from apps.email.sidekiq.queues import Queues, Taken
from apps.email.templates import open_templates

logger = logging.getLogger(__name__)

#: Pause while Redis or the broker is away.
RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """Time to see what has come."""


class Source(Counting):
    """Reads `email.sidekiq.queues`."""

    def __init__(self, config: Email, sidekiq: Sidekiq, counts: Counter[str], prefix: str = "") -> None:
        super().__init__()
        self._config, self._sidekiq, self.counts, self._prefix = config, sidekiq, counts, prefix
        self._queues: Queues | None = None
        self._unsure = True  # whether jobs of ours may lie where they were taken to

    def on_start(self) -> None:
        sidekiq = self._sidekiq
        self._queues = Queues(
            sidekiq.url.get_secret_value(), sidekiq.name, sidekiq.queues, self._prefix, self.context.system.base
        )
        self._templates = open_templates(self._config)
        self._broker = Broker(self.context.system)
        self.send_after(0.0, Look())

    def on_receive(self, message: Any) -> None:
        pause = self._sidekiq.poll_seconds
        try:
            if self._look() == self._sidekiq.batch:
                pause = 0.0
        except Unavailable as error:
            logger.warning("jobs wait in Redis: %s", error)
            self.counts["unavailable"] += 1
            self._unsure, pause = True, max(pause, RETRY_SECONDS)
        self.send_after(pause, Look())

    def terminate(self, reason: object) -> None:
        if self._queues is not None:
            self._queues.close()

    @property
    def _there(self) -> Queues:
        assert self._queues is not None
        return self._queues

    def _look(self) -> int:
        self.counts["recovered"] += self._there.show_life()
        if self._unsure:
            self.counts["recovered"] += self._there.recover()
            self._unsure = False
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

    def _now(self) -> float:
        return self.context.system.clock.time()
