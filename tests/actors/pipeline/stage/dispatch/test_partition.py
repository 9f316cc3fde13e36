from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.stage import BadSubscription, PartitionDispatcher, StageError, UnknownPartition
from actors.pipeline.stage.dispatch.partition import Orphans
from actors.pipeline.stage.outlet import Discard, Outlet, Produce
from tests.actors.pipeline.stage.peers import dealt, join, outlet


def parity(number: int) -> int:
    return number % 2


def halves(orphans: Orphans = "keep", slack: int = 0) -> tuple[PartitionDispatcher, Any, Any]:
    dispatcher = PartitionDispatcher(2, parity, slack=slack, orphans=orphans)
    (even,), (odd,) = join(dispatcher, "even", partition=0), join(dispatcher, "odd", partition=1)
    return dispatcher, even, odd


def full_even_queue(orphans: Orphans) -> tuple[Outlet, Any, Any]:
    """Partition 0 has 5 queued, partition 1 has asked for 5."""
    dispatcher, even, odd = halves(orphans)
    out = outlet(dispatcher)
    assert out.ask(odd, 5) == [Produce(5)]
    assert out.emit([0, 2, 4, 6, 8]) == []
    assert dispatcher.queued() == {0: 5, 1: 0}
    return out, even, odd


def test_bw_96_the_queue_of_a_consumer_that_leaves_is_dropped_and_asked_for_again() -> None:
    out, even, _ = full_even_queue("drop")
    steps = out.cancel(even)
    assert [step.events for step in steps if isinstance(step, Discard)] == [[0, 2, 4, 6, 8]]
    assert steps[-1] == Produce(5)


def test_dsp_4_or_it_is_kept_for_the_next_consumer_of_the_partition() -> None:
    out, even, _ = full_even_queue("keep")
    assert out.cancel(even) == []
    (successor,) = join(out, "successor", partition=0)
    assert dealt(out.ask(successor, 3)) == {"successor": [0, 2, 4]}


def test_dsp_4_events_for_a_partition_that_nobody_has_claimed_wait() -> None:
    out = outlet(PartitionDispatcher(2, parity))
    (odd,) = join(out, "odd", partition=1)
    out.ask(odd, 2)
    assert dealt(out.emit([0, 1])) == {"odd": [1]}
    (even,) = join(out, "even", partition=0)
    assert dealt(out.ask(even, 5)) == {"even": [0]}


def test_bw_97_an_event_of_no_partition_is_dropped_and_the_rest_is_left_over() -> None:
    dispatcher = PartitionDispatcher(2, lambda number: None if number % 3 == 0 else number % 2)
    (even,), (odd,) = join(dispatcher, "even", partition=0), join(dispatcher, "odd", partition=1)
    dispatcher.ask(even, 4)
    dispatcher.ask(odd, 4)
    deliveries, rest = dispatcher.dispatch(list(range(1, 13)))
    assert dealt(deliveries) == {"even": [2, 4, 8, 10], "odd": [1, 5, 7, 11]}
    assert rest == [12]
    assert dispatcher.skipped == 3


def test_dsp_2_what_nobody_gets_is_replaced() -> None:
    out = outlet(PartitionDispatcher(1, lambda number: None if number == 3 else 0))
    (one,) = join(out, "one", partition=0)
    out.ask(one, 4)
    assert dealt(out.emit([1, 2, 3, 4])) == {"one": [1, 2, 4]}
    assert out.order() == [Produce(1)]


def test_dsp_2_an_unknown_partition_ends_the_producer_with_all_events_still_there() -> None:
    out = outlet(PartitionDispatcher(["a", "b"], str))
    (one,) = join(out, "one", partition="a")
    out.ask(one, 3)
    with pytest.raises(UnknownPartition, match="'c'; there are only 'a', 'b'"):
        out.emit(["a", "b", "c"])
    assert out.clear() == ["a", "b", "c"]


def test_dsp_2_a_partition_has_one_consumer_and_must_exist() -> None:
    dispatcher, _, _ = halves()
    with pytest.raises(BadSubscription, match="belongs to /even"):
        join(dispatcher, "third", partition=0)
    with pytest.raises(BadSubscription, match="must be one of 0, 1, not 2"):
        join(dispatcher, "third", partition=2)


def test_dsp_3_what_a_hot_partition_holds_is_within_the_demand_of_all() -> None:
    dispatcher, even, odd = halves()
    out = outlet(dispatcher)
    out.ask(even, 10)
    out.ask(odd, 10)
    out.emit(range(0, 40, 2))
    assert dispatcher.queued() == {0: 10, 1: 0}
    assert out.shortage() == 0
    assert out.emit([40, 42]) == []
    assert (dispatcher.queued()[0], out.buffer.count) == (10, 2)


