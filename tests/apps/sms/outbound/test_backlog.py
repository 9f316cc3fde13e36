"""What waits in memory: fair between leaders, in order within conversations."""

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.outbound.backlog import QUANTUM, Backlog
from apps.sms.outbound.texts import Text
from apps.sms.states import Lane

AT = datetime(2026, 11, 22, tzinfo=UTC)


def text(id: int, member: str = "", leader: str = "ada", ours: str = "+1", lane: Lane = Lane.BROADCAST) -> Text:
    return Text(
        id=id,
        key=f"t{id}",
        lane=lane,
        leader=leader,
        member=member or f"+1555{id}",
        our_number=ours,
        body="x",
        created_at=AT,
    )


def backlog(*texts: Text) -> Backlog:
    """All of them read."""
    found = Backlog(lambda one: 1)
    for flow in dict.fromkeys(one.flow for one in texts):
        found.found(flow)
        found.put(flow, [one for one in texts if one.flow == flow])
    return found


def drain(found: Backlog, now: float = 0.0, most: int = 1000) -> list[Text]:
    """Whatever may be sent now."""
    sent: list[Text] = []
    while len(sent) < most and (one := found.next(now)) is not None:
        found.sent(one)
        sent.append(one)
    return sent


def test_a_flow_is_fresh_until_it_was_read_and_again_when_it_is_found_anew() -> None:
    found, first = Backlog(lambda one: 1), text(1)
    found.found(first.flow)
    assert found.is_fresh(first.flow)
    found.put(first.flow, [first])
    assert not found.is_fresh(first.flow)
    drain(found)
    found.put(first.flow, [])
    found.found(first.flow)
    assert found.is_fresh(first.flow)


def test_a_leader_with_many_texts_does_not_delay_one_with_few() -> None:
    many = [text(id, leader="ada") for id in range(500)]
    few = [text(1000 + id, leader="bob") for id in range(5)]
    sent = drain(backlog(*many, *few))
    assert len(sent) == 505
    assert {one.id for one in few} <= {one.id for one in sent[: 4 * QUANTUM]}


def test_numbers_of_a_leader_share_its_turn() -> None:
    rows = [text(id, leader="ada", ours=f"+{id % 10}") for id in range(200)] + [
        text(1000 + id, leader="bob") for id in range(200)
    ]
    first = Counter(one.leader for one in drain(backlog(*rows), most=100))
    assert abs(first["ada"] - first["bob"]) <= QUANTUM


def test_one_number_at_its_limit_stops_no_other() -> None:
    found = backlog(text(1, ours="+1"), text(2, ours="+2"))
    first = found.next(0.0)
    assert first is not None
    found.park(first, 5.0)
    (other,) = drain(found)
    assert other.our_number != first.our_number and found.opens_at(0.0) == 5.0
    assert drain(found, now=5.0) == [first]


def test_a_conversation_waits_for_the_text_that_is_under_way_and_others_overtake_it() -> None:
    found = backlog(text(1, "+1555"), text(2, "+1555"), text(3, "+1556"))
    assert [one.id for one in drain(found)] == [1, 3]
    found.settled(text(1, "+1555").conversation)
    assert [one.id for one in drain(found)] == [2]


def test_it_waits_for_the_next_try_too() -> None:
    found = backlog(text(1, "+1555"), text(2, "+1555"))
    (first,) = drain(found)
    found.settled(first.conversation, until=9.0)
    assert drain(found, now=8.0) == [] and found.opens_at(8.0) == 9.0
    assert [one.id for one in drain(found, now=9.0)] == [2]


def test_what_goes_back_is_read_again_before_what_was_read() -> None:
    rows = [text(1, "+1555"), text(2, "+1555"), text(3, "+1556")]
    found = backlog(*rows)
    first = found.next(0.0)
    assert first is rows[0]
    found.sent(first)
    found.reread(first)
    found.settled(first.conversation)
    assert found.hungry(0.0) == [first.flow] and len(found) == 0
    assert found.put(first.flow, rows) == 3
    assert [one.id for one in drain(found)] == [1, 3]


def test_the_same_row_is_kept_once() -> None:
    found = backlog(text(1, "+1555"), text(2, "+1555"))
    assert [one.id for one in drain(found)] == [1]
    assert found.put(text(2).flow, [text(2, "+1555")]) == 0


def test_a_flow_without_rows_is_forgotten() -> None:
    found = backlog(text(1))
    drain(found)
    assert found.put(text(1).flow, []) == 0
    assert found.flows == 0 and text(1).flow not in found


def test_an_opt_out_takes_texts_away() -> None:
    found = backlog(text(1, "+1555"), text(2, "+1556"), text(3, "+1555", leader="bob"))
    assert [one.id for one in found.silence("ada", "+1555")] == [1]
    assert sorted(one.id for one in drain(found)) == [2, 3]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from(list(Lane)), st.booleans()),
        max_size=60,
    )
)
def test_everything_leaves_once_and_each_conversation_of_a_lane_in_order(
    rows: list[tuple[str, str, Lane, bool]],
) -> None:
    texts = [text(id, member, leader, lane=lane) for id, (leader, member, lane, _) in enumerate(rows)]
    found, sent = backlog(*texts), list[Text]()
    for _ in range(len(texts) + 1):
        batch = drain(found)
        sent += batch
        for one in batch:
            found.settled(one.conversation)
    assert sorted(one.id for one in sent) == list(range(len(texts)))
    order: dict[tuple[Lane, str, str], int] = {}
    for one in sent:
        place = (one.lane, one.leader, one.member)
        assert order.get(place, -1) < one.id
        order[place] = one.id
