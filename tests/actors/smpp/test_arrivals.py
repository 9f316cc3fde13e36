from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.port import Inbound, Receipt
from actors.gsm import split
from actors.smpp import statuses
from actors.smpp.arrivals import Answer, Arrivals, Count, Step, Tell
from actors.smpp.events import Delivery
from tests.actors.smpp.wire import config, text_from

LONG = "x" * 400
OK, AGAIN = statuses.ROK, statuses.RX_T_APPN


def arrivals(**options: Any) -> Arrivals:
    found = Arrivals("acme", config(**options))
    found.connected()
    return found


def delivery(sequence: int, octets: bytes, **fields: Any) -> Delivery:
    return Delivery(sequence, text_from(octets, sequence=sequence, **fields))


def parts(text: str = LONG, reference: int = 7) -> list[bytes]:
    return [segment.udh + segment.body for segment in split(text, reference=reference).segments]


def part(sequence: int, octets: bytes) -> Delivery:
    return delivery(sequence, octets, esm_class=0x40)


def tell(steps: list[Step]) -> Tell:
    (found,) = [step for step in steps if isinstance(step, Tell)]
    return found


def answers(steps: list[Step]) -> list[tuple[int, int]]:
    return [(step.sequence, step.status) for step in steps if isinstance(step, Answer)]


def counts(steps: list[Step]) -> list[str]:
    return [step.what for step in steps if isinstance(step, Count)]


def said(steps: list[Step]) -> str:
    item = tell(steps).item
    assert isinstance(item, Inbound)
    return item.text


def test_a_text_is_told_and_answered_when_it_is_stored() -> None:
    one = arrivals()
    steps = one.take(delivery(5, b"hello"), 0.0)
    assert (said(steps), answers(steps)) == ("hello", [])
    assert answers(one.settled(tell(steps).token, True, 1.0)) == [(5, OK)]
    assert counts(one.settled(tell(steps).token, True, 1.0)) == ["settled_too_late"]


def test_what_is_not_stored_comes_again() -> None:
    one = arrivals()
    first = one.take(delivery(5, b"hello"), 0.0)
    steps = one.settled(tell(first).token, False, 1.0)
    assert (answers(steps), counts(steps)) == ([(5, AGAIN)], ["sent_back"])
    assert tell(one.take(delivery(6, b"hello"), 2.0)).item == tell(first).item


def test_nobody_settles_in_time() -> None:
    one = arrivals(seconds={"settle": 10.0})
    one.take(delivery(5, b"hello"), 0.0)
    assert one.due() == 10.0
    assert one.tick(9.9) == []
    assert answers(one.tick(10.0)) == [(5, AGAIN)]
    assert one.due() is None


def test_the_intake_ends() -> None:
    one = arrivals()
    one.take(delivery(5, b"hello"), 0.0)
    one.take(delivery(6, b"you"), 0.0)
    assert answers(one.abandoned(1.0)) == [(5, AGAIN), (6, AGAIN)]


def test_receipts() -> None:
    one = arrivals()
    steps = one.take(delivery(5, b"id:17 stat:DELIVRD", esm_class=4), 0.0)
    item = tell(steps).item
    assert isinstance(item, Receipt) and item.carrier_id == "17"
    assert answers(one.settled(tell(steps).token, True, 1.0)) == [(5, OK)]


@given(st.permutations([0, 1, 2]))
def test_parts_are_held_until_the_text_is_stored(order: list[int]) -> None:
    one = arrivals(seconds={"part": 5.0})
    steps = [one.take(part(place + 10, parts()[place]), 0.0) for place in order]
    assert steps[:2] == [[], []]
    assert said(steps[2]) == LONG
    assert one.due() == 30.0, "nothing is held any more"
    assert sorted(answers(one.settled(tell(steps[2]).token, True, 1.0))) == [(10, OK), (11, OK), (12, OK)]


def test_an_smsc_that_waits_gets_its_answer_and_then_at_once() -> None:
    one = arrivals(seconds={"part": 1.0})
    one.take(part(1, parts()[0]), 0.0)
    assert one.due() == 1.0
    steps = one.tick(1.0)
    assert (answers(steps), counts(steps)) == ([(1, OK)], ["part_in_memory"])
    assert answers(one.take(part(2, parts()[1]), 2.0)) == [(2, OK)]
    whole = one.take(part(3, parts()[2]), 3.0)
    assert (said(whole), answers(whole)) == (LONG, [])
    assert answers(one.settled(tell(whole).token, True, 4.0)) == [(3, OK)]
    one.lost(5.0)
    one.connected()
    assert one.take(part(1, parts(reference=8)[0]), 6.0) == [], "the next connection may be another SMSC"


