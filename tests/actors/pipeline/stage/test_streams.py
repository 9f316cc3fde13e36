"""DEM-16: iterables as producers, and producers as iterators."""

import itertools
from typing import Any

import pytest

from actors.pipeline.stage import BadSubscription, IterableProducer, StageError, SubscribeTo, Terms, stream
from supervision import ChildExited, ChildSpec, StartChild, StartFailed
from tests.actors.pipeline.stage.stages import (
    Collector,
    Counter,
    Do,
    Left,
    Pusher,
    Stages,
    stages,
    worked,
)


def start_iterable(app: Stages, iterable: Any, on_end: Any = "stop", id: str = "numbers") -> None:
    spec = ChildSpec(id=id, actor=IterableProducer, args=(iterable, on_end), restart="temporary")
    app.call("", StartChild(spec))


def of(producer: str, max_demand: int = 10, **terms: Any) -> SubscribeTo:
    return SubscribeTo(f"/{producer}", Terms(max_demand, **terms))


def test_dem_16_an_iterable_is_emitted_on_demand_and_stops_at_its_end() -> None:
    with stages() as app:
        start_iterable(app, "abc")
        consumer = app.start("consumer", Collector)
        app.call("consumer", SubscribeTo("/numbers", Terms(2, 0, cancel="temporary")))
        assert [worked(consumer), worked(consumer)] == [["a", "b"], ["c"]]
        assert consumer.expect(Left).reason.expected
        assert app.tree.events.expect(ChildExited, lambda event: event.path == "/numbers").reason.expected


def test_dem_16_or_it_stays_and_tells_later_consumers_that_it_is_over() -> None:
    with stages() as app:
        start_iterable(app, "a", "continue")
        for name, events in (("one", ["a"]), ("two", [])):
            consumer = app.start(name, Collector)
            app.call(name, SubscribeTo("/numbers", Terms(2, 0, cancel="temporary")))
            left = consumer.expect(Left)
            assert left.reason.expected
            assert [event for thing in consumer.seen[:-1] for event in thing.events] == events
        assert app.tree.system.whereis("/numbers").state == "running"


def test_dem_16_a_stream_ends_when_its_producer_is_done() -> None:
    with stages() as app:
        start_iterable(app, range(1000))
        assert list(stream(app.tree.system, of("numbers"))) == list(range(1000))
        assert [row.path for row in app.tree.system.tree.rows() if "stream" in row.path] == []


def test_dem_16_a_stream_of_two_producers_ends_with_the_second() -> None:
    with stages() as app:
        start_iterable(app, range(10), id="few")
        start_iterable(app, range(100, 200), id="many")
        events = list(stream(app.tree.system, of("few", cancel="temporary"), of("many", cancel="temporary")))
        assert sorted(events) == [*range(10), *range(100, 200)]


def test_dem_16_a_stream_that_is_broken_off_gives_back_what_it_did_not_use() -> None:
    with stages() as app:
        producer = app.start("counter", Counter)
        events = stream(app.tree.system, of("counter", 10))
        assert list(itertools.islice(events, 7)) == list(range(7))
        events.close()
        assert producer.expect(Left).reason.expected
        app.settle("counter")
        consumer = app.start("consumer", Collector)
        app.link("consumer", "counter", 10, 5)
        assert worked(consumer)[0] == 7


def test_dem_16_a_reader_that_takes_nothing_is_sent_no_more_than_it_asked_for() -> None:
    with stages() as app:
        producer = app.start("counter", Counter)
        events = stream(app.tree.system, of("counter", 10))
        assert next(events) == 0
        app.settle("counter")
        assert app.do("counter", lambda stage: stage.next) == 10
        events.close()
        assert producer.expect(Left)


@pytest.mark.parametrize(("policy", "broken"), [("permanent", True), ("transient", True), ("temporary", False)])
def test_dem_16_what_a_crash_of_the_producer_means_is_the_subscriptions_choice(policy: str, broken: bool) -> None:
    def crash(stage: Any) -> None:
        stage.emit(["last words"])
        raise RuntimeError("the test said so")

    with stages() as app:
        app.start("producer", Pusher)
        events = stream(app.tree.system, of("producer", cancel=policy))
        app.push("producer", "first words")
        assert next(events) == "first words"
        app.cast("producer", Do(crash))
        assert next(events) == "last words"
        if broken:
            with pytest.raises(StageError, match="the test said so"):
                next(events)
        else:
            assert list(events) == []


def test_dem_16_a_bad_subscription_is_told_at_the_first_look() -> None:
    with stages() as app:
        app.start("producer", Pusher)
        with pytest.raises(StartFailed) as failed:
            next(stream(app.tree.system, of("producer", 0)))
        assert isinstance(failed.value.__cause__, BadSubscription)
