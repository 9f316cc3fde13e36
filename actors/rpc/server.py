"""The server of one service: takes requests off its queue and hands each to an idle worker; replies when it is done.

Acknowledged after the run, not before: then what a dead process had in hand comes back, flagged as redelivered, and
its callers learn at once what an early acknowledgement would leave to their deadlines. A method that may run twice
runs again. Of any other one the server cannot know how far it came, so it is not run: the caller hears "it may have
run". The flag is raised by the broker for every second delivery, so this holds for each request at most once, whatever
died. The price is a request that was delivered but not begun when the process died: it is not run either. There are
few of them, since the consumer holds no more than the workers can run.

Runs in its own thread, which never waits. Not guaranteed: that a reply arrives; the caller has its deadline.
"""

import itertools
from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from actors.broker import (
    PUBLISHER,
    Ack,
    Confirmed,
    Deliveries,
    Delivery,
    Message,
    MessageRefused,
    NotConfirmed,
    Publish,
    Tag,
    settle,
)
from actors.rpc import wire
from actors.rpc.contract import may_run_twice
from actors.rpc.wire import Request
from actors.rpc.worker import Finished, Idle, Post, Run
from supervision import Actor, Down, MailboxFull, NoProc, Reason
from supervision.control.wire import error_document

DIED = "the server died over it"


@dataclass(frozen=True, slots=True)
class Job:
    """One request in hand. `deadline` is monotonic seconds; `again`: a worker died over it already."""

    consumer: str
    tag: Tag
    request: Request
    deadline: float
    again: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """To itself, behind all that the worker still told: it has ended."""

    worker: Post


class Server(Actor):
    """Subscriber of the request queue's consumer. `counts` outlive it."""

    mailbox_bound = 10_000

    def __init__(self, contract: ServiceDescriptor, max_skew_seconds: float, counts: Counter[str]) -> None:
        super().__init__()
        self.contract = contract
        self.max_skew_seconds = max_skew_seconds
        self.counts = counts
        self.waiting: deque[Job] = deque()
        self.idle: deque[Post] = deque()
        self.running: dict[int, tuple[Post, Job]] = {}
        self._refs = itertools.count(1)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Deliveries(consumer, deliveries):
                for delivery in deliveries:
                    self._admit(consumer, delivery)
            case Idle(worker):
                self.monitor(worker.path)
                self.idle.append(worker)
            case Finished():
                self._finished(message)
            case Down(path, incarnation):
                # A `Down` overtakes what the worker told before it; a note to oneself does not.
                self.actor_ref.tell(Gone(Post(path, incarnation)))
            case Gone(worker):
                self._worker_gone(worker)
            case NotConfirmed(MessageRefused() as error, Request() as request):
                self._publish(wire.error_message(request, error_document(error)))
            case Confirmed() | NotConfirmed():
                return None
            case _:
                return super().on_receive(message)
        self._dispatch()
        return None

    def wind_down(self, reason: Reason) -> None:
        """The workers have ended before us, in an ordered stop: what they finished is told."""
        for message, _ in self.take_queued(object, self.mailbox_bound):
            if isinstance(message, Finished):
                self._finished(message)

    # --- in ---------------------------------------------------------------------------------------------------------

    def _admit(self, consumer: str, delivery: Delivery) -> None:
        clock = self.context.system.clock
        request = wire.read_request(delivery.message, clock.time(), self.max_skew_seconds)
        deadline = clock.monotonic() + request.left_seconds
        job = Job(consumer, delivery.tag, request, deadline, delivery.redelivered)
        if request.left_seconds <= 0:
            self._end(job, "expired")
        elif delivery.redelivered and not self._may_run_again(job):
            self._end(job, "interrupted", wire.interrupted_message(request, DIED))
        else:
            self.waiting.append(job)

    def _may_run_again(self, job: Job) -> bool:
        method = self.contract.methods_by_name.get(job.request.method)
        return method is None or may_run_twice(method)

    def _dispatch(self) -> None:
        while self.waiting and self.idle:
            worker, job, ref = self.idle.popleft(), self.waiting.popleft(), next(self._refs)
            try:
                self.cast(worker.path, Run(ref, job.request, job.deadline))
            except (NoProc, MailboxFull):  # it has ended, and its `Down` is on the way
                self.waiting.appendleft(job)
            else:
                self.running[ref] = worker, job

    # --- out --------------------------------------------------------------------------------------------------------

    def _finished(self, finished: Finished) -> None:
        worker, job = self.running.get(finished.ref, (None, None))
        if job is None or worker != finished.worker:  # for a server before us, or it was given up meanwhile
            self.counts["too late"] += 1
            return
        del self.running[finished.ref]
        self._end(job, finished.outcome, finished.reply)
        self.idle.append(worker)

    def _worker_gone(self, worker: Post) -> None:
        """Once more for what may run twice; a request that kills two workers is to blame itself."""
        self.idle = deque(other for other in self.idle if other != worker)
        for ref in [ref for ref, (post, _) in self.running.items() if post == worker]:
            _, job = self.running.pop(ref)
            if not job.again and self._may_run_again(job):
                self.waiting.appendleft(replace(job, again=True))
            else:
                self._end(job, "interrupted", wire.interrupted_message(job.request, DIED))

    def _end(self, job: Job, outcome: str, reply: Message | None = None) -> None:
        self.counts[outcome] += 1
        self.check_fence()
        if reply is not None and job.request.reply_to:
            self._publish(reply, job.request)
        settle(self, job.consumer, Ack((job.tag,)))

    def _publish(self, reply: Message, request: Request | None = None) -> None:
        """A caller that is gone has no queue any more; that is counted by the broker and nobody's fault."""
        try:
            self.cast(PUBLISHER, Publish((reply,), mandatory=False, reply_to=self.context.path, ref=request))
        except (NoProc, MailboxFull) as error:
            self.dead_letter(reply, str(error))
