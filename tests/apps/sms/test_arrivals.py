from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.party import party
from actors.carrier.port import Inbound, Receipt, ReceiptState
from apps.contracts.sms_pb2 import InboundReceipt, InboundText
from apps.sms.arrivals import message_of, storable
from apps.sms.queues import RECEIPTS, STOP, bucket_of

AT = datetime(2026, 11, 22, 10, 30, 0, 250_000, tzinfo=UTC)


def inbound(text: str, to: str = "+14155550100") -> Inbound:
    return Inbound("a", "m1", party("+14155550177"), party(to), text, AT)


@given(text=st.text(max_size=200), to=st.sampled_from(["+14155550100", "21212", "+447700900123"]))
def test_a_text_travels_whole_to_its_queue(text: str, to: str) -> None:
    message = message_of(inbound(text, to), 1_000_000.5, 16)
    body = InboundText.FromString(message.body)
    assert body.body == storable(text) and "\0" not in body.body
    assert message.routing_key in (STOP, bucket_of(to, 16))
    assert body.sent_at.ToDatetime(UTC) == AT and body.received_at.ToNanoseconds() == 1_000_000_500_000_000


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_what_can_be_stored_is_not_changed(text: str) -> None:
    assert storable(text) == text


@pytest.mark.parametrize(("text", "queue"), [("STOP", STOP), ("stop by tomorrow", bucket_of("+14155550100", 16))])
def test_only_a_word_alone_overtakes(text: str, queue: str) -> None:
    assert message_of(inbound(text), 0.0, 16).routing_key == queue


def test_a_receipt_is_named_by_what_it_says() -> None:
    receipts = [Receipt("a", "x", state, "7", AT, True) for state in (ReceiptState.SENT, ReceiptState.DELIVERED)]
    first, second = (message_of(receipt, 5.0, 16) for receipt in receipts)
    body = InboundReceipt.FromString(first.body)
    assert (body.carrier, body.carrier_id, body.state, body.code, body.opted_out) == ("a", "x", "sent", "7", True)
    assert first.routing_key == second.routing_key == RECEIPTS
    assert first.message_id != second.message_id
