"""Calls, violations of the protocol, and that nothing is lost: by actors. The numbers are those of the contract."""

import threading
from typing import Any

import pytest

from actors.pipeline.stage import BadSubscription, BroadcastDispatcher, Stage, StageError, Terms
from actors.pipeline.stage.messages import Ask, Cancel, Cancelled, Events, Subscribe, SubscribeTo, Subscription
from supervision import NORMAL, ChildExited, NoProc
from supervision.testing import Probe
from tests.actors.pipeline.stage.stages import (
    Collector,
    Counter,
    Discarded,
    Do,
    Informed,
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


@pytest.mark.parametrize(("terms", "said"), [(Terms(0), ">= 1"), (Terms(1000, 2000), "<= 999"), (Terms(1, -1), ">= 0")])
def test_bw_87_bad_options_are_refused_with_their_range(terms: Terms, said: str) -> None:
    with stages() as app:
        app.start("producer", Pusher)
        app.start("consumer", Collector)
        with pytest.raises(BadSubscription, match=said):
            app.call("consumer", SubscribeTo("/producer", terms))
        assert app.do("consumer", lambda stage: stage.producers) == []


def test_bw_88_a_call_is_answered_after_its_events_were_sent() -> None:
    """So by the time the caller knows, they wait in the consumer's mailbox, ahead of whatever the caller sends."""
    with stages() as app:
        app.start("producer", Pusher)
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 10)
        app.push("producer", "a", "b")
        app.call("consumer", "after the answer")
        assert all_now(consumer) == [Worked(["a", "b"], "/consumer"), Informed("after the answer")]


def known(app: Stages) -> Subscription:
    """A subscription of the probe `peer`, made by hand."""
    subscription = app.subscription("producer", "peer")
    app.cast("producer", Subscribe(subscription, Terms(10)))
    return subscription


def test_bw_89_a_duplicate_subscription_is_answered_with_a_cancel() -> None:
    with stages() as app:
        producer = app.start("producer", Pusher)
        peer = app.start("peer", Probe)
        subscription = known(app)
        known(app)
        answer = peer.expect(Cancelled)
        assert (answer.subscription, "has this subscription already" in str(answer.reason)) == (subscription, True)
        assert producer.expect(Left).subscription == subscription
        app.push("producer", "still alive")


def test_bw_89_an_ask_of_an_unknown_subscription_is_answered_with_a_cancel() -> None:
    with stages() as app:
        producer = app.start("producer", Pusher)
        peer = app.start("peer", Probe)
        stranger = app.subscription("producer", "peer")
        app.cast("producer", Ask(stranger, 3))
        answer = peer.expect(Cancelled)
        assert (answer.subscription, "does not know" in str(answer.reason)) == (stranger, True)
        app.settle("producer")
        assert producer.nothing_more()


@pytest.mark.parametrize("count", [0, -1, 1.5, "many"])
def test_bw_89_an_ask_for_no_number_of_events_is_answered_with_a_cancel(count: Any) -> None:
    with stages() as app:
        app.start("producer", Pusher)
        peer = app.start("peer", Probe)
        app.cast("producer", Ask(known(app), count))
        assert "at least one event" in str(peer.expect(Cancelled).reason)
        app.push("producer", "still alive")


def test_bw_89_events_of_an_unknown_subscription_are_answered_with_a_cancel_that_returns_them() -> None:
    with stages() as app:
        consumer = app.start("consumer", Collector)
        peer = app.start("peer", Probe)
        stranger = app.subscription("peer", "consumer")
        app.cast("consumer", Events(stranger, ["a", "b"]))
        answer = peer.expect(Cancel)
        assert (answer.subscription, answer.returned) == (stranger, ("a", "b"))
        assert consumer.nothing_more()


def test_dem_15_returned_events_are_the_next_to_leave() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        app.push("producer", "c")
        app.start("peer", Probe)
        app.cast("producer", Cancel(app.subscription("producer", "peer"), NORMAL, ("a", "b")))
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 10, 0)
        assert worked(consumer) == ["a", "b", "c"]


def test_dem_15_a_consumer_that_emits_only_logs(caplog: pytest.LogCaptureFixture) -> None:
    with stages() as app:
        app.start("consumer", Collector)
        app.push("consumer", "a")
        assert app.do("consumer", lambda stage: stage.discarded) == 1
    assert "/consumer discarded 1 events: a consumer has nobody to send to" in caplog.text


