from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.carrier.party import party
from actors.carrier.port import (
    Accepted,
    Arrived,
    Inbound,
    InDoubt,
    LinkLost,
    LinkReady,
    Outcomes,
    Receipt,
    Refused,
    Silent,
    Throttled,
    Unasked,
    Unsent,
)
from actors.carrier.simulated import phones, watcher
from actors.carrier.simulated.config import SimulatedCarrier
from actors.carrier.simulated.link import simulated_link_spec
from actors.carrier.simulated.network import read
from actors.carrier.simulated.post import type_text, type_texts
from supervision.faults import FaultRule
from supervision.testing import FakeClock
from tests.actors.carrier.linking import INTAKE, LINK, SUBSCRIBER, Linked, linked
from tests.actors.carrier.pieces import OURS, PHONE, piece, pieces

FILE = "phones.sqlite"


@contextmanager
def simulated(home: Path, clock: Any = None, **config: Any) -> Iterator[Linked]:
    settings = SimulatedCarrier.model_validate(config)
    with linked(
        simulated_link_spec("link", "sim", settings, home, subscriber=SUBSCRIBER, intake=INTAKE), clock
    ) as link:
        yield link


def rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"behaviour": rules, "seed": 1}


def test_a_text_reaches_the_phone_and_its_receipt_comes_back(tmp_path: Path) -> None:
    with simulated(tmp_path) as link:
        assert link.ready.window == 50
        (outcome,) = link.sent(piece("Grüße 😀"))
        arrived = link.intake.expect(Arrived)
        link.settle(arrived)
    assert isinstance(outcome.verdict, Accepted) and isinstance(arrived.item, Receipt)
    assert (arrived.item.carrier_id, arrived.item.state) == (outcome.verdict.carrier_id, "delivered")
    (shown,) = phones.screen(tmp_path / FILE, PHONE)
    assert (shown.source, shown.text) == (OURS, "Grüße 😀")
    assert phones.numbers(tmp_path / FILE) == [PHONE]


def test_a_phone_puts_segments_together_from_their_octets(tmp_path: Path) -> None:
    text = "ä€" * 200
    parts = pieces(text)
    with simulated(tmp_path) as link:
        link.sent(*reversed(parts))
    (shown,) = phones.screen(tmp_path / FILE, PHONE)
    assert shown.text == text
    assert [segment.number for segment in shown.segments] == list(range(1, len(parts) + 1))
    assert phones.doubled(tmp_path / FILE) == {}


def test_what_a_member_types_comes_until_it_is_settled(tmp_path: Path) -> None:
    id = type_text(tmp_path / FILE, "sim", PHONE, OURS, "JOIN ünïcode")
    with simulated(tmp_path) as link:
        first = link.intake.expect(Arrived)
        assert isinstance(first.item, Inbound)
        assert (first.item.id, first.item.text, first.item.source) == (id, "JOIN ünïcode", party(PHONE))
        link.settle(first, ok=False)
        again = link.intake.expect(Arrived)
        assert again.item == first.item
    with simulated(tmp_path) as link:
        last = link.intake.expect(Arrived)
        assert last.item == first.item
        link.settle(last)
        link.sent(piece())  # the settlement came before it
    assert read(tmp_path / FILE, "SELECT count(*) FROM post WHERE item LIKE '%JOIN%'") == [(0,)]


def test_many_texts_come_in_the_order_of_typing(tmp_path: Path) -> None:
    texts = [(PHONE, OURS, f"text {number}") for number in range(2500)]
    ids = type_texts(tmp_path / FILE, "sim", texts)
    with simulated(tmp_path) as link:
        came = []
        while len(came) < len(ids):
            arrived = link.intake.expect(Arrived)
            assert isinstance(arrived.item, Inbound)
            came.append(arrived.item.id)
            link.settle(arrived)
    assert came == ids


