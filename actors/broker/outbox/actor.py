"""The outbox: in the publisher's place, with the real publisher, here called the forwarder, behind it.

While the forwarder works and nothing waits, a `Publish` passes through. Otherwise it is stored in the file, on the disk
before it is confirmed, and what is stored goes to the broker in its order before anything newer. A publish that was on
its way when the forwarder ended is stored too, so its sender hears of a broken broker only when the file is full.

What is not persistent does not wait: a request whose caller has long given up is of no use to anybody.

Runs in its own thread. Not guaranteed: that a message arrives once: one whose confirmation was lost is sent again; that
a stored message reaches a queue, because only the broker knows: one that does not is counted there as unroutable.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.message import Delivery
from actors.broker.outbox.envelope import enclosed, opened, size
from actors.broker.outbox.store import Store
from actors.broker.port import Confirmed, NotConfirmed, Publish
from actors.broker.publisher import GROUP, Listen, Publisher, Waiter
from actors.errors import MessageRefused, Unavailable
from supervision.actor import Reply
from supervision.errors import MailboxFull, NoProc, Refusal
from supervision.messages import Down
from supervision.reasons import Reason
from supervision.tree import State

#: Where the publisher itself runs when an outbox stands in its place.
FORWARDER = "/broker/forwarder"
#: How often it is looked for while it is away, and how soon what waits is tried.
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """To itself: is the forwarder back, is there something to forward?"""


class Outbox(Publisher):
    """Answers `Publish` like the publisher, and also while the broker is away."""

    engine: EmbeddedEngine

    def __init__(self, engine: EmbeddedEngine, max_bytes: int) -> None:
        super().__init__(engine)
        self.max_bytes = max_bytes
        self.stored = 0
        self._number = 0
        #: Passed through and not yet answered, in order.
        self._passing: dict[int, Waiter] = {}
        #: Taken from the file, in order; the first list is on its way when `_sent` is its number.
        self._lists: deque[list[Delivery]] = deque()
        self._sent: int | None = None
        #: The incarnation of the forwarder that is in use, and the last one that failed.
        self._serving = 0
        self._failed = 0

    def on_start(self) -> None:
        self.store = Store(self.engine, self.context.path, self.context.system.clock)
        self.on_break(self.store.interrupt)
        self.store.open()
        self.channel = self.store.adding
        self.stored = self.store.depth()
        self._look()

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self._look()
            case Confirmed(count, number):
                self._confirmed(count, number)
            case NotConfirmed(error, number):
                self._not_confirmed(error, number)
            case Down(incarnation=incarnation) if incarnation == self._serving:
                self._lost()
            case Down():
                pass
            case Listen():
                with suppress(NoProc, MailboxFull):  # a consumer repeats it
                    self.cast(FORWARDER, message)
            case _:
                super().on_receive(message)

    def inspect(self) -> Any:
        return {"stored": self.stored, "passing": len(self._passing), "forwarder_in_use": self._serving > 0}

    def terminate(self, reason: Reason) -> None:
        error = Unavailable("the broker", self.context.path, "the outbox ended", may_have_happened=True)
        for publish, reply in self._passing.values():
            self._fail(publish, reply, error)
        self.store.close()

    # --- passing through ----------------------------------------------------------------------------------------------

    def _publish(self, group: Sequence[Waiter]) -> None:
        for waiter in filter(_is_transient, group):
            self._pass_now(waiter)
        group = [waiter for waiter in group if not _is_transient(waiter)]
        while group and not self.stored and (self._serving or self._forwarder_works()):
            self._number += 1
            self._passing[self._number] = group[0]
            group = group[1:]
            sent = replace(self._passing[self._number][0], reply_to=self.context.path, ref=self._number)
            try:
                self.cast(FORWARDER, sent)
            except NoProc:
                self._lost()
            except MailboxFull:  # it works, but behind: this one and what follows wait in the file for their turn
                self._store([self._passing.pop(self._number)])
        self._store(group)

    def _pass_now(self, waiter: Waiter) -> None:
        """Whatever waits in the file; refused if that cannot be."""
        publish, reply = waiter
        try:
            if not self._forwarder_works():
                raise self.context.system.noproc(FORWARDER)
            self.cast(FORWARDER, replace(publish, reply_to=self.context.path, ref=self._number + 1))
        except (NoProc, MailboxFull) as error:
            self._fail(publish, reply, Unavailable("the broker", self.context.path, str(error)))
        else:
            self._number += 1
            self._passing[self._number] = waiter

    def _confirmed(self, count: int, number: int) -> None:
        waiter = self._passing.pop(number, None)
        if waiter is not None:
            publish, reply = waiter
            self._answer(publish, reply, Confirmed(count, publish.ref))
        elif number == self._sent:
            self._forwarded()

    def _not_confirmed(self, error: Exception, number: int) -> None:
        if number not in self._passing and number != self._sent:
            return  # from a forwarder that was given up, after what it had was stored
        if not isinstance(error, Refusal):
            self._lost()
        elif number in self._passing:
            self._fail(*self._passing.pop(number), error)
        else:
            self._refused(error)

    def _lost(self) -> None:
        """The forwarder is gone: what passed through unanswered is stored, in its order."""
        self._failed, self._serving = max(self._failed, self._serving), 0
        for confirmed, _ in self.take_queued(Confirmed, GROUP):  # news of its end overtakes them
            self._confirmed(confirmed.count, confirmed.ref)
        self._sent = None
        waiters, self._passing = list(self._passing.values()), {}
        error = Unavailable("the broker", self.context.path, "the forwarder ended", may_have_happened=True)
        for publish, reply in filter(_is_transient, waiters):
            self._fail(publish, reply, error)
        self._store([waiter for waiter in waiters if not _is_transient(waiter)])

    # --- storing ------------------------------------------------------------------------------------------------------

    def _store(self, group: Sequence[Waiter]) -> None:
        fitting = self._fitting(group) if group else []
        if fitting:
            super()._publish(fitting)

    def _fitting(self, group: Sequence[Waiter]) -> list[Waiter]:
        """Those for which there is room, enclosed; the others are told."""
        left = self.max_bytes - self.store.used_bytes()
        now = self.context.system.clock.time()
        fitting: list[Waiter] = []
        for publish, reply in group:
            messages = tuple(enclosed(message, self.context.path, now) for message in publish.messages)
            needed = sum(map(size, messages))
            if needed > left:
                self._fail(publish, reply, self._full())
                continue
            left -= needed
            fitting.append((replace(publish, messages=messages), reply))
        return fitting

    def _one_by_one(self, group: Sequence[Waiter], refusal: MessageRefused) -> None:
        """What is enclosed stays so."""
        if len(group) == 1:
            self._fail(*group[0], refusal)
            return
        for waiter in group:
            super()._publish([waiter])

    def _full(self) -> Unavailable:
        why = f"it is away, and the outbox is full: {self.stored} messages, broker.outbox.max_bytes is {self.max_bytes}"
        return Unavailable("the broker", self.context.path, why)

    def _answer(self, publish: Publish, reply: Reply, confirmed: Confirmed) -> None:
        if publish.messages and publish.messages[0].routing_key == self.context.path:
            self.stored += len(publish.messages)
            confirmed = replace(confirmed, stored=True)
        super()._answer(publish, reply, confirmed)

    # --- forwarding ---------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._forwarder_works():
            self._forward()
        self.send_after(LOOK_SECONDS, Look())

    def _forwarder_works(self) -> bool:
        """As far as anybody knows; one that has just come back is in use from now on."""
        status = self.context.system.whereis(FORWARDER)
        if status is None or status.state is not State.RUNNING or status.incarnation <= self._failed:
            return False
        if self._serving != status.incarnation:
            self._serving = status.incarnation
            self.monitor(FORWARDER)
        return True

    def _forward(self) -> None:
        """Send the first list, unless one is on its way."""
        if not self._serving or not self.stored or self._sent is not None:
            return
        if not self._lists and (taken := self.store.take()):
            self._lists.append(taken)
        if not self._lists:
            return
        now = self.context.system.clock.time()
        messages = tuple(opened(delivery.message, now) for delivery in self._lists[0])
        self._number += 1
        self._sent = self._number
        try:
            self.cast(FORWARDER, Publish(messages, mandatory=False, reply_to=self.context.path, ref=self._number))
        except NoProc:
            self._lost()
        except MailboxFull:
            self._sent = None  # the next look tries again

    def _forwarded(self) -> None:
        self._finish(self.store.done)

    def _refused(self, error: Exception) -> None:
        """One of them cannot be carried: alone it is put aside, among others they go one by one."""
        if len(self._lists[0]) == 1:
            self.dead_letter(opened(self._lists[0][0].message, 0.0), f"the broker refused it: {error}")
            self._finish(lambda deliveries: self.store.refuse(deliveries[0], str(error)))
            return
        first = self._lists.popleft()
        self._lists.extendleft([delivery] for delivery in reversed(first))
        self._sent = None
        self._forward()

    def _finish(self, settle: Callable[[list[Delivery]], None]) -> None:
        settle(self._lists[0])
        self.stored -= len(self._lists.popleft())
        self._sent = None
        self._forward()


def _is_transient(waiter: Waiter) -> bool:
    messages = waiter[0].messages
    return bool(messages) and not any(message.persistent for message in messages)
