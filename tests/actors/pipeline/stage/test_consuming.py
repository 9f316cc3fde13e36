"""How a consumer asks, works in chunks and ends: by actors. The numbers are those of the contract."""

import threading
from typing import Any

import pytest

from actors.pipeline.stage import CountBuffered, ProtocolViolation, Terms
from actors.pipeline.stage.messages import Cancelled, Events, Subscribe, SubscribeTo, Subscription
from supervision import NORMAL, ChildExited, Stop
from supervision.testing import PATIENCE_SECONDS, Inbox, Probe
from tests.actors.pipeline.stage.stages import (
    Collector,
    Counter,
    Demanded,
    Do,
    Left,
    Middle,
    Pusher,
    Sleeper,
    Stages,
    Worked,
    all_now,
    stages,
    worked,
)


def counting(app: Stages, max_demand: int, min_demand: int | None = None) -> Inbox:
    app.start("counter", Counter)
    inbox = app.start("consumer", Collector)
    app.link("consumer", "counter", max_demand, min_demand)
    return inbox


def test_bw_72_a_consumer_with_the_defaults_works_500_at_a_time() -> None:
    with stages() as app:
        inbox = counting(app, Terms().max_demand)
        assert worked(inbox) == list(range(500))
        assert worked(inbox) == list(range(500, 1000))


def test_bw_73_a_min_demand_of_80_percent_makes_chunks_of_20() -> None:
    with stages() as app:
        inbox = counting(app, 100, 80)
        for start in range(0, 1020, 20):
            assert worked(inbox) == list(range(start, start + 20))


def test_bw_75_max_1_and_min_0_work_one_by_one() -> None:
    with stages() as app:
        inbox = counting(app, 1, 0)
        assert [worked(inbox) for _ in range(3)] == [[0], [1], [2]]


def test_bw_76_a_producer_consumer_stops_when_its_consumer_stops_asking() -> None:
    until = threading.Event()
    with stages() as app:
        app.start("counter", Counter)
        middle = app.start("middle", Middle)
        consumer = app.start("consumer", Sleeper, until)
        app.link("middle", "counter", 10, 8)
        app.link("consumer", "middle", 10, 5)
        assert worked(consumer) == [0, 1]
        assert [worked(middle) for _ in range(5)] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
        app.settle("middle", "counter", "middle")
        assert middle.nothing_more()
        assert consumer.nothing_more()
        until.set()


def test_bw_78_queued_events_of_a_lost_producer_are_worked_before_its_end_is_seen() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        middle = app.start("middle", Middle)
        consumer = app.start("consumer", Collector)
        app.link("middle", "producer", 100, 50)
        app.push("producer", *range(100))
        app.do("producer", lambda stage: stage.cancel_consumers())
        app.settle("middle")
        assert middle.nothing_more()
        app.link("consumer", "middle", 100, 50)
        assert worked(consumer) + worked(consumer) == list(range(100))
        assert [type(middle.expect(object)) for _ in range(3)] == [Worked, Worked, Left]


def test_dem_13_a_dead_producer_is_seen_only_after_its_events() -> None:
    """Its `Down` overtakes them in the mailbox."""
    until = threading.Event()
    with stages() as app:
        app.start("producer", Pusher)
        consumer = app.start("consumer", Sleeper, until)
        app.link("consumer", "producer", 10, 5)
        app.push("producer", *range(10))
        assert worked(consumer) == [0, 1, 2, 3, 4]
        app.stop("producer")
        until.set()
        assert worked(consumer) == [5, 6, 7, 8, 9]
        assert consumer.expect(Left).reason.expected


def test_dem_4_is_asked_again_only_when_the_work_is_done() -> None:
    until = threading.Event()
    with stages() as app:
        producer = app.start("producer", Pusher)
        consumer = app.start("consumer", Sleeper, until)
        app.link("consumer", "producer", 4, 2)
        app.push("producer", 1, 2)
        assert worked(consumer) == [1, 2]
        assert producer.expect(Demanded).count == 4
        app.settle("producer")
        assert producer.nothing_more()
        until.set()
        assert producer.expect(Demanded).count == 2


def test_dem_10_a_consumer_may_ask_by_hand() -> None:
    with stages() as app:
        producer = app.start("producer", Counter)
        consumer = app.start("consumer", Collector)
        subscription = app.link("consumer", "producer", 10, manual=True)
        assert producer.nothing_more()
        app.do("consumer", lambda stage: stage.ask(subscription, 3))
        assert worked(consumer) == [0, 1, 2]
        app.settle("consumer", "producer")
        assert all_now(producer) == [Demanded(3)]