def test_when_the_intake_dies_its_texts_come_again(tmp_path: Path) -> None:
    type_text(tmp_path / FILE, "sim", PHONE, OURS, "hello")
    with simulated(tmp_path) as link:
        first = link.intake.expect(Arrived)
        link.running.system.faults.enabled = True
        link.running.system.faults.add(FaultRule("crash", INTAKE, times=1))
        assert link.intake.expect(Arrived).item == first.item


def test_when_the_subscriber_is_back_the_link_announces_itself_again(tmp_path: Path) -> None:
    with simulated(tmp_path) as link:
        link.running.system.faults.enabled = True
        link.running.system.faults.add(FaultRule("crash", SUBSCRIBER, times=1))
        assert link.subscriber.expect(LinkReady).incarnation == link.ready.incarnation


def test_more_than_the_window_is_left_alone(tmp_path: Path) -> None:
    with simulated(tmp_path, window=2, **rules({"answer_seconds": [0.05, 0.05]})) as link:
        outcomes = link.sent(*(piece(key=f"t{number}") for number in range(3)))
    assert outcomes[0].key == "t2" and outcomes[0].verdict == Unsent("the window is full")
    assert [outcome.key for outcome in outcomes[1:]] == ["t0", "t1"]
    assert len(phones.segments(tmp_path / FILE)) == 2


def test_what_was_meant_for_a_former_link_is_left_alone(tmp_path: Path) -> None:
    with simulated(tmp_path) as link:
        link.ready = LinkReady(LINK, "sim", link.ready.incarnation - 1, 50)
        link.hand_over([piece()])
        link.ready = LinkReady(LINK, "sim", link.ready.incarnation + 1, 50)
        assert [outcome.key for outcome in link.sent(piece(key="t2"))] == ["t2"]
    assert [segment.key for segment in phones.segments(tmp_path / FILE)] == ["t2"]


@pytest.mark.parametrize(
    ("rule", "verdict", "on_phone"),
    [
        ({"answer": "throttle"}, Throttled, 0),
        ({"answer": "refuse"}, Refused, 0),
        ({"answer": "none"}, InDoubt, 1),
        ({"answer": "none", "phone": False}, InDoubt, 0),
        ({"answer": "unsent"}, Unsent, 0),
        ({"phone": False}, Accepted, 0),
        ({"state": "undelivered"}, Accepted, 0),
    ],
)
def test_it_is_as_difficult_as_its_rules(
    tmp_path: Path, rule: dict[str, Any], verdict: type[object], on_phone: int
) -> None:
    with simulated(tmp_path, answer_timeout_seconds=0.01, **rules(rule)) as link:
        (outcome,) = link.sent(piece())
    assert isinstance(outcome.verdict, verdict)
    assert len(phones.segments(tmp_path / FILE)) == on_phone


def test_receipts_may_come_before_the_answer(tmp_path: Path) -> None:
    clock = FakeClock()
    with simulated(tmp_path, clock, **rules({"receipts": "early", "answer_seconds": [10, 10]})) as link:
        link.hand_over([piece()])
        clock.wait_for_timers(2)  # the poll and the answer
        clock.advance(1.0)
        receipt = link.intake.expect(Arrived).item
        clock.advance(10.0)
        (outcome,) = link.outcomes(1)
    assert isinstance(receipt, Receipt) and isinstance(outcome.verdict, Accepted)
    assert receipt.carrier_id == outcome.verdict.carrier_id


def test_a_carrier_that_hangs_up_leaves_doubt_and_an_end(tmp_path: Path) -> None:
    slow, cut = {"to": "+1555018*", "answer_seconds": [60, 60]}, {"to": "+1555019*", "answer": "hang-up"}
    with simulated(tmp_path, **rules(slow, cut)) as link:
        numbers = ("+15550180", "+15550190", "+15550191")
        outcomes = link.sent(*(piece(key=number, to=number) for number in numbers))
        link.subscriber.expect(LinkLost)
        link.subscriber.expect(LinkReady, lambda ready: ready.incarnation > link.ready.incarnation)
    assert {one.key: type(one.verdict) for one in outcomes} == {
        "+15550180": InDoubt,
        "+15550190": InDoubt,
        "+15550191": Unsent,
    }