def test_dsp_3_slack_lets_idle_partitions_go_on_for_a_while() -> None:
    dispatcher, even, odd = halves(slack=5)
    out = outlet(dispatcher)
    out.ask(even, 10)
    out.ask(odd, 10)
    out.emit(range(0, 40, 2))
    assert out.order() == [Produce(5)]
    out.emit([40, 42, 44, 46, 48])
    assert dispatcher.queued() == {0: 15, 1: 0}
    assert out.order() == []


def test_what_did_not_reach_its_consumer_stays_ahead_of_its_partitions_queue() -> None:
    dispatcher, even, _ = halves()
    out = outlet(dispatcher)
    out.ask(even, 2)
    assert dealt(out.emit([0, 2])) == {"even": [0, 2]}
    out.cancel(even)
    assert out.give_back(even, [0, 2]) == []
    (successor,) = join(out, "successor", partition=0)
    assert dealt(out.ask(successor, 5)) == {"successor": [0, 2]}


ACTIONS = st.sampled_from(["ask", "emit", "leave", "die"])


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 2), st.integers(1, 7))))
def test_each_partition_gets_its_events_once_and_in_order(actions: list[tuple[str, int, int]]) -> None:
    """Also when a consumer leaves, or dies with all it has got; never more is sent than asked for."""
    out = outlet(PartitionDispatcher(3, lambda number: number * 7 % 3))
    holders = {part: join(out, f"{part}-0", partition=part)[0] for part in range(3)}
    worked: dict[int, list[int]] = {part: [] for part in range(3)}
    in_hand: dict[int, list[int]] = {part: [] for part in range(3)}
    asked, emitted = dict.fromkeys(range(3), 0), 0
    for turn, (action, part, count) in enumerate(actions):
        steps: Any = []
        match action:
            case "ask":
                asked[part] += count
                steps = out.ask(holders[part], count)
            case "emit":
                steps = out.emit(range(emitted, emitted + count))
                emitted += count
            case _:
                steps = out.cancel(holders[part])
                if action == "die":
                    assert out.give_back(holders[part], in_hand[part]) == []
                else:
                    worked[part] += in_hand[part]
                in_hand[part], asked[part] = [], 0
                holders[part] = join(out, f"{part}-{turn + 1}", partition=part)[0]
        for name, events in dealt(steps).items():
            in_hand[int(name[0])] += events
        assert all(len(in_hand[each]) <= asked[each] for each in range(3))
    got = {part: worked[part] + in_hand[part] for part in range(3)}
    assert sorted([event for events in got.values() for event in events] + out.clear()) == list(range(emitted))
    for part, events in got.items():
        assert events == [number for number in range(emitted) if number * 7 % 3 == part][: len(events)]


def test_who_has_no_partition_any_more_is_let_go_and_what_waits_is_sorted_anew() -> None:
    places = 2
    dispatcher = PartitionDispatcher(2, lambda number: number % places)
    out = outlet(dispatcher)
    (even,), (odd,) = join(out, "even", partition=0), join(out, "odd", partition=1)
    out.ask(odd, 6)
    out.emit([0, 2, 4])
    places = 3
    steps, gone = out.repartition(3)
    assert (dealt(steps), gone) == ({"odd": [4]}, [])
    assert dispatcher.queued() == {0: 1, 1: 0, 2: 1}
    places = 1
    steps, gone = out.repartition(1)
    assert gone == [odd]
    assert out.cancel(odd) == []
    assert dealt(out.ask(even, 5)) == {"even": [0, 2]}


def test_other_dispatchers_have_no_partitions() -> None:
    with pytest.raises(StageError, match="no partitions"):
        outlet().repartition(2)


@given(st.lists(st.tuples(st.sampled_from(["ask", "emit", "have"]), st.integers(0, 4), st.integers(1, 7)), max_size=40))
def test_however_many_there_are_each_key_keeps_its_order_and_each_event_leaves_once(
    actions: list[tuple[str, int, int]],
) -> None:
    places = 2
    out = outlet(PartitionDispatcher(2, lambda number: number % 7 % places))
    holders = {part: join(out, f"{part}", partition=part)[0] for part in range(2)}
    seen: list[int] = []
    emitted = 0
    for action, part, count in [*actions, *(("ask", part, 1000) for part in range(5)), ("have", 0, 5)]:
        steps: Any = []
        match action:
            case "ask" if part in holders:
                steps = out.ask(holders[part], count)
            case "emit":
                steps = out.emit(range(emitted, emitted + count))
                emitted += count
            case "have":
                places = count
                steps, gone = out.repartition(places)
                assert sorted(gone, key=str) == sorted((h for p, h in holders.items() if p >= places), key=str)
                for one in gone:
                    steps += out.cancel(one)
                holders = {part: holders.get(part) or join(out, f"{part}", partition=part)[0] for part in range(places)}
        seen += [event for events in dealt(steps).values() for event in events]
    for holder in holders.values():
        seen += [event for events in dealt(out.ask(holder, 1000)).values() for event in events]
    assert sorted(seen) == list(range(emitted))
    for key in range(7):
        assert [number for number in seen if number % 7 == key] == list(range(key, emitted, 7))