def test_dem_15_a_consumer_cannot_be_subscribed_to_and_a_producer_cannot_subscribe() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        app.start("consumer", Collector)
        peer = app.start("peer", Collector)
        app.link("peer", "consumer", 10)
        assert "produces nothing" in str(peer.expect(Left).reason)
        with pytest.raises(BadSubscription, match="consumes nothing"):
            app.link("producer", "peer", 10)
        with pytest.raises(StageError, match="is a consumer"):
            app.mode("consumer", "forward")


def test_a_stage_must_be_able_to_do_something() -> None:
    with pytest.raises(StageError, match="neither"):
        Stage()


def test_nobody_can_subscribe_to_nobody() -> None:
    with stages() as app:
        app.start("consumer", Collector)
        with pytest.raises(NoProc):
            app.call("consumer", SubscribeTo("/nobody"))


def ask_thrice(stage: Any, subscription: Subscription) -> None:
    for _ in range(3):
        stage.ask(subscription, 1)
    stage.inbox.put(True)


def test_a_full_mailbox_delays_events_and_asks_but_loses_and_reorders_none() -> None:
    with stages() as app:
        app.start("producer", Counter)
        consumer = app.start("consumer", Collector)
        running = app.tree.system.registry.running
        boxes = [running(path).actor_inbox for path in ("/producer", "/consumer")]
        subscription = app.link("consumer", "producer", 4, manual=True)
        for box in boxes:
            box.fill()
        boxes[1].put_unbounded(
            Do(lambda stage: [stage.ask(subscription, 1) for _ in range(3)] and stage.inbox.put(True))
        )
        consumer.expect(bool)
        for box in boxes:
            box.unfill()
        assert [number for _ in range(3) for number in worked(consumer)] == [0, 1, 2]


class Returning(Middle):
    """Shows at its end what it still held."""

    def terminate(self, reason: Any) -> None:
        self.inbox.put(self.take_held())


def test_take_held_has_every_event_of_a_stage_once() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        middle = app.start("middle", Returning)
        app.link("middle", "producer", 10, 5)
        app.push("producer", *range(10))
        app.settle("middle")
        app.push("middle", "x", "y")
        app.stop("middle")
        assert middle.expect(list) == [*range(10), "x", "y"]


class Failing(Returning):
    def handle_events(self, events: list[Any], source: Subscription) -> None:
        raise RuntimeError("the test said so")


def test_take_held_includes_the_chunk_whose_work_was_cut_short() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        middle = app.start("middle", Failing, BroadcastDispatcher())
        app.start("consumer", Collector)
        app.link("middle", "producer", 10, 5)
        app.push("producer", *range(10))
        app.call("consumer", SubscribeTo("/middle", Terms(10, cancel="temporary")))
        assert middle.expect(list) == list(range(10))


def test_a_stop_waits_for_the_chunk_in_hand_only() -> None:
    until = threading.Event()
    with stages() as app:
        app.start("producer", Pusher)
        consumer = app.start("consumer", Sleeper, until)
        app.link("consumer", "producer", 10, 9)
        app.push("producer", *range(10))
        assert worked(consumer) == [0]
        app.tree.system.registry.running("/consumer").request_stop(NORMAL)
        until.set()
        app.tree.events.expect(ChildExited, lambda event: event.path == "/consumer")
        assert consumer.nothing_more()


def test_stray_events_whose_producer_is_gone_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    with stages() as app:
        consumer = app.start("consumer", Collector)
        app.start("peer", Probe)
        stray = app.subscription("peer", "consumer")
        app.stop("peer")
        app.cast("consumer", Events(stray, ["a", "b"]))
        assert consumer.expect(Discarded).events == ["a", "b"]
    assert "/consumer discarded 2 events" in caplog.text


def test_dem_14_a_stage_may_answer_before_it_emits() -> None:
    def answer_first(stage: Any) -> None:
        stage.take_reply().set("answered")
        stage.emit(["a"])

    with stages() as app:
        app.start("producer", Pusher)
        consumer = app.start("consumer", Collector)
        app.link("consumer", "producer", 10)
        assert app.do("producer", answer_first) == "answered"
        assert worked(consumer) == ["a"]
