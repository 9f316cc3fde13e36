"""The publisher actor: everything that is published in this process goes through its thread and its channel.

Group commit: it takes all `Publish` messages that wait in its mailbox into one list, so that a hundred callers share
one flush to the disk. A broken broker is a crash: whoever waits gets `Unavailable` at once, the supervisor starts anew.

Not guaranteed: order between different senders; that a `Publish` without answer did not happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.broker.port import Confirmed, Engine, NotConfirmed, Publish, Published, Pumped
from actors.errors import MessageRefused, Unroutable
from supervision.actor import Reply
from supervision.errors import MailboxFull, NoProc
from supervision.reactor import Reactor
from supervision.reasons import Reason

#: How many waiting `Publish` messages share one commit at most.
GROUP = 500


@dataclass(frozen=True, slots=True)
class Listen:
    """From a consumer of this process: cast it a `Wake` when something reached `queue`. Repeating it is harmless."""

    queue: str
    consumer: str


@dataclass(frozen=True, slots=True)
class Wake:
    """To a consumer: there may be something to take."""


Waiter = tuple[Publish, Reply]


class Publisher(Reactor):
    """Answers `Publish` with `Confirmed`, or with its errors."""

    mailbox_bound = 5000

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self.listeners: dict[str, set[str]] = {}

    def on_start(self) -> None:
        self.channel = self.engine.publish_channel(self.context.system.clock)
        self.on_break(self.channel.interrupt)
        self.channel.open()
        if isinstance(self.channel, Pumped):
            self.attach(self.channel)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Publish():
                first = (message, self.take_reply())
                self._publish([first, *self.take_queued(Publish, GROUP - 1)])
            case Listen(queue, consumer):
                self.listeners.setdefault(queue, set()).add(consumer)
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        self.channel.close()

    def _publish(self, group: Sequence[Waiter]) -> None:
        messages = [message for publish, _ in group for message in publish.messages]
        try:
            self.check_fence()
            published = self.channel.publish(messages)
        except MessageRefused as refusal:
            self._one_by_one(group, refusal)
        except Exception as error:
            for publish, reply in group:
                self._fail(publish, reply, error)
            raise
        else:
            self._confirm(group, published)
            self._wake(published.queues)

    def _one_by_one(self, group: Sequence[Waiter], refusal: MessageRefused) -> None:
        """Nothing was stored because of one message; the others in the group are not to blame."""
        if len(group) == 1:
            self._fail(*group[0], refusal)
            return
        for waiter in group:
            self._publish([waiter])

    def _confirm(self, group: Sequence[Waiter], published: Published) -> None:
        start = 0
        for publish, reply in group:
            end = start + len(publish.messages)
            lost = [i for i in published.unroutable if start <= i < end] if published.unroutable else []
            if lost and publish.mandatory:
                self._fail(publish, reply, Unroutable([publish.messages[i - start] for i in sorted(lost)]))
            else:
                self._answer(publish, reply, Confirmed(len(publish.messages) - len(lost), publish.ref))
            start = end

    def _answer(self, publish: Publish, reply: Reply, confirmed: Confirmed) -> None:
        reply.set(confirmed)
        self._tell(publish, confirmed)

    def _fail(self, publish: Publish, reply: Reply, error: Exception) -> None:
        reply.fail(error)
        self._tell(publish, NotConfirmed(error, publish.ref))

    def _tell(self, publish: Publish, outcome: Confirmed | NotConfirmed) -> None:
        if publish.reply_to is None:
            if isinstance(outcome, NotConfirmed):
                self.dead_letter(publish, f"not published: {outcome.error}")
            return
        try:
            self.cast(publish.reply_to, outcome)
        except (NoProc, MailboxFull) as error:
            self.dead_letter(outcome, str(error))

    def _wake(self, queues: frozenset[str]) -> None:
        for queue in queues:
            for consumer in tuple(self.listeners.get(queue, ())):
                try:
                    self.cast(consumer, Wake())
                except NoProc:
                    self.listeners[queue].discard(consumer)
                except MailboxFull:
                    # It is busy, and looks again when it has settled something.
                    continue