def test_dem_10_one_cannot_ask_for_what_one_has_no_subscription_to() -> None:
    with stages() as app:
        app.start("consumer", Collector)
        with pytest.raises(ProtocolViolation):
            app.do("consumer", lambda stage: stage.ask(Subscription("/a", 1, "/b", 1, 1), 3))


def test_dem_1_a_consumer_works_also_what_it_did_not_ask_for(caplog: pytest.LogCaptureFixture) -> None:
    with stages() as app:
        app.start("producer", Probe)
        consumer = app.start("consumer", Collector)
        subscription = app.call("consumer", SubscribeTo("/producer", Terms(2, manual=True)))
        app.do("consumer", lambda stage: stage.ask(subscription, 1))
        app.cast("consumer", Events(subscription, [1, 2, 3]))
        assert worked(consumer) == [1, 2, 3]
        app.settle("consumer")
    assert "/producer sent 2 events more than asked for" in caplog.text


@pytest.mark.parametrize(
    ("policy", "crash", "ends"),
    [
        ("permanent", False, True),
        ("permanent", True, True),
        ("transient", False, False),
        ("transient", True, True),
        ("temporary", False, False),
        ("temporary", True, False),
    ],
)
def test_dem_11_what_the_end_of_the_producer_means_is_the_subscriptions_choice(
    policy: str, crash: bool, ends: bool
) -> None:
    def die(stage: Any) -> None:
        raise RuntimeError("the test said so") if crash else Stop(NORMAL)

    with stages() as app:
        app.start("producer", Pusher)
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 10, cancel=policy)
        if crash:
            with pytest.raises(RuntimeError):
                app.do("producer", die)
        else:
            app.do("producer", die)
        assert consumer.expect(Left).reason.expected is not crash
        if ends:
            app.tree.events.expect(ChildExited, lambda event: event.path == "/consumer")
        else:
            app.settle("consumer")


def test_a_consumer_that_leaves_still_works_what_it_was_sent() -> None:
    with stages() as app:
        producer = app.start("producer", Pusher)
        consumer = app.start("consumer", Collector)
        subscription = app.link("consumer", "producer", 2, 0)
        app.push("producer", "a", "b", "c")
        app.do("consumer", lambda stage: stage.cancel(subscription))
        assert worked(consumer) == ["a", "b"]
        assert consumer.expect(Left).reason == NORMAL
        assert producer.expect(Left).reason == NORMAL
        assert app.do("consumer", lambda stage: stage.producers) == []


def test_dem_6_events_for_a_dead_consumer_stay_for_the_next() -> None:
    until = threading.Event()
    with stages() as app:
        producer = app.start("producer", Pusher)
        app.start("consumer", Collector)
        app.link("consumer", "producer", 10, 0)
        app.cast("producer", Do(lambda stage: until.wait(PATIENCE_SECONDS) and stage.emit(["a", "b", "c"])))
        app.stop("consumer")
        until.set()
        app.settle("producer")
        assert app.buffered("producer") == 3
        successor = app.start("consumer", Collector)
        app.link("consumer", "producer", 10, 0)
        assert worked(successor) == ["a", "b", "c"]
        assert [thing.count for thing in all_now(producer) if isinstance(thing, Demanded)] == [10]


def test_a_successor_of_the_producer_knows_no_subscription() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        peer = app.start("peer", Probe)
        old = app.subscription("producer", "peer")
        app.stop("producer")
        app.start("producer", Pusher)
        app.cast("producer", Subscribe(old, Terms(10)))
        assert "has been restarted" in str(peer.expect(Cancelled).reason)


class Early(Collector):
    """Subscribes while it starts, and goes on starting until the producer has handled that it was asked."""

    def on_start(self) -> None:
        self.subscribe("/counter", max_demand=2, min_demand=1, cancel="temporary")
        for _ in range(2):
            self.call("/counter", CountBuffered())


def test_a_stage_that_is_still_starting_is_sent_nothing_yet() -> None:
    with stages() as app:
        app.start("counter", Counter)
        consumer = app.start("consumer", Early)
        assert [worked(consumer), worked(consumer), worked(consumer)] == [[0], [1], [2]]


def test_dem_18_at_most_max_demand_times_producers_wait_in_a_consumer() -> None:
    names, until = ("one", "two", "three"), threading.Event()
    with stages() as app:
        for name in names:
            app.start(name, Counter)
        consumer = app.start("consumer", Sleeper, until)
        subscribe = [SubscribeTo(f"/{name}", Terms(10, cancel="temporary")) for name in names]
        app.cast("consumer", Do(lambda stage: [stage.on_receive(message) for message in subscribe]))
        consumer.expect(Worked)
        app.settle(*names)
        assert [app.do(name, lambda stage: stage.next) for name in names] == [10, 10, 10]
        until.set()
