import random

import pytest

from actors.pipeline.stage import DemandDispatcher
from tests.actors.pipeline.stage.peers import dealt, join


def order(dispatcher: DemandDispatcher) -> list[int]:
    return [demand for demand, _ in dispatcher.demands()]


def test_bw_91_whoever_asked_for_most_is_first() -> None:
    dispatcher = DemandDispatcher(max_demand=10)
    one, two, three = join(dispatcher, "one", "two", "three")
    for who, count in ((one, 4), (two, 2), (three, 3)):
        dispatcher.ask(who, count)
    assert dispatcher.demands() == [(4, one), (3, three), (2, two)]
    dispatcher.ask(three, 2)
    assert dispatcher.demands() == [(5, three), (4, one), (2, two)]
    dispatcher.ask(two, 4)
    assert dispatcher.demands() == [(6, two), (5, three), (4, one)]


def test_dsp_1_each_gets_its_whole_demand_in_one_list_and_the_rest_is_returned() -> None:
    dispatcher = DemandDispatcher()
    one, two = join(dispatcher, "one", "two")
    dispatcher.ask(one, 2)
    dispatcher.ask(two, 3)
    deliveries, rest = dispatcher.dispatch(list("abcdefg"))
    assert [(delivery.subscription, delivery.events) for delivery in deliveries] == [
        (two, ["a", "b", "c"]),
        (one, ["d", "e"]),
    ]
    assert rest == ["f", "g"]
    assert dispatcher.wanted() == 0


def test_dsp_1_among_equals_the_first_to_subscribe_is_first() -> None:
    dispatcher = DemandDispatcher()
    for who in reversed(join(dispatcher, "one", "two", "three")):
        dispatcher.ask(who, 1)
    deliveries, _ = dispatcher.dispatch(["a", "b", "c"])
    assert dealt(deliveries) == {"one": ["a"], "two": ["b"], "three": ["c"]}


def test_bw_93_the_first_dispatch_shuffles_and_no_later_one() -> None:
    seen = set()
    for seed in range(10):
        dispatcher = DemandDispatcher(shuffle=True, rng=random.Random(seed))
        one, two = join(dispatcher, "one", "two")
        dispatcher.ask(one, 3)
        dispatcher.ask(two, 2)
        deliveries, _ = dispatcher.dispatch(list("abcde"))
        first = deliveries[0].subscription
        seen.add(tuple("".join(delivery.events) for delivery in deliveries))
        for _ in range(5):
            dispatcher.ask(one, 1)
            dispatcher.ask(two, 1)
            again, _ = dispatcher.dispatch(["x", "y"])
            assert again[0].subscription == first
    assert seen == {("abc", "de"), ("ab", "cde")}


@pytest.mark.parametrize(("max_demand", "asks"), [(3, [4]), (None, [3, 4, 4])])
def test_bw_94_an_ask_for_more_than_all_should_ask_for_is_served_with_a_warning(
    max_demand: int | None, asks: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    dispatcher = DemandDispatcher(max_demand)
    (one,) = join(dispatcher, "one")
    for count in asks:
        dispatcher.ask(one, count)
    assert dispatcher.wanted() == sum(asks)
    assert "/one asks for 4 events, more than the 3 that all consumers of /producer should" in caplog.text
    assert len(caplog.records) == 1


def test_a_consumer_that_leaves_takes_its_demand_with_it() -> None:
    dispatcher = DemandDispatcher()
    one, two = join(dispatcher, "one", "two")
    dispatcher.ask(one, 4)
    dispatcher.ask(two, 2)
    dispatcher.cancel(one)
    assert order(dispatcher) == [2]
    assert dispatcher.wanted() == 2
