"""The decider: events from the durable queue, the rules applied, one job per person into the lane of its class.

A pipeline: `decide` in a processor, then the jobs of a batch published and confirmed at once, then the events are
acknowledged. Whatever is killed before that decides its events again; the jobs come out the same, with the same keys,
and the ledger finds the second ones out. An event of a type without a rule is for other services: it is counted and
acknowledged. One that cannot be decided goes to the dead letters with the reason. While the database or the broker is
away the pipeline stands still; what fails all the same is tried again later, for as long as that lasts.

The handler is called in the threads of the stages: deciding in the one processor, publishing in the batch processors.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from actors.broker import Broker, MessageRefused, Unroutable
from actors.broker import Message as BrokerMessage
from actors.errors import Unavailable
from actors.pipeline import BatchInfo, Crash, Handler, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource, Retry, delays
from actors.pipeline.connector import Rule as RetryRule
from apps.email.cloudevents import from_json
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.jobs import Job
from apps.email.queues import DECIDING, EVENTS, LANES
from apps.email.rules import Refused, decide
from apps.email.templates import open_templates
from supervision import ChildSpec, System
from supervision.config import Settings

#: What passes by itself. An event that meets it is tried again without end; any other failure is the event's own.
PASSING = (Unavailable, Unroutable)
AGAIN = Retry(attempts=1, rules=(RetryRule(PASSING, attempts=1_000_000_000, backoff=delays(0.5, 30.0)),))
#: The pipeline's layers may crash so often, in so many seconds, before it starts anew as a whole.
INTENSITY, PERIOD_SECONDS = 20, 10.0
#: Events that are decided, and whose jobs are published, at once.
BATCH = 100
#: Nothing a rule can do ends a stage: an event that was present at fewer deaths is rather a victim than the cause.
DEATHS = 20
NEEDS = ("/broker/publisher", "/database/pool")
WITHOUT_RULE, DECIDED, REJECTED = "without a rule", "decided", "rejected"


class Deciding(Handler):
    """What the stages do. `counts` of events by what became of them may be read by any thread."""

    def __init__(self, config: Email) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()

    def begin(self, system: System) -> None:
        """What cannot travel into a node is made there."""
        self.broker = Broker(system)
        self.templates = open_templates(self.config)
        self._lock = threading.Lock()

    def handle_message(self, message: Message, context: Any) -> Message:
        """The event's jobs instead of its bytes."""
        try:
            jobs = self._decide(message)
        except EmailError as error:
            return message.failed(f"{error.field}: {error}" if error.field else str(error))
        self._count(WITHOUT_RULE if jobs is None else DECIDED)
        # What came together leaves together and at once: nobody waits until a batch is full.
        return message.put_data(jobs or ()).put_batch_mode("flush")

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        """Raises what is in `PASSING`."""
        jobs = [message_of(job) for message in messages for job in message.data]
        try:
            self._publish(jobs)
        except MessageRefused as error:
            if len(messages) == 1:
                return [messages[0].failed(error)]
            # Nothing was stored, because of one of them: alone, each is answered for itself.
            return [one for message in messages for one in self.handle_batch(batcher, [message], info, context)]
        return messages

    def handle_failed(self, messages: list[Message], context: Any) -> Sequence[Message]:
        self._count(REJECTED, sum(1 for message in messages if not _passes(message)))
        return messages

    def _decide(self, message: Message) -> tuple[Job, ...] | None:
        """None for what is for other services: its body may have a form that only those can read."""
        if message.metadata["exchange"] == EVENTS and message.metadata["routing_key"] not in self.config.rules:
            return None
        decision = decide(from_json(message.data), self.config, self.templates)
        if isinstance(decision, Refused):
            raise decision.error
        return decision.jobs

    def _publish(self, jobs: Sequence[BrokerMessage]) -> None:
        if jobs:
            self.broker.publish(jobs)

    def _count(self, outcome: str, events: int = 1) -> None:
        with self._lock:
            self.counts[outcome] += events


def deciding(settings: Settings, **child: Any) -> ChildSpec:
    """The pipeline, the child `deciding` of the app's supervisor; `child` overrides fields of its spec."""
    options = BrokerOptions(
        DECIDING, on_failure=AGAIN, metadata=("timestamp", "exchange", "routing_key"), deaths=DEATHS
    )
    return pipeline_spec(
        "deciding",
        handler=Deciding(settings.section("email")),
        producer={"actor": BrokerProducer, "args": (BrokerSource(settings, options),)},
        # Deciding is pure work, which a second thread would not make faster; publishing is waiting.
        processors={"concurrency": 1, "max_demand": BATCH},
        batchers={"default": {"concurrency": 2, "batch_size": BATCH}},
        needs=NEEDS,
        max_restarts=INTENSITY,
        max_seconds=PERIOD_SECONDS,
        child=child,
    )


def message_of(job: Job) -> BrokerMessage:
    """The job as it travels to the dispatcher of its lane."""
    return BrokerMessage(
        body=job.to_json(),
        routing_key=LANES[job.mail_class],
        content_type="application/json",
        message_id=job.key,
    )


def _passes(message: Message) -> bool:
    return isinstance(message.status, Crash) and isinstance(message.status.error, PASSING)
