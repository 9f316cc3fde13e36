"""Texts and receipts in, from an independent SMSC."""

import pytest

from actors.carrier.port import Accepted, Inbound, Receipt, ReceiptState
from actors.gsm import split
from actors.smpp import statuses
from supervision import Down
from tests.actors.smpp.conftest import BIND, INTAKE, Office, office
from tests.actors.smpp.wire import LEADER, MEMBER, piece
from tests.servers.smsc import OwnSmsc

pytestmark = pytest.mark.timeout(300)

ROUTE = {"source_addr": "15551234567", "source_addr_ton": 1, "destination_addr": "12345", "dest_addr_ton": 3}


def send(smsc: OwnSmsc, ref: str, octets: bytes, **fields: object) -> None:
    smsc.tell(deliver={"ref": ref, "octets": octets.hex(), "data_coding": 0, **ROUTE, **fields})


def send_long(smsc: OwnSmsc, text: str, order: tuple[int, ...], reference: int = 7) -> None:
    segmented = split(text, reference=reference)
    coding = 8 if segmented.coding == "ucs2" else 0
    for place in order:
        segment = segmented.segments[place]
        send(smsc, f"part-{place}", segment.udh + segment.body, esm_class=0x40, data_coding=coding)


def inbound(hub: Office) -> tuple[int, Inbound]:
    arrived = hub.arrived()
    assert (arrived.link, arrived.carrier) == (BIND, "acme")
    assert isinstance(arrived.item, Inbound)
    return arrived.token, arrived.item


