"""The embedded engine's channels against a model that is a list: whatever happens in whatever order, they agree."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.broker import DEAD_LETTERS, Ack, Delivery, Message, Nack, Queue, Reject, Tag, Topology, deaths
from actors.broker.embedded import inspection
from actors.broker.embedded.consuming import SWEEP_SECONDS, Consuming
from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.port import Settlement
from supervision.testing import FakeClock
from tests.actors.broker.harness import engine_for

LIMIT = 1
TOPOLOGY = Topology(queues=(Queue("work", delivery_limit=LIMIT),))
CONSUMERS = st.sampled_from(["a", "b"])
CHOICE = st.lists(st.integers(0, 7), min_size=1, max_size=3, unique=True)


@dataclass
class Modelled:
    """What should be known of one message."""

    body: bytes
    due: float = 0.0
    holder: str | None = None
    delivered: int = 0
    failed: int = 0


class Store(RuleBasedStateMachine):
    """Two consumers on one queue, and a publisher."""

    @initialize()
    def open(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.engine = cast(EmbeddedEngine, engine_for(self.home, TOPOLOGY))
        self.publisher = self.engine.publish_channel(self.clock)
        self.publisher.open()
        self.consumers = {name: self._open() for name in ("a", "b")}
        self.held: dict[str, list[Delivery]] = {"a": [], "b": []}
        self.work: list[Modelled] = []
        self.dead: list[tuple[bytes, str]] = []
        self.acked = 0
        self.published = 0

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.publisher.close()
            for consumer in self.consumers.values():
                consumer.close()
            rmtree(self.home)

    def _open(self) -> Consuming:
        channel = self.engine.consume_channel("work", self.clock)
        channel.open(100)
        return channel

    # --- what may happen ---------------------------------------------------------------------------------------------

    @rule(count=st.integers(1, 4), delay=st.sampled_from([0.0, 0.0, 5.0]))
    def publish(self, count: int, delay: float) -> None:
        bodies = [str(self.published + index).encode() for index in range(count)]
        self.publisher.publish([Message(body, "work", delay_seconds=delay) for body in bodies])
        self.work += [Modelled(body, self.clock.time() + delay if delay else 0.0) for body in bodies]
        self.published += count

    @rule(name=CONSUMERS, limit=st.integers(1, 4))
    def take(self, name: str, limit: int) -> None:
        ready = [m for m in self.work if m.holder is None and m.due <= self.clock.time()][:limit]
        taken = self.consumers[name].take(limit)
        assert [(d.message.body, d.delivery_count, d.redelivered) for d in taken] == [
            (m.body, m.delivered, m.delivered > 0) for m in ready
        ]
        self.held[name] += taken
        for message in ready:
            message.holder, message.due = name, 0.0
            message.delivered += 1

    @rule(name=CONSUMERS, choice=CHOICE)
    def ack(self, name: str, choice: list[int]) -> None:
        chosen = self._settle(name, choice, Ack)
        self.work = [message for message in self.work if message not in chosen]
        self.acked += len(chosen)

    @rule(name=CONSUMERS, choice=CHOICE)
    def nack(self, name: str, choice: list[int]) -> None:
        for message in self._settle(name, choice, Nack):
            self._fail(message)

    @rule(name=CONSUMERS, choice=CHOICE)
    def defer(self, name: str, choice: list[int]) -> None:
        for message in self._settle(name, choice, lambda tags: Nack(tags, delay_seconds=5.0)):
            message.holder, message.due = None, self.clock.time() + 5.0

    @rule(name=CONSUMERS, choice=CHOICE)
    def reject(self, name: str, choice: list[int]) -> None:
        for message in self._settle(name, choice, lambda tags: Reject(tags, "bad")):
            self._die(message, "bad")

    @rule(name=CONSUMERS, failed=st.booleans())
    def lose_the_subscriber(self, name: str, failed: bool) -> None:
        self.consumers[name].return_all(failed)
        self._returned(name, failed)

    @rule(name=CONSUMERS)
    def close_and_open(self, name: str) -> None:
        self.consumers[name].close()
        self._returned(name, failed=False)
        self.consumers[name] = self._open()

    @rule(name=CONSUMERS)
    def kill(self, name: str) -> None:
        """As if its process had been killed: nothing is written, the lock is gone; the other one's turn finds it."""
        victim = self.consumers[name]
        victim.file.close()
        victim.lock.release()
        other = self.consumers["b" if name == "a" else "a"]
        self.let_time_pass(SWEEP_SECONDS)
        assert other.poll()
        self._returned(name, failed=True)
        self.consumers[name] = self._open()

    @rule(seconds=st.sampled_from([1.0, 5.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # --- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def numbers_agree(self) -> None:
        now = self.clock.time()
        statuses = {status.name: status for status in inspection.statuses(self.engine.path, now)}
        work = statuses["work"]
        assert work.unacked == sum(1 for m in self.work if m.holder)
        assert work.delayed == sum(1 for m in self.work if not m.holder and m.due > now)
        assert work.ready == sum(1 for m in self.work if not m.holder and m.due <= now)
        assert work.consumers == 2
        assert work.totals.get("acked", 0) == self.acked
        assert work.totals.get("published", 0) == self.published == self.acked + len(self.work) + len(self.dead)
        letters = self.engine.peek(DEAD_LETTERS, 10_000, 100)
        assert sorted((w.message.body, deaths(w.message.headers)[0].reason) for w in letters) == sorted(self.dead)

    # --- the model's own steps ----------------------------------------------------------------------------------------

    def _settle(self, name: str, choice: list[int], make: Callable[[tuple[Tag, ...]], Settlement]) -> list[Modelled]:
        """Settle some of what the consumer holds; the messages that this was about."""
        held = self.held[name]
        chosen = [held[index] for index in choice if index < len(held)]
        if chosen:
            self.consumers[name].settle([make(tuple(delivery.tag for delivery in chosen))])
        self.held[name] = [delivery for delivery in held if delivery not in chosen]
        bodies = {delivery.message.body for delivery in chosen}
        return [message for message in self.work if message.body in bodies]

    def _returned(self, name: str, failed: bool) -> None:
        self.held[name] = []
        for message in [message for message in self.work if message.holder == name]:
            if failed:
                self._fail(message)
            else:
                message.holder = None

    def _fail(self, message: Modelled) -> None:
        message.holder = None
        message.failed += 1
        if message.failed > LIMIT:
            self._die(message, "delivery-limit")

    def _die(self, message: Modelled, reason: str) -> None:
        self.work.remove(message)
        self.dead.append((message.body, reason))


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
