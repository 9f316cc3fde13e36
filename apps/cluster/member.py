"""The member: gives this root's signs of life and remembers those of the others.

Runs in its own thread in the root process and waits for nothing. Without a broker it lives on and hears nobody.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from actors.broker import PUBLISHER, Ack, Broker, Confirmed, Deliveries, Message, NotConfirmed, Publish, Unavailable
from actors.broker import settle as settle_deliveries
from apps.cluster.config import Cluster
from apps.cluster.identity import identity
from apps.cluster.signs import BEAT, GOODBYE, HELLO, Roll, sign_message
from apps.contracts import roots_pb2 as messages
from supervision import Actor, MailboxFull, NoProc, Reason

logger = logging.getLogger(__name__)

ADVICE = "give one of them another host name or home, or `rookery tree --cluster` shows only one"
#: Pause until the next try, as long as nobody could be greeted.
GREET_SECONDS = 0.5
#: How long an ordered stop may wait until the goodbye is out.
GOODBYE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Beat:
    """To itself: give a sign."""


@dataclass(frozen=True, slots=True)
class WhoIsThere:
    """By `call`: the answer is a tuple of `Seen`, this root among them once it has heard itself."""


class Member(Actor):
    """Subscriber of this root's queue on the exchange of all roots."""

    def __init__(self, home: Path, config: Cluster) -> None:
        super().__init__()
        self.home = home
        self.config = config
        self.roll = Roll(config.forget_seconds)
        self.greeted = False
        #: Process and start of another root with our identity.
        self._twin: tuple[int, float] | None = None

    def on_start(self) -> None:
        self.root = identity(self.home)
        self.send_after(0.0, Beat())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Beat():
                self._give(BEAT if self.greeted else HELLO)
                pause = self.config.heartbeat_seconds
                self.send_after(pause if self.greeted else min(pause, GREET_SECONDS), Beat())
            case Deliveries(consumer, deliveries):
                for delivery in deliveries:
                    self._hear(delivery.message)
                settle_deliveries(self, consumer, Ack(tuple(delivery.tag for delivery in deliveries)))
            case Confirmed():
                self.greeted = True
            case NotConfirmed():
                return None  # the next sign is due soon
            case WhoIsThere():
                return tuple(self.roll.present(self._now()))
            case _:
                return super().on_receive(message)
        return None

    def wind_down(self, reason: Reason) -> None:
        """Whoever stops in order is not missing."""
        if reason.expected:
            try:
                Broker(self.context.system).publish(
                    [sign_message(self.root, GOODBYE)], mandatory=False, timeout_seconds=GOODBYE_SECONDS
                )
            except Unavailable as error:
                self.dead_letter(error, "no goodbye without a broker")

    def _give(self, kind: "messages.Sign.Kind") -> None:
        try:
            sign = sign_message(self.root, kind)
            self.cast(PUBLISHER, Publish((sign,), mandatory=False, reply_to=self.context.path))
        except (NoProc, MailboxFull):
            self.greeted = False  # whoever comes to know us later is greeted anew

    def _hear(self, message: Message) -> None:
        try:
            sign = messages.Sign.FromString(message.body)
        except DecodeError as error:
            self.dead_letter(message, f"no sign of life: {error}")
            return
        self.roll.hear(sign, self._now())
        if sign.root.id == self.root.id:
            self._beware(sign.root)
        elif sign.kind == HELLO:
            self._give(BEAT)

    def _beware(self, root: messages.Root) -> None:
        """Copies of one machine may share its name, its number and their homes: each of two such roots hides the other.

        Our queue is younger than we are, so no sign in it is from the root that was here before us.
        """
        life = (root.pid, root.started_at)
        if life not in (self._twin, (self.root.pid, self.root.started_at)):
            self._twin = life
            logger.warning("%s: a second root says it is %s; %s", self.context.path, root.id, ADVICE)

    def _now(self) -> float:
        return self.context.system.clock.time()
