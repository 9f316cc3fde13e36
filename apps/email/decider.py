"""The decider: events from the durable queue, the rules applied, one job per person into the lane of its class.

A pipeline: `decide` in a processor, then the jobs of a batch published and confirmed at once, then the events are
acknowledged. Whatever is killed before that decides its events again; the jobs come out the same, with the same keys,
and the ledger finds the second ones out. An event of a type without a rule is for other services: it is counted and
acknowledged. One to an audience starts a send. All that were decided are kept for a while, to try other rules on them.
One that cannot be decided goes to the dead letters with the reason. While the database or the broker is away the
pipeline stands still; what fails all the same is tried again later, for as long as that lasts.

There are two such pipelines: one for every event, one for those that set off a transactional mail. Those reach both
queues; the first leaves to the second what is marked as lying there too, and what is not marked is decided twice, which
the ledger notices. So nothing is left undecided when rules or bindings change while events wait. One that is not marked
and cannot be decided is left to the pipeline for every event, which surely has it: one event, one dead letter.

Rules count from the commit of their change: what is fetched from a queue after it, in whichever process, is decided by
them.

The handler is called in the threads of the stages: deciding in the one processor, publishing in the batch processors.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from actors.broker import Broker, MessageRefused, Unroutable
from actors.broker import Message as BrokerMessage
from actors.database import Database
from actors.errors import Unavailable
from actors.pipeline import BatchInfo, Crash, Handler, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource, Retry, delays
from actors.pipeline.connector import Rule as RetryRule
from apps.email.campaign.ordering import order_of
from apps.email.campaign.sends import start_send
from apps.email.cloudevents import Event, from_json
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.jobs import Job
from apps.email.precedence import precedence_of
from apps.email.queues import DECIDING, EVENTS, LANE, LANES, transactional_types
from apps.email.rulebook import events
from apps.email.rulebook.book import BadRule, Book
from apps.email.rules import Decided, Refused, decide
from apps.email.templates import open_templates
from apps.people.audience.store import NoSuchAudience
from supervision import ChildSpec, System
from supervision.config import Settings

#: What passes by itself. An event that meets it is tried again without end; any other failure is the event's own.
PASSING = (Unavailable, Unroutable, BadRule)
AGAIN = Retry(attempts=1, rules=(RetryRule(PASSING, attempts=1_000_000_000, backoff=delays(0.5, 30.0)),))
#: The pipeline's layers may crash so often, in so many seconds, before it starts anew as a whole.
INTENSITY, PERIOD_SECONDS = 20, 10.0
#: Events that are decided, and whose jobs are published, at once.
BATCH = 100
#: Nothing a rule can do ends a stage: an event that was present at fewer deaths is rather a victim than the cause.
DEATHS = 20
NEEDS = ("/broker/publisher", "/database/pool")
#: Jobs of an event to many people are published in lists of so many: between two of them others get their turn.
LIST = 500
WITHOUT_RULE, DECIDED, REJECTED, LEFT = "without a rule", "decided", "rejected", "left to the other pipeline"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An event, when it was received (in seconds since the epoch), and what it sets off."""

    event: Event
    at: float
    decided: Decided


