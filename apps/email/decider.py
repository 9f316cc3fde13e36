"""The decider: takes events from the durable queue, applies the rules, and puts one job per person into its lane.

Runs in its own thread. It acknowledges an event only after the broker confirmed its jobs, so a crash in between decides
the event again; the jobs come out the same, with the same keys, and the ledger finds the second ones out. An event of a
type without a rule is for other services: it is counted and acknowledged. One whose rule cannot be applied goes to the
dead letters with the reason.
"""

import itertools
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

from actors.broker import (
    PUBLISHER,
    Ack,
    Confirmed,
    Deliveries,
    Delivery,
    Message,
    Nack,
    NotConfirmed,
    Publish,
    Reject,
    Settlement,
    Tag,
    settle,
)
from apps.email.cloudevents import from_json
from apps.email.config import Email
from apps.email.errors import EmailError, UnknownEventType
from apps.email.jobs import Job
from apps.email.queues import EVENTS, LANES
from apps.email.rules import Refused, decide
from apps.email.templates import open_templates
from supervision import Actor, Down, MailboxFull, NoProc

logger = logging.getLogger(__name__)

#: Seconds until events whose jobs were not confirmed are decided again.
AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class PublisherGone:
    """To itself, behind every confirmation the publisher still sent: what is open now stays open."""


class Decider(Actor):
    """Subscriber of the consumer of `email.events`."""

    def __init__(self, config: Email, counts: Counter[str] | None = None) -> None:
        """`counts` of events by what became of them outlive it."""
        super().__init__()
        self.config = config
        self.counts: Counter[str] = Counter() if counts is None else counts
        self.templates = open_templates(config)
        self._refs = itertools.count(1)
        self._open: dict[int, tuple[str, tuple[Tag, ...]]] = {}
        self._watching = False

    def on_receive(self, message: Any) -> Any:
        match message:
            case Deliveries(consumer, deliveries):
                self._decide_all(consumer, deliveries)
            case Confirmed(_, ref):
                self._settle(ref, lambda tags: Ack(tags))
            case NotConfirmed(error, ref):
                logger.warning("the broker did not take the jobs of some events: %s", error)
                self._settle(ref, lambda tags: Nack(tags, delay_seconds=AGAIN_SECONDS))
            case Down(path=path) if path == PUBLISHER:
                # A `Down` overtakes the confirmations sent before it; a note to oneself does not.
                self.send_after(0, PublisherGone())
            case PublisherGone():
                self._watching = False
                for ref in list(self._open):
                    self._settle(ref, lambda tags: Nack(tags, delay_seconds=AGAIN_SECONDS))
            case _:
                return super().on_receive(message)
        return None

    def _decide_all(self, consumer: str, deliveries: tuple[Delivery, ...]) -> None:
        messages: list[Message] = []
        tags: list[Tag] = []
        foreign: list[Tag] = []
        for delivery in deliveries:
            try:
                jobs = self._decide(delivery.message)
            except UnknownEventType:
                foreign.append(delivery.tag)
            except EmailError as error:
                field = f"{error.field}: " if error.field else ""
                self._reject(consumer, delivery, f"{field}{error}")
            except Exception as error:
                # One event must not stop the others; with its reason it can be looked at and replayed.
                logger.exception("an event could not be decided")
                self._reject(consumer, delivery, f"{type(error).__name__}: {error}")
            else:
                messages.extend(map(message_of, jobs))
                tags.append(delivery.tag)
        self.counts["without a rule"] += len(foreign)
        self.counts["decided"] += len(tags)
        if foreign:
            self._tell(consumer, Ack(tuple(foreign)))
        if tags:
            self._publish(consumer, tuple(tags), tuple(messages))

    def _reject(self, consumer: str, delivery: Delivery, reason: str) -> None:
        self.counts["rejected"] += 1
        self._tell(consumer, Reject((delivery.tag,), reason))

    def _decide(self, message: Message) -> tuple[Job, ...]:
        if message.exchange == EVENTS and message.routing_key not in self.config.rules:
            # Its body may be in a form that only those who know the type can read.
            raise UnknownEventType(f"no rule for events of type {message.routing_key!r}", field="type")
        decision = decide(from_json(message.body), self.config, self.templates)
        if isinstance(decision, Refused):
            raise decision.error
        return decision.jobs

    def _publish(self, consumer: str, tags: tuple[Tag, ...], messages: tuple[Message, ...]) -> None:
        ref = next(self._refs)
        self._open[ref] = consumer, tags
        try:
            self.cast(PUBLISHER, Publish(messages, reply_to=self.context.path, ref=ref))
        except (NoProc, MailboxFull):
            self._settle(ref, lambda tags: Nack(tags, delay_seconds=AGAIN_SECONDS))
            return
        if not self._watching:
            self._watching = True
            self.monitor(PUBLISHER)

    def _settle(self, ref: int, settlement: Any) -> None:
        if ref in self._open:
            consumer, tags = self._open.pop(ref)
            self._tell(consumer, settlement(tags))

    def _tell(self, consumer: str, settlement: Settlement) -> None:
        if not settle(self, consumer, settlement):
            self.dead_letter(settlement, "the consumer has ended")


def message_of(job: Job) -> Message:
    """The job as it travels to the dispatcher of its lane."""
    return Message(
        body=job.to_json(),
        routing_key=LANES[job.mail_class],
        content_type="application/json",
        message_id=job.key,
    )
