"""The consumer actor: takes messages of one queue and casts them, in lists, to one subscriber, at most `prefetch` open.

It watches its subscriber. When that dies, all that it held goes back to the queue at once, and delivery goes on as soon
as somebody runs at the path again. When the consumer itself dies, its engine returns what it held. A full mailbox of
the subscriber is not an error: `prefetch` bounds what waits there, and the list is offered again.

Runs in its own thread, which is also the channel's. Not guaranteed: that a message is delivered only once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.broker.message import Delivery, Tag
from actors.broker.port import PUBLISHER, Deliveries, Engine, Pause, Pumped, Resume, SetPrefetch, Settlement
from actors.broker.publisher import Listen, Wake
from supervision.actor import Reply
from supervision.errors import MailboxFull, NoProc
from supervision.messages import Down
from supervision.reactor import Reactor
from supervision.reasons import Reason

#: Pause before an absent or overfull subscriber is tried again.
RETRY_SECONDS = 0.1
#: How often the publisher is told again who listens: it forgets when it restarts.
LISTEN_SECONDS = 1.0
#: How many waiting settlements are carried out in one step at most.
GROUP = 5000


@dataclass(frozen=True, slots=True)
class Begin:
    """To itself: the start is over."""


@dataclass(frozen=True, slots=True)
class Poll:
    """To itself: look whether something happened outside of this process."""


@dataclass(frozen=True, slots=True)
class Retry:
    """To itself: look for the subscriber, or offer the refused list again."""


class Consumer(Reactor):
    """Casts `Deliveries` to `subscriber`; takes `Ack`, `Nack`, `Reject`, `Pause`, `Resume` and `SetPrefetch`."""

    # As many as the largest sensible prefetch: a settlement that is refused would leave its message open for ever.
    mailbox_bound = 100_000

    def __init__(self, engine: Engine, queue: str, subscriber: str, prefetch: int, batch: int) -> None:
        super().__init__()
        self.queue = queue
        self.subscriber = subscriber
        self.prefetch = prefetch
        self.batch = batch
        self.engine = engine
        self.open_tags: set[Tag] = set()
        self.serving: int | None = None  # the subscriber's incarnation
        self.refused: list[Delivery] = []
        self.listen_at = 0.0
        self.paused = False

    def on_start(self) -> None:
        self.channel = self.engine.consume_channel(self.queue, self.context.system.clock)
        self.on_break(self.channel.interrupt)
        self.channel.open(self.prefetch)
        self.pumped = self.channel if isinstance(self.channel, Pumped) else None
        if self.pumped is not None:
            self.attach(self)
        # Not yet: until the start is announced, nobody could settle what we hand out.
        self.actor_ref.tell(Begin())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Settlement():
                first = (message, self.take_reply())
                self._settle([first, *self.take_queued(Settlement, GROUP - 1)])
            case Wake():
                self.take_queued(Wake, GROUP)
                self._deliver()
            case Begin():
                self._poll()
                self._find_subscriber()
            case Poll():
                self._poll()
            case Retry():
                self._retry()
            case Pause():
                self.paused = True
                self.channel.pause()
            case Resume():
                self.paused = False
                self._offer_again()
            case SetPrefetch(prefetch):
                self.prefetch = prefetch
                self.channel.set_prefetch(prefetch)
                self._deliver()
            case Down(self.subscriber, incarnation, reason):
                self._subscriber_gone(incarnation, reason)
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        self.channel.close()

    # --- delivering -------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Fill the subscriber's window, as far as there is something and it takes it."""
        while self.serving is not None and not self.refused and not self.paused:
            room = min(self.batch, self.prefetch - len(self.open_tags))
            if room <= 0:
                return
            taken = self.channel.take(room)
            if taken:
                self.open_tags.update(delivery.tag for delivery in taken)
                self._offer(taken)
            if len(taken) < room:
                return

    def _offer(self, deliveries: list[Delivery]) -> None:
        self.refused = []
        try:
            if self._incarnation() != self.serving:
                raise NoProc(f"{self.subscriber} has ended")
            self.cast(self.subscriber, Deliveries(self.context.path, tuple(deliveries)))
        except (NoProc, MailboxFull):
            # If it ended, its `Down` is on the way and returns these too.
            self.refused = deliveries
            self.send_after(RETRY_SECONDS, Retry())

    # --- settling ---------------------------------------------------------------------------------------------------

    def _settle(self, group: Sequence[tuple[Settlement, Reply]]) -> None:
        settlements, replies = [], []
        for settlement, reply in group:
            live = tuple(tag for tag in dict.fromkeys(settlement.tags) if tag in self.open_tags)
            self.open_tags.difference_update(live)
            settlements.append(replace(settlement, tags=live))
            replies.append((reply, len(live)))
        stale = sum(len(settlement.tags) for settlement, _ in group) - sum(count for _, count in replies)
        try:
            self.check_fence()
            self.channel.settle([settlement for settlement in settlements if settlement.tags])
            if stale:
                self.channel.count_stale(stale)
        except Exception as error:
            for reply, _ in replies:
                reply.fail(error)
            raise
        for reply, count in replies:
            reply.set(count)
        self._deliver()

    # --- the subscriber's life --------------------------------------------------------------------------------------

    def _incarnation(self) -> int | None:
        actor = self.context.system.registry.running(self.subscriber)
        return None if actor is None else actor.context.incarnation

    def _find_subscriber(self) -> None:
        incarnation = self._incarnation()
        if incarnation is None:
            self.send_after(RETRY_SECONDS, Retry())
            return
        self.serving = incarnation
        self.monitor(self.subscriber)
        self._deliver()

    def _retry(self) -> None:
        if self.serving is None:
            self._find_subscriber()
        else:
            self._offer_again()

    def _offer_again(self) -> None:
        if self.refused and not self.paused:
            self._offer(self.refused)
        self._deliver()

    def _subscriber_gone(self, incarnation: int, reason: Reason) -> None:
        """Everything cast so far went to this incarnation; a message it held when it crashed may be to blame."""
        if self.serving is None or 0 < incarnation < self.serving:
            return
        self.serving = None
        self.refused = []
        self.open_tags.clear()
        self.channel.return_all(failed=not reason.expected and incarnation > 0)
        self._find_subscriber()

    # --- the world outside this process -----------------------------------------------------------------------------

    def pump(self, timeout_seconds: float) -> None:
        """Wait in the channel's connection, and hand out what came."""
        if self.pumped is not None:
            self.pumped.pump(timeout_seconds)
            if self.channel.poll():
                self._deliver()

    def wake(self) -> None:
        """End a `pump` that waits. Any thread."""
        if self.pumped is not None:
            self.pumped.wake()

    def _poll(self) -> None:
        if self.channel.poll():
            self._deliver()
        if self.pumped is None:
            self._listen()
        self.send_after(self.channel.poll_in(), Poll())

    def _listen(self) -> None:
        """Ask the publisher of this process for a `Wake`; without it only polling would find messages."""
        now = self.context.system.clock.monotonic()
        if now < self.listen_at:
            return
        self.listen_at = now + LISTEN_SECONDS
        try:
            self.cast(PUBLISHER, Listen(self.queue, self.context.path))
        except (NoProc, MailboxFull):
            return