def test_a_link_that_ends_leaves_no_piece_without_an_outcome(tmp_path: Path) -> None:
    with simulated(tmp_path, **rules({"to": PHONE, "answer_seconds": [60, 60]})) as link:
        link.hand_over([piece(), piece(key="t2", to="+15550178")])
        assert [outcome.key for outcome in link.outcomes(1)] == ["t2"]
        link.running.system.faults.enabled = True
        link.running.system.faults.add(FaultRule("crash", LINK, times=1))
        outcome = link.subscriber.expect(Outcomes).outcomes[0]
        assert (outcome.key, type(outcome.verdict)) == ("t1", InDoubt)
        link.subscriber.expect(LinkLost)


def test_the_carriers_own_list_refuses_whoever_opted_out(tmp_path: Path) -> None:
    phones.block(tmp_path / FILE, "sim", OURS, PHONE)
    with simulated(tmp_path) as link:
        (refused,) = link.sent(piece())
        assert isinstance(refused.verdict, Refused) and refused.verdict.opted_out
        assert refused.verdict.code == "21610"
        phones.block(tmp_path / FILE, "sim", OURS, PHONE, blocked=False)
        (accepted,) = link.sent(piece(key="t2"))
        assert isinstance(accepted.verdict, Accepted)


def test_its_limits_are_watched_and_can_be_enforced(tmp_path: Path) -> None:
    limit = {"name": "account", "most": 2, "seconds": 3600}
    with simulated(tmp_path, limits=[limit]) as link:
        assert all(isinstance(one.verdict, Accepted) for one in link.sent(*(piece(key=f"t{n}") for n in range(3))))
    assert watcher.violations(tmp_path / FILE) == 1
    with simulated(tmp_path, limits=[limit], enforce=True) as link:
        (throttled,) = link.sent(piece(key="t9"))
        assert isinstance(throttled.verdict, Throttled)
    (seen,) = watcher.watched(tmp_path / FILE)
    assert (seen.peak, seen.total, seen.violations) == (4, 4, 2)


def test_what_was_not_sent_is_not_counted(tmp_path: Path) -> None:
    limit = {"name": "account", "most": 0, "seconds": 1}
    with simulated(tmp_path, limits=[limit], **rules({"answer": "unsent"})) as link:
        link.sent(piece())
    assert watcher.violations(tmp_path / FILE) == 0


def test_it_knows_what_became_of_pieces_whose_receipts_were_lost(tmp_path: Path) -> None:
    gone = rules(
        {"to": PHONE, "receipts": "never"},
        {"receipts": "never", "state": "undelivered", "code": "30003"},
    )
    with simulated(tmp_path, **gone) as link:
        outcomes = link.sent(piece(key="a"), piece(key="b", to="+15550178"))
        ids = [one.verdict.carrier_id for one in outcomes if isinstance(one.verdict, Accepted)]
        assert link.intake.nothing_more()
        link.ask(*ids, "no-such-piece")
        assert link.subscriber.expect(Unasked) == Unasked(LINK, "sim", 1, Silent.REFUSED)
        arrived = [link.intake.expect(Arrived) for _ in ids]
        link.settle(*arrived)
    receipts = [one.item for one in arrived if isinstance(one.item, Receipt)]
    assert [(one.carrier_id, one.state, one.code) for one in receipts] == [
        (ids[0], "delivered", ""),
        (ids[1], "undelivered", "30003"),
    ]


def test_a_piece_that_is_on_its_way_is_said_to_be_so(tmp_path: Path) -> None:
    with simulated(tmp_path, **rules({"receipt_seconds": [60, 60]})) as link:
        (outcome,) = link.sent(piece())
        assert isinstance(outcome.verdict, Accepted)
        link.ask(outcome.verdict.carrier_id)
        item = link.intake.expect(Arrived).item
        assert isinstance(item, Receipt) and item.state == "sent"