def test_an_smsc_that_sends_on_is_held() -> None:
    one = arrivals(seconds={"part": 1.0})
    one.take(part(1, parts()[0]), 0.0)
    one.take(delivery(2, b"hello"), 0.5)
    assert answers(one.tick(1.0)) == [(1, OK)]
    assert one.take(part(3, parts()[1]), 1.5) == []


def test_a_repeated_part_is_answered() -> None:
    one = arrivals()
    one.take(part(1, parts()[0]), 0.0)
    steps = one.take(part(2, parts()[0]), 0.1)
    assert (answers(steps), counts(steps)) == ([(2, OK)], ["repeated_part"])


def test_parts_outlive_the_connection() -> None:
    one = arrivals()
    one.take(part(1, parts()[0]), 0.0)
    one.take(part(2, parts()[1]), 0.0)
    one.lost(1.0)
    one.connected()
    steps = one.take(part(1, parts()[2]), 2.0)
    assert said(steps) == LONG
    assert answers(one.settled(tell(steps).token, True, 3.0)) == [(1, OK)]


@pytest.mark.parametrize("how", ["refused", "lost", "abandoned"])
def test_a_text_put_together_is_told_until_it_is_stored(how: str) -> None:
    """Its parts may be answered, so nobody sends them again."""
    one = arrivals(seconds={"part": 0.0, "settle": 10.0})
    steps = [one.take(part(place + 1, parts()[place]), 0.0) for place in range(3)]
    token = tell(steps[2]).token
    match how:
        case "refused":
            one.settled(token, False, 1.0)
        case "abandoned":
            one.abandoned(1.0)
        case "lost":
            one.lost(1.0)
            one.connected()
    again = one.tick(11.0)
    assert tell(again).item == tell(steps[2]).item
    expected = [] if how == "lost" else [(3, OK)]
    assert answers(one.settled(tell(again).token, True, 12.0)) == expected


def test_half_a_text_is_told_in_the_end() -> None:
    one = arrivals(seconds={"parts": 60.0, "part": 100.0})
    one.take(part(1, parts()[0]), 0.0)
    steps = one.tick(60.0)
    assert (said(steps), answers(steps), counts(steps)) == (LONG[:153], [(1, OK)], ["incomplete_text"])


def test_a_long_text_has_a_name_that_outlives_the_process() -> None:
    names = []
    for _ in range(2):
        one = arrivals()
        steps = [one.take(part(place + 1, octets), 0.0) for place, octets in enumerate(parts())]
        item = tell(steps[2]).item
        assert isinstance(item, Inbound)
        names.append(item.id)
    assert names[0] == names[1]


def test_octets_are_counted() -> None:
    one = arrivals()
    steps = one.take(delivery(5, b"\x01", data_coding=4), 0.0)
    assert (answers(steps), counts(steps)) == ([(5, OK)], ["octets"])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["part", "text", "stored", "failed", "tick", "lost", "abandoned"]),
            st.integers(0, 1),
            st.integers(0, 1),
        ),
        min_size=10,
        max_size=60,
    )
)
def test_every_delivery_is_answered_once_or_lost_with_its_connection(plan: list[tuple[str, int, int]]) -> None:
    """Sequence numbers begin anew with each connection, and so the wrong answer would hit somebody."""
    one = arrivals(seconds={"part": 2.0, "settle": 5.0, "parts": 20.0})
    open_: set[int] = set()
    tokens: list[int] = []
    now, sequence = 0.0, 0

    def carry_out(steps: list[Step]) -> None:
        tokens.extend(step.token for step in steps if isinstance(step, Tell))
        for number, _ in answers(steps):
            open_.remove(number)  # KeyError: answered twice, or on another connection

    for what, place, reference in plan:
        now += 1.5
        sequence += 1
        match what:
            case "part":
                open_.add(sequence)
                carry_out(one.take(part(sequence, parts("x" * 200, reference)[place]), now))
            case "text":
                open_.add(sequence)
                carry_out(one.take(delivery(sequence, b"hello"), now))
            case "stored" | "failed" if tokens:
                carry_out(one.settled(tokens.pop(), what == "stored", now))
            case "abandoned":
                carry_out(one.abandoned(now))
            case "lost":
                one.lost(now)
                one.connected()
                open_.clear()
                sequence = 0
            case "tick":
                carry_out(one.tick(now))
    for _ in range(20):
        now += 5.0
        carry_out(one.tick(now))
        for token in tokens[:]:
            tokens.remove(token)
            carry_out(one.settled(token, True, now))
    assert not open_, "never answered"
    assert one.due() is None