def test_a_text_is_answered_when_it_is_stored(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        send(smsc, "a", b"hello")
        arrived = hub.arrived()
        item = arrived.item
        assert isinstance(item, Inbound)
        assert (item.source, item.destination, item.text) == (MEMBER, LEADER, "hello")
        smsc.submitted()
        assert "deliver_resp" not in [one["event"] for one in smsc.events.seen]
        hub.settle(arrived)
        assert smsc.event("deliver_resp", ref="a")["status"] == statuses.ROK


def test_one_that_cannot_be_stored_comes_again_under_its_name(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        send(smsc, "a", b"hello")
        first = hub.arrived()
        hub.settle(first, ok=False)
        assert smsc.event("deliver_resp", ref="a")["status"] == statuses.RX_T_APPN
        send(smsc, "again", b"hello")
        second = hub.arrived()
        assert second.item == first.item
        hub.settle(second)
        assert smsc.event("deliver_resp", ref="again")["status"] == statuses.ROK
        send(smsc, "new", b"hello")
        third = hub.arrived()
        assert third.item != first.item, "the same words once more are another text"
        hub.settle(third)


def test_one_that_nobody_settles_is_sent_back_in_time(smsc: OwnSmsc) -> None:
    with office(smsc.place, seconds={"settle": 0.2}) as hub:
        hub.ready()
        send(smsc, "a", b"hello")
        arrived = hub.arrived()
        assert smsc.event("deliver_resp", ref="a")["status"] == statuses.RX_T_APPN
        hub.settle(arrived)
        hub.hand_over(piece())
        hub.outcomes(1)
        assert (hub.tally.events["not_stored_in_time"], hub.tally.events["settled_too_late"]) == (1, 1)


def test_what_an_intake_had_when_it_ended_is_sent_back(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        send(smsc, "a", b"hello")
        hub.arrived()
        hub.end(INTAKE)
        assert smsc.event("deliver_resp", ref="a")["status"] == statuses.RX_T_APPN
        assert not any(isinstance(one, Down) for one in hub.stored.seen)


def test_more_than_the_inbound_window_is_sent_back(smsc: OwnSmsc) -> None:
    with office(smsc.place, inbound_window=2) as hub:
        hub.ready()
        for ref in "abc":
            send(smsc, ref, ref.encode())
        assert smsc.event("deliver_resp")["ref"] == "c"
        hub.settle(hub.arrived(), hub.arrived())
        assert [smsc.event("deliver_resp")["status"] for _ in "ab"] == [0, 0]


@pytest.mark.parametrize("text", ["Grüße an alle! " * 20, "Привет 😀 " * 20], ids=["gsm7", "ucs2"])
def test_parts_in_any_order_are_one_text(smsc: OwnSmsc, text: str) -> None:
    parts = len(split(text).segments)
    order = tuple(reversed(range(parts)))
    with office(smsc.place, seconds={"part": 60.0}) as hub:
        hub.ready()
        send_long(smsc, text, order[:-1])
        smsc.submitted()
        send_long(smsc, text, order[-1:])
        arrived = hub.arrived()
        assert isinstance(arrived.item, Inbound) and arrived.item.text == text
        assert "deliver_resp" not in [one["event"] for one in smsc.events.seen]
        hub.settle(arrived)
        assert {smsc.event("deliver_resp")["ref"] for _ in order} == {f"part-{place}" for place in order}


def test_an_smsc_that_waits_for_each_answer_gets_it(smsc: OwnSmsc) -> None:
    text = "x" * 400
    with office(smsc.place, seconds={"part": 0.1}) as hub:
        hub.ready()
        for place in range(2):
            send_long(smsc, text, (place,))
            assert smsc.event("deliver_resp", ref=f"part-{place}")["status"] == 0
        send_long(smsc, text, (2,))
        token, item = inbound(hub)
        assert (token, item.text) == (1, text)


def test_sar_parameters_payload_and_data_sm(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        for number, octets in enumerate((b"one ", b"two"), 1):
            sar = {"sar_msg_ref_num": 300, "sar_total_segments": 2, "sar_segment_seqnum": number}
            send(smsc, f"s{number}", octets, **sar)
        assert inbound(hub)[1].text == "one two"
        send(smsc, "p", b"", payload=(b"y" * 300).hex())
        assert inbound(hub)[1].text == "y" * 300
        smsc.tell(data={"ref": "d", "payload": b"by data".hex(), "data_coding": 0, **ROUTE})
        arrived = hub.arrived()
        assert isinstance(arrived.item, Inbound) and arrived.item.text == "by data"
        hub.settle(arrived)
        assert smsc.event("deliver_resp", ref="d")["status"] == 0


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("tlvs", [False, True], ids=["text", "tlvs"])
@pytest.mark.parametrize(
    ("ids", "receipt_ids", "mode", "shown"),
    [
        ("decimal", "decimal", "as-is", "1000"),
        ("decimal", "hex", "hex-to-decimal", "1000"),
        ("hex", "decimal", "decimal-to-hex", "3e8"),
    ],
)
def test_receipts_name_the_piece_whenever_they_come(
    smsc: OwnSmsc, moment: str, tlvs: bool, ids: str, receipt_ids: str, mode: str, shown: str
) -> None:
    smsc.behave(receipts=moment, receipt_tlvs=tlvs, ids=ids, receipt_ids=receipt_ids)
    with office(smsc.place, receipt_ids=mode) as hub:
        hub.ready()
        hub.hand_over(piece())
        arrived = hub.arrived()
        (outcome,) = hub.outcomes(1)
        assert outcome.verdict == Accepted(shown)
        assert isinstance(arrived.item, Receipt)
        assert (arrived.item.carrier_id, arrived.item.state) == (shown, ReceiptState.DELIVERED)
        hub.settle(arrived)
        assert smsc.event("deliver_resp", ref="receipt")["status"] == 0


def test_what_says_nothing_is_counted_and_not_sent_again(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        send(smsc, "receipt", b"no words", esm_class=4)
        assert smsc.event("deliver_resp", ref="receipt")["status"] == 0
        send(smsc, "octets", b"\x01\x02", data_coding=4)
        assert smsc.event("deliver_resp", ref="octets")["status"] == 0
        assert (hub.tally.events["unreadable_receipt"], hub.tally.events["octets"]) == (1, 1)
