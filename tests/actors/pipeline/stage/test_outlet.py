from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.stage import DemandDispatcher
from actors.pipeline.stage.outlet import Discard, Inform, Produce
from tests.actors.pipeline.stage.peers import dealt, join, outlet


def test_bw_90_the_demand_of_a_consumer_that_left_is_not_asked_for_again() -> None:
    out = outlet()
    (one,) = join(out, "one")
    assert out.ask(one, 10) == [Produce(10)]
    assert out.cancel(one) == []
    assert out.on_order == 10
    (two,) = join(out, "two")
    assert out.ask(two, 5) == []
    assert out.on_order - out.dispatcher.wanted() == 5
    assert dealt(out.emit(range(5))) == {"two": [0, 1, 2, 3, 4]}


def test_dem_6_what_was_delivered_to_nobody_is_there_for_the_next() -> None:
    out = outlet()
    (one,) = join(out, "one")
    out.ask(one, 10)
    out.cancel(one)
    assert out.emit(range(10)) == []
    (two,) = join(out, "two")
    assert dealt(out.ask(two, 5)) == {"two": [0, 1, 2, 3, 4]}
    assert out.ask(two, 5)[-1] != Produce(5)


def test_dem_5_the_producer_is_asked_for_what_the_buffer_does_not_cover() -> None:
    out = outlet()
    out.emit("abc")
    (one,) = join(out, "one")
    steps = out.ask(one, 5)
    assert dealt(steps) == {"one": ["a", "b", "c"]}
    assert steps[-1] == Produce(2)


def test_bw_84_accumulated_asks_go_up_one_by_one() -> None:
    out = outlet(mode="accumulate")
    one, two = join(out, "one", "two")
    assert out.ask(one, 2) + out.ask(two, 2) == []
    assert out.set_mode("forward") == [Produce(2), Produce(2)]


def test_dem_9_events_are_held_back_while_accumulating() -> None:
    out = outlet()
    (one,) = join(out, "one")
    out.ask(one, 3)
    out.set_mode("accumulate")
    assert out.emit("ab") == []
    assert out.shortage() == 0
    assert dealt(out.set_mode("forward")) == {"one": ["a", "b"]}


def test_dem_9_a_held_ask_is_forgotten_with_its_consumer() -> None:
    out = outlet(mode="accumulate")
    (one,) = join(out, "one")
    out.ask(one, 3)
    out.cancel(one)
    assert out.set_mode("forward") == []


def test_bw_85_86_infos_leave_in_their_place() -> None:
    out = outlet(size=10)
    (one,) = join(out, "one")
    out.emit("abc")
    for message in "def":
        assert out.inform(message) == []
    out.emit("gh")
    out.inform("i")
    shown = [step.events if not isinstance(step, Inform | Produce) else step for step in out.ask(one, 5)]
    assert shown == [list("abc"), *map(Inform, "def"), list("gh"), Inform("i")]


def test_dem_7_what_overflows_is_handed_out_and_infos_that_lose_their_place_too() -> None:
    out = outlet(size=2)
    out.emit("ab")
    out.inform("after b")
    assert out.emit("cd") == [Discard(["a", "b"], "the buffer holds 2"), Inform("after b")]


def test_a_producer_consumer_is_never_asked() -> None:
    out = outlet(asks_for_more=False)
    (one,) = join(out, "one")
    assert out.ask(one, 5) == []
    assert out.shortage() == 5


def test_events_that_nobody_asked_for_serve_the_demand_that_is_on_order() -> None:
    """A source that pushes more than it was asked for fills the buffer, which then is asked before the source."""
    out = outlet()
    (one,) = join(out, "one")
    out.ask(one, 4)
    assert dealt(out.emit(range(6))) == {"one": [0, 1, 2, 3]}
    assert (out.on_order, out.buffer.count) == (0, 2)
    steps = out.ask(one, 3)
    assert dealt(steps) == {"one": [4, 5]}
    assert steps[-1] == Produce(1)


@given(
    st.lists(st.tuples(st.sampled_from(["ask", "emit", "leave", "bounce"]), st.integers(0, 2), st.integers(1, 9))),
    st.booleans(),
)
def test_nothing_is_lost_or_doubled_or_asked_for_twice(actions: list[tuple[str, int, int]], shuffle: bool) -> None:
    """Consumers ask, leave and are replaced; the producer delivers as late as it likes, never more than it owes."""
    out = outlet(DemandDispatcher(shuffle=shuffle))
    consumers = [join(out, f"{number}-0")[0] for number in range(3)]
    asked: dict[str, int] = {}
    got: dict[str, list[int]] = {}
    ordered = emitted = bounced = 0
    for turn, (action, who, count) in enumerate(actions):
        consumer = consumers[who]
        steps: Any = []
        match action:
            case "ask":
                asked[consumer.consumer[1:]] = asked.get(consumer.consumer[1:], 0) + count
                steps = out.ask(consumer, count)
            case "emit":
                count = min(count, ordered - emitted)
                steps = out.emit(range(emitted, emitted + count))
                emitted += count
            case "leave" | "bounce":
                steps = out.cancel(consumer)
                if action == "bounce":  # it died with all it ever got, which is older than what waits
                    bounced += 1
                    steps = [*steps, *out.give_back(consumer, got.pop(consumer.consumer[1:], []))]
                consumers[who] = join(out, f"{who}-{turn + 1}")[0]
        for name, events in dealt(steps).items():
            assert bounced or events == sorted(events)
            got.setdefault(name, []).extend(events)
            assert len(got[name]) <= asked[name]
        ordered += sum(step.count for step in steps if isinstance(step, Produce))
        assert ordered - emitted == out.on_order
        assert out.shortage() == 0
        assert ordered <= sum(asked.values())
    assert sorted([event for events in got.values() for event in events] + out.clear()) == list(range(emitted))