class Deciding(Handler):
    """What the stages do for one of the two queues. `counts` of events by what became of them: any thread."""

    def __init__(self, config: Email, queue: str = DECIDING) -> None:
        self.config = config
        self.bulk = queue == DECIDING
        self.first_types = frozenset(transactional_types(config))
        self.counts: Counter[str] = Counter()

    def begin(self, system: System) -> None:
        """What cannot travel into a node is made there."""
        self.broker = Broker(system)
        self.database = Database(system, bulk=self.bulk)
        self.clock = system.clock
        self.precedence = precedence_of(system)
        self.book = Book(self.config, self.database)
        self.today = self.config
        self.templates = open_templates(self.config)
        self._lock = threading.Lock()

    def prepare_messages(self, messages: list[Message], context: Any) -> Sequence[Message]:
        """The rules of now. Raises what is in `PASSING`."""
        self.today = self.book.today()
        return messages

    def handle_message(self, message: Message, context: Any) -> Message:
        """What the event sets off instead of its bytes. Raises what is in `PASSING`."""
        if self._is_the_others(message):
            return message.put_data(None)
        with self.precedence.turn(bulk=self.bulk):
            return self._handle(message)

    def _handle(self, message: Message) -> Message:
        try:
            verdict = self._decide(message)
        except EmailError as error:
            return self._refuse(message, f"{error.field}: {error}" if error.field else str(error))
        self._count(WITHOUT_RULE if verdict is None else DECIDED)
        # What came together leaves together and at once: nobody waits until a batch is full.
        return message.put_data(verdict).put_batch_mode("flush")

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        """Raises what is in `PASSING`."""
        with self.precedence.turn(bulk=self.bulk):
            return self._carry_out(messages)

    def _carry_out(self, messages: list[Message]) -> Sequence[Message]:
        verdicts = [message.data for message in messages if message.data is not None]
        self._keep([(verdict.event, verdict.at) for verdict in verdicts])
        try:
            self._publish([message_of(job) for verdict in verdicts for job in verdict.decided.jobs])
        except MessageRefused as error:
            if len(messages) == 1:
                return [self._refuse(messages[0], error)]
            # Nothing was stored, because of one of them: alone, each is answered for itself.
            return [one for message in messages for one in self._carry_out([message])]
        return [self._start_sends(message) for message in messages]

    def handle_failed(self, messages: list[Message], context: Any) -> Sequence[Message]:
        self._count(REJECTED, sum(1 for message in messages if not _passes(message)))
        return messages

    def _is_the_others(self, message: Message) -> bool:
        """Whether the other pipeline decides this event: a mark is kept to by both, whatever the rules say by now."""
        if message.metadata["exchange"] != EVENTS:
            return False
        marked = LANE in message.metadata["headers"]
        if self.bulk:
            return marked
        return not marked and message.metadata["routing_key"] not in self.first_types

    def _refuse(self, message: Message, why: object) -> Message:
        """To the dead letters; unless the other pipeline, which reads all that goes through the exchange, does that."""
        if self.bulk or message.metadata["exchange"] != EVENTS or LANE in message.metadata["headers"]:
            return message.failed(why)
        self._count(LEFT)
        return message.put_data(None)

    def _decide(self, message: Message) -> Verdict | None:
        """None for what is for other services: its body may have a form that only those can read."""
        config = self.today
        if message.metadata["exchange"] == EVENTS and not config.rules_for(message.metadata["routing_key"]):
            return None
        event = from_json(message.data)
        decision = decide(event, config, self.templates, message.metadata["timestamp"])
        if isinstance(decision, Refused):
            raise decision.error
        return Verdict(event, events.received_at(message.metadata["timestamp"], self.clock.time()), decision)

    def _keep(self, decided: Sequence[tuple[Event, float]]) -> None:
        if decided:
            with self.database.begin() as conn:
                events.keep(conn, decided)

    def _start_sends(self, message: Message) -> Message:
        """The same event starts the same send; an audience that nobody stored is the event's failure."""
        if message.data is None or not message.data.decided.sends:
            return message
        event, now = message.data.event, datetime.fromtimestamp(self.clock.time(), UTC)
        try:
            with self.database.begin() as conn:
                for name, rule in message.data.decided.sends.items():
                    called, whom = f"{name} {event.id}"[:200], str(rule.audience)
                    order = order_of(conn, called, name, rule, event, whom, self.clock.time())
                    start_send(conn, order, now, self.config.campaign.chunk_size)
        except NoSuchAudience as error:
            return self._refuse(message, f"rule {name}: {error}")
        return message

    def _publish(self, jobs: Sequence[BrokerMessage]) -> None:
        for start in range(0, len(jobs), LIST):
            self.broker.publish(jobs[start : start + LIST])

    def _count(self, outcome: str, events: int = 1) -> None:
        with self._lock:
            self.counts[outcome] += events


def deciding(settings: Settings, id: str = "deciding", queue: str = DECIDING, **child: Any) -> ChildSpec:
    """One of the two pipelines, a child of the app's supervisor; `child` overrides fields of its spec."""
    properties = ("timestamp", "exchange", "routing_key", "headers")
    options = BrokerOptions(queue, on_failure=AGAIN, metadata=properties, deaths=DEATHS)
    return pipeline_spec(
        id,
        handler=Deciding(settings.section("email"), queue),
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
