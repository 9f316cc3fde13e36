import pytest

from actors.pipeline.stage import BadSubscription, BroadcastDispatcher
from actors.pipeline.stage.outlet import Produce
from tests.actors.pipeline.stage.peers import dealt, join, outlet


def test_bw_99_everybody_gets_the_same_and_the_smallest_demand_counts() -> None:
    out = outlet(BroadcastDispatcher())
    one, two = join(out, "one", "two")
    assert out.ask(one, 3) == []
    assert out.ask(two, 2) == [Produce(2)]
    assert dealt(out.emit(["a", "b"])) == {"one": ["a", "b"], "two": ["a", "b"]}
    (late,) = join(out, "late")
    assert out.ask(two, 2) == []
    assert out.emit(["c"]) == []
    steps = out.ask(late, 5)
    assert dealt(steps) == {"one": ["c"], "two": ["c"], "late": ["c"]}
    assert out.dispatcher.wanted() == 0


def test_bw_100_what_a_selector_does_not_want_is_asked_for_again() -> None:
    dispatcher = BroadcastDispatcher()
    out = outlet(dispatcher)
    (one,) = join(out, "one", selector=lambda event: event.startswith("pre"))
    (two,) = join(out, "two", selector=lambda event: event.startswith("pref"))
    out.ask(one, 4)
    assert out.ask(two, 4) == [Produce(4)]
    got = dealt(out.emit(["prefix", "pretend", "prefer", "other"]))
    assert got == {"one": ["prefix", "pretend", "prefer"], "two": ["prefix", "prefer"]}
    assert dispatcher.demands() == {one: 1, two: 2}
    assert dispatcher.skipped == 1
    assert out.order() == [Produce(1)]


def test_bw_101_two_consumers_do_not_double_the_demand() -> None:
    out = outlet(BroadcastDispatcher())
    (one,) = join(out, "one")
    assert out.ask(one, 10) == [Produce(10)]
    (two,) = join(out, "two")
    assert out.ask(two, 20) == []


def test_dsp_5_a_consumer_cannot_subscribe_twice() -> None:
    dispatcher = BroadcastDispatcher()
    join(dispatcher, "one")
    with pytest.raises(BadSubscription, match="/one is subscribed already"):
        join(dispatcher, "one")


def test_dsp_5_the_others_go_on_when_a_slow_one_leaves() -> None:
    out = outlet(BroadcastDispatcher())
    one, slow = join(out, "one", "slow")
    out.ask(one, 3)
    assert out.cancel(slow) == [Produce(3)]
    assert dealt(out.emit(["a"])) == {"one": ["a"]}


def test_the_copy_of_a_dead_consumer_is_not_sent_to_anybody_else() -> None:
    out = outlet(BroadcastDispatcher())
    one, two = join(out, "one", "two")
    out.ask(one, 1)
    out.ask(two, 1)
    out.emit(["a"])
    out.cancel(two)
    assert out.give_back(two, ["a"]) == []
    assert out.clear() == []
