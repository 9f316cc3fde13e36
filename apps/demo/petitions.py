"""The petition site as an actor at `/demo/petitions`: it lets time pass and publishes what happens, list by list.

One list is on its way at a time; until the broker has confirmed it, or while a queue is too deep, time stands still
there, and the pause is counted. A list without answer is published again: its events keep their ids, so nobody gets a
mail twice.

Not guaranteed: that the petitions' counts survive a restart of the actor; they start at nought.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from actors.broker import DEAD_LETTERS, PUBLISHER, Confirmed, Message, NotConfirmed, Publish, Unavailable, Unroutable
from actors.broker.specs import engine_of
from actors.database import Database
from apps.demo import census, world
from apps.demo.config import Demo
from apps.demo.curve import Curve
from apps.demo.texting import texting_spec
from apps.demo.traffic import Happening, Traffic
from supervision import Actor, Backoff, ChildSpec, MailboxFull, NoProc, Supervisor
from supervision.config import Settings

logger = logging.getLogger(__name__)

PATH = "/demo/petitions"
EXCHANGE = "events"
TICK_SECONDS = 1.0

#: An answer that has not come by then will not come: the publisher died first.
ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A second has passed."""


class Petitions(Actor):
    """Publishes the site's events. `max_depth` tells how many messages the deepest queue holds."""

    def __init__(self, config: Demo, max_depth: Callable[[], int]) -> None:
        super().__init__()
        self._config = config
        self._max_depth = max_depth
        self._curve = Curve(config.signatures_per_minute, config.compression)
        self._rng = random.Random(config.seed)
        self._passed_seconds = 0.0
        self._list: tuple[Message, ...] = ()
        self._number = 0
        self._asked_at: float | None = None
        #: Any thread may read them.
        self.published = 0
        self.held_back = {"backlog": 0, "unavailable": 0, "unconfirmed": 0}

    def on_start(self) -> None:
        people = list(world.people(self._config.people, self._config.seed))
        added = census.register(Database(self.context.system), people, datetime.now(UTC))
        logger.info("the demo world has %d people, %d of them new", len(people), added)
        self._traffic = Traffic(people, self._config.update_every, self._config.reset_share, self._rng)
        self.send_after(TICK_SECONDS, Tick())

    def on_receive(self, message: Any) -> None:
        match message:
            case Tick():
                self._turn()
                self.send_after(TICK_SECONDS, Tick())
            case Confirmed(ref=number):
                self._confirmed(number)
            case NotConfirmed(error, number):
                self._not_confirmed(error, number)
            case _:
                super().on_receive(message)

    @property
    def signatures(self) -> int:
        """Since this incarnation started."""
        return self._traffic.signatures

    def _turn(self) -> None:
        reason = self._reason_to_wait()
        if reason is not None:
            self.held_back[reason] += 1
            return
        if not self._list:
            self._pass_time()
        if self._list:
            self._publish()

    def _reason_to_wait(self) -> str | None:
        now = self.context.system.clock.monotonic()
        if self._asked_at is not None and now < self._asked_at + ANSWER_SECONDS:
            return "unconfirmed"
        try:
            return "backlog" if self._max_depth() > self._config.max_backlog else None
        except Unavailable:
            return "unavailable"

    def _pass_time(self) -> None:
        until = self._passed_seconds + TICK_SECONDS
        signers = self._curve.arrivals(self._passed_seconds, until, self._rng)
        self._passed_seconds = until
        self._list = tuple(map(_message, self._traffic.sign(len(signers))))
        self._number += 1

    def _publish(self) -> None:
        try:
            self.cast(PUBLISHER, Publish(self._list, reply_to=self.context.path, ref=self._number))
        except (NoProc, MailboxFull):
            self.held_back["unavailable"] += 1
        else:
            self._asked_at = self.context.system.clock.monotonic()

    def _confirmed(self, number: int) -> None:
        if number == self._number and self._list:
            self.published += len(self._list)
            self._list, self._asked_at = (), None

    def _not_confirmed(self, error: Exception, number: int) -> None:
        """Nobody listens to some of the events: those are not told again. Anything else is worth another try."""
        if number != self._number or not self._list:
            return
        if isinstance(error, Unroutable):
            self.dead_letter(self._list, f"not published: {error}")
            self._list = ()
        else:
            self.held_back["unavailable"] += 1
        self._asked_at = None


def _message(happening: Happening) -> Message:
    return Message(
        body=happening.to_json(),
        routing_key=happening.type,
        exchange=EXCHANGE,
        content_type="application/cloudevents+json",
        message_id=happening.id,
    )


def supervisor(settings: Settings) -> ChildSpec:
    """The child spec of `/demo`; empty when the world is switched off."""
    config: Demo = settings.section("demo")
    if not config.enabled:
        return Supervisor.spec("demo", [])
    texting = texting_spec(config, settings)
    children = [petitions_spec(config, deepest_queue(settings)), *([] if texting is None else [texting])]
    return Supervisor.spec("demo", children, intensity=20, period=10.0)


def petitions_spec(config: Demo, max_depth: Callable[[], int]) -> ChildSpec:
    """It waits for the database as long as it takes; the root does not wait for it."""
    backoff = Backoff(min_seconds=0.5, max_seconds=15.0)
    return ChildSpec(id="petitions", actor=Petitions, args=(config, max_depth), start="eventual", backoff=backoff)


def deepest_queue(settings: Settings) -> Callable[[], int]:
    """Tells how many messages the deepest queue holds. Raises Unavailable. Any thread."""
    engine = engine_of(settings)
    return lambda: max((queue.depth for queue in engine.statuses() if queue.name != DEAD_LETTERS), default=0)
