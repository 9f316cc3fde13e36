"""How a producer buffers, holds back and deals out: by actors. The numbers are those of the contract."""

import threading
from typing import Any

import pytest

from actors.pipeline.stage import BroadcastDispatcher, PartitionDispatcher, SubscribeTo, Terms
from supervision.testing import PATIENCE_SECONDS, Inbox
from tests.actors.pipeline.stage.stages import (
    Collector,
    Counter,
    Demanded,
    Discarded,
    Do,
    Informed,
    Middle,
    Pusher,
    Shown,
    Sleeper,
    Stages,
    Worked,
    all_now,
    stages,
    worked,
)


@pytest.mark.parametrize(
    ("keep", "kept", "lost"), [("first", list("abcde"), list("fgh")), ("last", list("defgh"), list("abc"))]
)
def test_bw_80_a_full_buffer_keeps_the_first_or_the_last(
    keep: str, kept: list[str], lost: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with stages() as app:
        producer = app.start("producer", Pusher, buffer_size=5, buffer_keep=keep)
        app.push("producer", *"abcde")
        app.push("producer", *"fgh")
        assert producer.expect(Discarded).events == lost
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 10, 0)
        assert worked(consumer) == kept
        assert app.do("producer", lambda stage: stage.discarded) == 3
    assert "/producer discarded 3 events" in caplog.text


@pytest.mark.parametrize("logged", [True, False])
def test_bw_81_the_stage_decides_whether_discards_are_logged(logged: bool, caplog: pytest.LogCaptureFixture) -> None:
    with stages() as app:
        producer = app.start("producer", Pusher, logged, buffer_size=5)
        app.push("producer", *range(8))
        assert len(producer.expect(Discarded).events) == 3
    assert ("discarded 3 events" in caplog.text) == logged


def test_bw_82_the_buffer_can_be_counted() -> None:
    with stages() as app:
        app.start("producer", Pusher, buffer_size=None)
        app.push("producer", *range(5))
        assert app.buffered("producer") == 5
        app.push("producer", *range(3))
        assert app.buffered("producer") == 8
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 4, 0)
        assert len(worked(consumer) + worked(consumer)) == 8
        assert app.buffered("producer") == 0


def test_bw_83_an_accumulating_producer_waits_for_forward() -> None:
    with stages() as app:
        producer = app.start("producer", Counter, demand_mode="accumulate")
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 4, 0)
        app.settle("producer", "consumer")
        assert producer.nothing_more()
        assert consumer.nothing_more()
        app.mode("producer", "forward")
        assert worked(consumer) == [0, 1, 2, 3]


def test_dem_9_an_accumulating_producer_holds_events_back_too() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 4, 0)
        app.mode("producer", "accumulate")
        app.push("producer", "a", "b")
        app.settle("consumer")
        assert consumer.nothing_more()
        app.mode("producer", "forward")
        assert worked(consumer) == ["a", "b"]


def test_bw_84_accumulated_asks_go_up_one_by_one() -> None:
    with stages() as app:
        producer = app.start("producer", Counter, demand_mode="accumulate")
        for name in ("one", "two"):
            app.start(name, Collector)
            app.link(name, "producer", 2)
        app.mode("producer", "forward")
        assert [producer.expect(Demanded).count for _ in range(3)] == [2, 2, 1]


def manual_consumer(app: Stages, producer: str) -> tuple[Inbox, Any]:
    inbox = app.start("consumer", Collector)
    return inbox, app.link("consumer", producer, 10, manual=True)


