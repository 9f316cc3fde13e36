"""What the stages tell about their messages becomes settlements, in lists: one cast per chunk, not one per message.

Runs in the stage that finished the messages; it casts and never waits. A settlement goes to the consumer that
delivered, whose session it names: after a reconnect it is stale there, and counted. What must be written down first
(copies, deaths, quarantine) goes through the keeper, what must be published first through the retrier.
"""

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from actors.broker.message import Message as BrokerMessage
from actors.broker.message import Tag
from actors.broker.port import Ack, Nack, Reject, Settlement
from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.flow import Flow
from actors.pipeline.connector.messages import Blame, Closing, Republish, Ticket
from actors.pipeline.connector.origin import again
from actors.pipeline.connector.policy import MAX_REQUEUES, Aside, Back, DeadLetter, Done, Policy, reconfigured, step
from actors.pipeline.connector.quarantine.store import Held
from actors.pipeline.connector.retry import Again, Failure
from actors.pipeline.message import Crash, Message
from supervision.errors import MailboxFull, NoProc
from supervision.system import System

#: For how long a message is sent back when what it needs is not there.
POSTPONE_SECONDS = 2.0


class BrokerAcknowledger:
    """Of one incarnation of one producer; called from many threads at once.

    `ordered`: what nobody finished is left with the consumer, whose end gives back everything in its places.
    """

    def __init__(
        self, system: System, flow: Flow, counters: Counters, keeper: str | None, retrier: str, ordered: bool = False
    ) -> None:
        self._system = system
        self._flow = flow
        self._counters = counters
        self._keeper = keeper
        self._retrier = retrier
        self._ordered = ordered

    def ack(self, ref: Hashable, successful: Sequence[Message], failed: Sequence[Message], /) -> None:
        """Settle by each message's policies. Does not raise when somebody is gone: the queue delivers again."""
        sorting = Sorting(self._system.clock.time(), self._system.rng)
        for message in successful:
            sorting.add(message, _ticket(message).on_success, handled=True)
        for message in failed:
            sorting.add(message, _ticket(message).on_failure, handled=False)
        consumer = str(ref)
        self._send(sorting.closing(consumer))
        if sorting.again:
            messages = tuple(message for _, message in sorting.again)
            tags = tuple(ticket.delivery.tag for ticket, _ in sorting.again)
            keys = tuple(ticket.claim for ticket, _ in sorting.again if ticket.claim)
            trials = tuple(ticket.trial for ticket, _ in sorting.again if ticket.trial)
            closing = Closing(consumer, (Ack(tags),), released=keys, survived=trials)
            self._cast_or_postpone(self._retrier, Republish(messages, closing), consumer, tags)
        self._flow.closed(len(successful) + len(failed))

    def configure(self, ref: Hashable, data: Any, options: Mapping[str, Any], /) -> Ticket:
        """`on_success` and `on_failure` for one message. Raises WrongOption."""
        ticket: Ticket = data
        success, failure = reconfigured(ticket.on_success, ticket.on_failure, options)
        return replace(ticket, on_success=success, on_failure=failure)

    def requeue(self, ref: Hashable, messages: Sequence[Message], /) -> None:
        """Nobody finished them: back to their places in the queue."""
        tickets = [_ticket(message) for message in messages]
        self._give_back(str(ref), tickets)
        self._flow.closed(len(messages))

    def postpone(self, ref: Hashable, messages: Sequence[Message], delay_seconds: float, /) -> None:
        """Back to the queue, ready again no sooner than that; it counts as no attempt."""
        self._give_back(str(ref), [_ticket(message) for message in messages], delay_seconds)
        self._flow.closed(len(messages))

    def blame(self, ref: Hashable, messages: Sequence[Message], traceback: str, /) -> None:
        """A stage died with these in hand; before they are given back by `requeue`."""
        self._counters.add("deaths", len(messages))
        if self._keeper is None:
            return
        try:
            deliveries = tuple(_ticket(message).delivery for message in messages)
            self._system.address(self._keeper).cast(Blame(deliveries, traceback))
        except (NoProc, MailboxFull):
            return  # the broker's own count of deliveries still tells

    def _give_back(self, consumer: str, tickets: Sequence[Ticket], delay_seconds: float = 0.0) -> None:
        if self._ordered:
            return
        # Where nobody keeps a record of killers, the broker's count has to end their loop.
        may_end = self._keeper is None and not delay_seconds
        worn = [one for one in tickets if may_end and one.delivery.delivery_count >= MAX_REQUEUES]
        if worn:
            reject = Reject(tuple(one.delivery.tag for one in worn), f"given back {MAX_REQUEUES} times")
            settle(self._system, consumer, (reject,), self._counters)
            tickets = [one for one in tickets if one not in worn]
        tags = tuple(ticket.delivery.tag for ticket in tickets)
        keys = tuple(ticket.claim for ticket in tickets if ticket.claim)
        trials = tuple(ticket.trial for ticket in tickets if ticket.trial)
        self._send(Closing(consumer, (Nack(tags, delay_seconds=delay_seconds),), released=keys, closed_trials=trials))

    def _send(self, closing: Closing) -> None:
        if closing.writes and self._keeper is not None:
            self._cast_or_postpone(self._keeper, closing, closing.consumer, closing.tags())
            return
        if closing.held:  # nobody keeps a quarantine here: the dead letters are the next best place
            rejects = tuple(Reject((thing.delivery.tag,), thing.reason) for thing in closing.held)
            closing = replace(closing, settlements=(*closing.settlements, *rejects), held=())
        settle(self._system, closing.consumer, closing.settlements, self._counters)

    def _cast_or_postpone(self, path: str, message: Any, consumer: str, tags: tuple[Tag, ...]) -> None:
        try:
            self._system.address(path).cast(message)
        except (NoProc, MailboxFull):
            self._counters.add("postponed", len(tags))
            settle(self._system, consumer, (Nack(tags, delay_seconds=POSTPONE_SECONDS),), self._counters)


