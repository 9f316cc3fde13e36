from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.port import Receipt, ReceiptState
from actors.smpp import receipts
from actors.smpp.config import ReceiptIds
from actors.smpp.tags import Tag
from tests.actors.smpp.wire import text_from

USUAL = (
    "id:0012AB sub:001 dlvrd:001 submit date:2611221201 done date:261122120230 stat:DELIVRD err:000 text:id:9 stat:X"
)


def read(text: str, **options: Any) -> Receipt | None:
    options = {"esm_class": 4, **options}
    mode = options.pop("mode", ReceiptIds.AS_IS)
    opted_out = options.pop("opted_out", frozenset())
    return receipts.read(text_from(text.encode(), **options), "acme", mode, UTC, opted_out)


def test_the_usual_text() -> None:
    at = datetime(2026, 11, 22, 12, 2, 30, tzinfo=UTC)
    assert read(USUAL) == Receipt("acme", "0012AB", ReceiptState.DELIVERED, "000", at)


@pytest.mark.parametrize(
    "text",
    [
        "ID:77 STAT:delivrd",
        "stat:DELIVRD id:77",
        "  id: 77   stat: DELIVRD ",
        "stat:DELIVERED Done Date:2611221202 id:77 sub:001",
        "id:77 sub: dlvrd: submitdate:261122 done_date: stat:DELIVRD err: Text:",
    ],
)
def test_any_order_any_case_words_left_out(text: str) -> None:
    receipt = read(text)
    assert receipt is not None
    assert (receipt.carrier_id, receipt.state) == ("77", ReceiptState.DELIVERED)


@pytest.mark.parametrize("word", list(receipts.BY_WORD))
def test_states_in_words(word: str) -> None:
    receipt = read(f"id:1 stat:{word}")
    assert receipt is not None and receipt.state is receipts.BY_WORD[word]


@pytest.mark.parametrize("number", list(receipts.BY_NUMBER))
def test_states_in_numbers_come_first(number: int) -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"ABC\0"), (Tag.MESSAGE_STATE, bytes((number,))))
    receipt = read("id:1 stat:REJECTD err:017", tlvs=tlvs)
    assert receipt is not None
    assert (receipt.carrier_id, receipt.state, receipt.code) == ("ABC", receipts.BY_NUMBER[number], "017")


def test_the_networks_own_code() -> None:
    receipt = read("id:1 stat:UNDELIV", tlvs=((Tag.NETWORK_ERROR_CODE, b"\x03\x00\x1b"),))
    assert receipt is not None and receipt.code == "27"


def test_a_text_as_payload_or_in_ucs_2() -> None:
    assert read("", tlvs=((Tag.MESSAGE_PAYLOAD, USUAL.encode()),)) == read(USUAL)
    wide = text_from(USUAL.encode("utf-16-be")[:254], esm_class=4, data_coding=8)
    found = receipts.read(wide, "acme", ReceiptIds.AS_IS, UTC)
    assert found is not None and found.carrier_id == "0012AB"


def test_ids_are_converted_and_opt_outs_recognised() -> None:
    receipt = read("id:0012AB stat:UNDELIV err:088", mode=ReceiptIds.HEX_TO_DECIMAL, opted_out=frozenset({88}))
    assert receipt is not None
    assert (receipt.carrier_id, receipt.opted_out) == ("4779", True)


@pytest.mark.parametrize("text", ["", "Hello", "id:17", "stat:DELIVRD", "id: stat:DELIVRD", "id:17 stat:WHATEVER"])
def test_without_id_or_state_it_says_nothing(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(("esm_class", "yes"), [(0x04, True), (0x20, True), (0x44, True), (0, False), (0x08, False)])
def test_what_is_a_receipt(esm_class: int, yes: bool) -> None:
    assert receipts.is_receipt(text_from(USUAL.encode(), esm_class=esm_class)) is yes


def test_tlvs_make_a_receipt_of_any_class() -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, b"1\0"), (Tag.MESSAGE_STATE, b"\x02"))
    assert receipts.is_receipt(text_from(b"", tlvs=tlvs))
    assert not receipts.is_receipt(text_from(b"", tlvs=tlvs[:1]))


@pytest.mark.parametrize("word", ["", "x", "2611221299", "26112212021"])
def test_a_date_that_is_none(word: str) -> None:
    assert receipts.moment(word, UTC) is None


def test_a_date_is_in_the_carriers_time_zone() -> None:
    berlin = receipts.moment("2611221202", ZoneInfo("Europe/Berlin"))
    assert berlin is not None and berlin.astimezone(UTC) == datetime(2026, 11, 22, 11, 2, tzinfo=UTC)


@given(st.binary(max_size=200), st.lists(st.tuples(st.sampled_from(list(Tag)), st.binary(max_size=8)), max_size=4))
def test_no_receipt_breaks_the_reader(octets: bytes, tlvs: list[tuple[int, bytes]]) -> None:
    pdu = text_from(octets, esm_class=4, tlvs=tuple(tlvs))
    receipts.is_receipt(pdu)
    receipts.read(pdu, "acme", ReceiptIds.HEX_TO_DECIMAL, UTC)
