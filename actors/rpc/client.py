"""The client actor: all calls of this process to other services, any number at a time, over one reply queue.

Runs in its own thread and waits for nothing: requests leave through the publisher, replies come from the consumer of
the reply queue, deadlines are timers. A reply that comes too late, or to a caller who is gone, is dropped and counted.
A reply lost with a broken connection shows as `TimedOut`, at its deadline.
"""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message as Body

from actors.broker import PUBLISHER, Ack, Confirmed, Deliveries, Delivery, Message, NotConfirmed, Publish, settle
from actors.broker.consumer import Consumer
from actors.errors import Unavailable, Unroutable
from actors.rpc import wire
from actors.rpc.errors import NobodyThere, TimedOut
from supervision import Actor, MailboxFull, NoProc, Reason, Reply, RookeryError, Timer

#: The path of the client in every process's tree, and of the consumer of its replies.
CLIENT, REPLIES = "/rpc/client", "/rpc/replies"
#: How many calls share one publish at most.
GROUP = 500


@dataclass(frozen=True, slots=True)
class Call:
    """Ask `service` (or one instance of it, `service.instance`) to run `method`; wait `timeout_seconds` at most.

    By `call` the answer is the reply, or one of the errors. By `cast` an `Answer` or `NoAnswer` goes to `reply_to`.

    Raises (in a `call`): NobodyThere, TimedOut, RemoteError, Unavailable when this process has no broker.
    """

    service: str
    method: str
    request: Body
    timeout_seconds: float = 5.0
    reply_to: str | None = None
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to the `Call` with this `ref`."""

    reply: Any
    ref: Any = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The `Call` with this `ref` ended without a reply; see there for the errors."""

    error: Exception
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Expired:
    """To itself: the deadline of a call."""

    correlation_id: str


@dataclass(slots=True)
class Pending:
    """A call that awaits its reply."""

    call: Call
    answer: Reply
    timer: Timer


class Client(Actor):
    """Takes `Call`; the subscriber of its process's reply queue. `counts` outlive it."""

    mailbox_bound = 10_000

    def __init__(self, max_timeout_seconds: float, counts: Counter[str]) -> None:
        super().__init__()
        self.max_timeout_seconds = max_timeout_seconds
        self.counts = counts
        self.pending: dict[str, Pending] = {}

    def on_receive(self, message: Any) -> Any:
        match message:
            case Call():
                self._send([(message, self.take_reply()), *self.take_queued(Call, GROUP - 1)])
            case Deliveries(consumer, deliveries):
                for delivery in deliveries:
                    self._replied(delivery)
                settle(self, consumer, Ack(tuple(delivery.tag for delivery in deliveries)))
            case Expired(correlation_id):
                self._expired(correlation_id)
            case Confirmed():
                pass
            case NotConfirmed(error, ids):
                self._not_sent(error, ids)
            case _:
                return super().on_receive(message)
        return None

    def terminate(self, reason: Reason) -> None:
        """Nobody would be left to tell the callers."""
        for pending in self.pending.values():
            pending.timer.cancel()
            self._end(pending.call, pending.answer, TimedOut(f"{self.context.path} ended; it may have run"))

    # --- out --------------------------------------------------------------------------------------------------------

    def _send(self, group: Iterable[tuple[Call, Reply]]) -> None:
        reply_to = self._reply_queue()
        messages = []
        for call, answer in group:
            if reply_to is None:
                self._end(call, answer, Unavailable("the reply queue", REPLIES, "its consumer does not run"))
                continue
            correlation_id = uuid.uuid4().hex
            messages.append(self._message(call, reply_to, correlation_id))
            timer = self.send_after(self._seconds(call), Expired(correlation_id))
            self.pending[correlation_id] = Pending(call, answer, timer)
        if messages:
            self._publish(tuple(messages))

    def _message(self, call: Call, reply_to: str, correlation_id: str) -> Message:
        now = self.context.system.clock.time()
        seconds = self._seconds(call)
        return wire.request_message(call.service, call.method, call.request, reply_to, correlation_id, now, seconds)

    def _seconds(self, call: Call) -> float:
        return max(0.0, min(call.timeout_seconds, self.max_timeout_seconds))

    def _publish(self, messages: tuple[Message, ...]) -> None:
        ids = tuple(message.correlation_id for message in messages)
        try:
            self.cast(PUBLISHER, Publish(messages, reply_to=self.context.path, ref=ids))
        except (NoProc, MailboxFull) as error:
            self._not_sent(Unavailable("the broker", PUBLISHER, str(error)), ids)

    def _reply_queue(self) -> str | None:
        """It has another name in each life of its consumer; while that runs, the queue is there."""
        consumer = self.context.system.registry.running(REPLIES)
        return consumer.queue if isinstance(consumer, Consumer) else None

    # --- back -------------------------------------------------------------------------------------------------------

    def _replied(self, delivery: Delivery) -> None:
        pending = self._take(delivery.message.correlation_id)
        if pending is None:
            self.counts["late"] += 1
            return
        try:
            reply = wire.read_reply(delivery.message)
        except RookeryError as error:
            self._end(pending.call, pending.answer, error)
        else:
            self.counts["replied"] += 1
            pending.answer.set(reply)
            self._tell(pending.call, Answer(reply, pending.call.ref))

    def _expired(self, correlation_id: str) -> None:
        pending = self._take(correlation_id)
        if pending is not None:
            call = pending.call
            what = f"{call.service} {call.method}: no reply within {self._seconds(call):g} s"
            self._end(call, pending.answer, TimedOut(f"{what}; it may have run"))

    def _not_sent(self, error: Exception, ids: tuple[str, ...]) -> None:
        """An unroutable list is stored but for those it names; after any other error nothing is known to be stored."""
        named = {one.correlation_id for one in error.messages} if isinstance(error, Unroutable) else set(ids)
        for correlation_id in named:
            pending = self._take(correlation_id)
            if pending is not None:
                self._end(pending.call, pending.answer, _why_not(pending.call, error))

    def _take(self, correlation_id: str) -> Pending | None:
        pending = self.pending.pop(correlation_id, None)
        if pending is not None:
            pending.timer.cancel()
        return pending

    def _end(self, call: Call, answer: Reply, error: Exception) -> None:
        self.counts[type(error).__name__] += 1
        answer.fail(error)
        self._tell(call, NoAnswer(error, call.ref))

    def _tell(self, call: Call, outcome: Answer | NoAnswer) -> None:
        if call.reply_to is None:
            return
        try:
            self.cast(call.reply_to, outcome)
        except (NoProc, MailboxFull) as error:
            self.dead_letter(outcome, str(error))


def _why_not(call: Call, error: Exception) -> Exception:
    if isinstance(error, Unroutable):
        return NobodyThere(f"no process serves {call.service}; {call.method} was not run")
    if isinstance(error, Unavailable):
        return TimedOut(f"{call.service} {call.method}: {error}; it may have run") if error.may_have_happened else error
    return error