class Sorting:
    """One flush, sorted by what is to be done."""

    def __init__(self, now: float, rng: random.Random) -> None:
        self._now = now
        self._rng = rng
        self._acks: list[Tag] = []
        self._backs: list[Tag] = []
        self._rejects: dict[str, list[Tag]] = {}
        self._done: list[str] = []
        self._released: list[str] = []
        self._survived: list[str] = []
        self._held: list[Held] = []
        self.again: list[tuple[Ticket, BrokerMessage]] = []

    def add(self, message: Message, policy: Policy, *, handled: bool) -> None:
        """Decide about one message."""
        ticket = _ticket(message)
        if handled and policy == "ack":
            self._acks.append(ticket.delivery.tag)
            self._note(ticket, handled=True)
            return
        failure = failure_of(message)
        tag = ticket.delivery.tag
        match step(policy, ticket.delivery, failure, self._now, self._rng):
            case Again(delay, headers):
                self.again.append((ticket, again(ticket.delivery, delay, headers)))
                return
            case Done():
                self._acks.append(tag)
            case Back():
                self._backs.append(tag)
                handled = False
            case DeadLetter(reason):
                self._rejects.setdefault(reason, []).append(tag)
                handled = False
            case Aside(reason):
                self._held.append(Held(ticket.delivery, reason, failure.traceback))
                handled = False
        self._note(ticket, handled=handled)

    def closing(self, consumer: str) -> Closing:
        """All that needs no publishing."""
        settlements: list[Settlement] = [Ack(tuple(self._acks))] if self._acks else []
        if self._backs:
            settlements.append(Nack(tuple(self._backs)))
        settlements += [Reject(tuple(tags), reason) for reason, tags in self._rejects.items()]
        return Closing(
            consumer,
            tuple(settlements),
            done=tuple(self._done),
            released=tuple(self._released),
            survived=tuple(self._survived),
            held=tuple(self._held),
        )

    def _note(self, ticket: Ticket, *, handled: bool) -> None:
        if ticket.claim:
            (self._done if handled else self._released).append(ticket.claim)
        if ticket.trial:
            self._survived.append(ticket.trial)


def failure_of(message: Message) -> Failure:
    """Why a message failed, in the retry policy's words."""
    status = message.status
    if isinstance(status, Crash):
        return Failure(type(status.error).__name__, str(status.error), status.error, status.stack)
    reason = getattr(status, "reason", "handled")
    if isinstance(reason, BaseException):
        return Failure(type(reason).__name__, str(reason), reason)
    return Failure("failed", str(reason))


def settle(system: System, consumer: str, settlements: Sequence[Settlement], counters: Counters) -> None:
    """Cast them to the consumer; if it is gone, its queue delivers those messages again."""
    for settlement in settlements:
        if not settlement.tags:
            continue
        count = len(settlement.tags)
        try:
            system.address(consumer).cast(settlement)
        except (NoProc, MailboxFull):
            counters.add("untold", count)
        else:
            counters.add(COUNTED[type(settlement)], count)


COUNTED: Mapping[type[Settlement], str] = {Ack: "acked", Nack: "requeued", Reject: "rejected"}


def _ticket(message: Message) -> Ticket:
    ticket: Ticket = message.acknowledger[2]
    return ticket
