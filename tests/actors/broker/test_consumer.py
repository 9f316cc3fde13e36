"""The consumer actor beside the contract: how soon it notices, and how it asks to be settled."""

import threading
import time
from pathlib import Path
from typing import Any

from actors.broker import Ack, Broker, Deliveries, Message, Pause, Queue, Resume, Topology, settle
from actors.broker.consumer import Retry
from actors.broker.port import PUBLISHER
from supervision import SHUTDOWN, Actor, ChildSpec, Crashed, Down
from supervision.clock import SystemClock
from supervision.testing import PATIENCE_SECONDS, FakeClock, Inbox, running
from tests.actors.broker.harness import (
    SUBSCRIBER,
    Block,
    SmallSubscriber,
    Subscriber,
    engine_for,
    numbered,
    publisher_of,
    texts,
    world,
)
from tests.actors.broker.harness import FragileConsumer as Consumer

TOPOLOGY = Topology(queues=(Queue("work"),))


def test_what_this_process_publishes_is_noticed_without_polling(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY, poll_seconds=10.0)) as rig:
        rig.subscribe()
        rig.consume("work")
        rig.settled()
        start = time.monotonic()
        rig.publish(Message(b"x", "work"))
        rig.receive(1)
        assert time.monotonic() - start < 5.0


def test_what_others_publish_is_noticed_by_polling(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY, poll_seconds=0.02)) as rig:
        rig.subscribe()
        rig.consume("work")
        rig.settled()
        other = engine_for(tmp_path, TOPOLOGY).publish_channel(SystemClock())
        other.open()
        other.publish([Message(b"x", "work")])
        other.close()
        rig.receive(1)


def test_delays_follow_the_systems_clock(tmp_path: Path) -> None:
    clock, inbox = FakeClock(), Inbox()
    engine = engine_for(tmp_path, TOPOLOGY)
    subscriber = ChildSpec(id="subscriber", actor=Acking, args=(inbox,))
    consumer = ChildSpec(id="consumer", actor=Consumer, args=(engine, "work", "/subscriber", 10, 10))
    with running(publisher_of(engine), subscriber, consumer, clock=clock) as tree:
        tree.wait_state(PUBLISHER, "running")
        Broker(tree.system).publish([Message(b"late", "work", delay_seconds=3600.0)])
        tree.system.address("/consumer").call(Ack(()))
        clock.advance(3599.0)
        tree.system.address("/consumer").call(Ack(()))
        assert inbox.nothing_more()
        clock.advance(1.0)
        assert texts(list(inbox.expect(Deliveries).deliveries)) == ["late"]


class NothingDuringStart(Consumer):
    """Fails its start when it delivers before it is over."""

    delivered = threading.Event()

    def on_start(self) -> None:
        super().on_start()
        assert not self.delivered.wait(0.1)


class Noticing(Subscriber):
    def on_receive(self, message: Any) -> None:
        NothingDuringStart.delivered.set()
        super().on_receive(message)


def test_nothing_is_delivered_before_it_could_be_settled(tmp_path: Path) -> None:
    engine = engine_for(tmp_path, TOPOLOGY)
    with world(engine) as rig:
        rig.publish(Message(b"x", "work"))
        rig.subscribe(actor=Noticing)
        rig.start(ChildSpec(id="consumer", actor=NothingDuringStart, args=(engine, "work", SUBSCRIBER, 1, 1)))
        assert [delivery.redelivered for delivery in rig.receive(1)] == [False]


def test_news_of_an_earlier_subscribers_death_change_nothing(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        rig.subscribe()
        path = rig.consume("work")
        rig.publish(Message(b"x", "work"))
        (delivery,) = rig.receive(1)
        rig.cast(path, Down(SUBSCRIBER, 1, Crashed.of(RuntimeError("long ago"))))
        assert rig.call(path, Ack((delivery.tag,))) == 1


class Deaf(Consumer):
    """Hears of no death but from the test."""

    def monitor(self, path: str) -> None:
        pass


def test_a_successor_gets_nothing_before_the_death_was_heard_of(tmp_path: Path) -> None:
    """Or what it holds would be taken from it when the news of its predecessor come."""
    engine = engine_for(tmp_path, TOPOLOGY)
    with world(engine) as rig:
        rig.subscribe()
        rig.start(ChildSpec(id="consumer", actor=Deaf, args=(engine, "work", SUBSCRIBER, 5, 5)))
        rig.settled()
        first = rig.tree.system.registry.running(SUBSCRIBER)
        assert first is not None
        rig.stop("subscriber")
        rig.restart("subscriber")
        rig.publish(Message(b"x", "work"))
        rig.settled()
        assert rig.inbox.nothing_more()
        rig.cast("/consumer", Down(SUBSCRIBER, first.context.incarnation, SHUTDOWN))
        rig.receive(1)


class Acking(Actor):
    """Shows what it gets, and acknowledges it by cast."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.inbox = inbox

    def on_receive(self, message: Any) -> None:
        assert isinstance(message, Deliveries)
        reached = settle(self, message.consumer, Ack(tuple(delivery.tag for delivery in message.deliveries)))
        self.inbox.put(message)
        self.inbox.put(reached)


def test_settling_with_a_consumer_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        inbox = Inbox()
        rig.start(ChildSpec(id="acking", actor=Acking, args=(inbox,)))
        rig.cast("/acking", Deliveries("/gone", ()))
        assert inbox.expect(bool) is False


def test_acknowledgements_by_cast_keep_the_window_moving(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        inbox = Inbox()
        rig.start(ChildSpec(id="acking", actor=Acking, args=(inbox,)))
        rig.consume("work", prefetch=3, batch=2, subscriber="/acking")
        rig.publish(*numbered(50, "work"))
        assert texts(rig.receive(50, inbox)) == [str(number) for number in range(50)]
        rig.until(lambda: rig.status("work").depth == 0)
        assert rig.status("work").totals["acked"] == 50


def test_a_list_that_was_refused_waits_while_paused(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        rig.subscribe(actor=SmallSubscriber)
        until, reached = threading.Event(), threading.Event()
        rig.cast(SUBSCRIBER, Block(until, reached))
        assert reached.wait(PATIENCE_SECONDS)
        path = rig.consume("work", prefetch=5, batch=1)
        rig.publish(*numbered(3, "work"))
        consumer = rig.tree.system.registry.running(path)
        assert isinstance(consumer, Consumer)
        rig.until(lambda: texts(consumer.refused) == ["1"])
        rig.call(path, Pause())
        until.set()
        assert texts(rig.receive(1)) == ["0"]
        rig.cast(path, Retry())
        rig.settled()
        assert rig.inbox.nothing_more()
        rig.call(path, Resume())
        assert texts(rig.receive(2)) == ["1", "2"]