def test_bw_85_an_info_keeps_its_place_among_moving_events() -> None:
    with stages() as app:
        producer = app.start("producer", Shown, dispatcher=BroadcastDispatcher())
        consumer, subscription = manual_consumer(app, "producer")

        def ask(count: int) -> None:
            app.do("consumer", lambda stage: stage.ask(subscription, count))
            app.settle("producer", "consumer")

        app.push("producer", "a", "b", "c")
        app.inform("producer", "s1")
        ask(2)
        assert worked(consumer) == ["a", "b"]
        assert producer.nothing_more()
        app.push("producer", "d", "e")
        app.inform("producer", "s2")
        ask(1)
        assert worked(consumer) == ["c"]
        assert all_now(producer) == [Informed("s1")]
        ask(2)
        assert worked(consumer) == ["d", "e"]
        assert all_now(producer) == [Informed("s2")]


def test_bw_86_several_infos_come_in_their_order() -> None:
    with stages() as app:
        producer = app.start("producer", Pusher)
        app.push("producer", "a", "b", "c")
        for info in "def":
            app.inform("producer", info)
        app.push("producer", "g", "h")
        app.inform("producer", "i")
        assert producer.nothing_more()
        consumer, subscription = manual_consumer(app, "producer")
        app.do("consumer", lambda stage: stage.ask(subscription, 5))
        assert [worked(consumer), worked(consumer)] == [["a", "b", "c"], ["g", "h"]]
        assert [producer.expect(Informed).message for _ in range(4)] == ["d", "e", "f", "i"]


def test_dem_12_an_info_with_nothing_before_it_comes_at_once_and_a_displaced_one_when_displaced() -> None:
    with stages() as app:
        producer = app.start("producer", Pusher, buffer_size=2)
        app.inform("producer", "first")
        app.push("producer", "a", "b")
        app.inform("producer", "second")
        assert all_now(producer) == [Informed("first")]
        app.push("producer", "c", "d")
        assert all_now(producer) == [Discarded(["a", "b"]), Informed("second")]


def test_dem_13_an_info_of_a_producer_consumer_waits_behind_its_input() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        middle = app.start("middle", Middle)
        app.link("middle", "producer", 4, 0)
        app.push("producer", 1, 2, 3, 4)
        app.settle("middle")
        app.inform("middle", "behind")
        assert middle.nothing_more()
        consumer = app.start("consumer", Collector)
        app.link("consumer", "middle", 10)
        assert worked(consumer) == [1, 2, 3, 4]
        assert [type(middle.expect(object)) for _ in range(2)] == [Worked, Informed]


def test_bw_101_two_slow_consumers_of_a_broadcast_do_not_double_the_demand() -> None:
    until = threading.Event()
    with stages() as app:
        producer = app.start("producer", Counter, dispatcher=BroadcastDispatcher())
        for name, most in (("one", 10), ("two", 20)):
            app.start(name, Sleeper, until)
            app.link(name, "producer", most)
        app.settle("producer")
        assert all_now(producer) == [Demanded(10)]
        until.set()


def test_events_that_no_selector_wants_are_replaced() -> None:
    """Without anybody asking anew: the consumer's demand still stands."""
    with stages() as app:
        producer = app.start("producer", Counter, dispatcher=BroadcastDispatcher())
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 4, 0, selector=lambda number: number % 2 == 0)
        got: list[int] = []
        while len(got) < 8:
            got += worked(consumer)
        assert got[:8] == [0, 2, 4, 6, 8, 10, 12, 14]
        assert producer.expect(Demanded).count == 4
        assert producer.expect(Demanded).count == 2


def test_a_consumer_that_died_before_it_was_heard_holds_no_partition() -> None:
    """Its successor runs at its path by then."""
    until = threading.Event()
    with stages() as app:
        app.start("producer", Pusher, dispatcher=PartitionDispatcher(1, lambda event: 0))
        app.start("consumer", Collector)
        app.cast("producer", Do(lambda stage: until.wait(PATIENCE_SECONDS)))
        subscribe = SubscribeTo("/producer", Terms(4, 0, cancel="temporary", partition=0))
        app.call("consumer", subscribe)
        app.stop("consumer")
        successor = app.start("consumer", Collector)
        app.call("consumer", subscribe)
        until.set()
        app.push("producer", "a")
        assert worked(successor) == ["a"]
