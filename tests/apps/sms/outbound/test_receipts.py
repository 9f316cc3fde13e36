"""Receipts from their queue into what is known of texts, on the embedded broker and SQLite."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.message import DecodeError
from sqlalchemy import select

from actors.broker import Message
from actors.carrier.port import Receipt, ReceiptState
from apps.sms.arrivals import message_of
from apps.sms.outbound import lookup
from apps.sms.outbound.known import APPLIED, DUPLICATE, EARLY
from apps.sms.outbound.receipts import OPT_OUTS, UNREADABLE, Receipts, read, receipts_spec
from apps.sms.queues import RECEIPTS
from apps.sms.tables import members
from tests.apps.sms.outbound.test_known import NOW, hand
from tests.apps.sms.outbound.world import join, lead, member
from tests.apps.sms.receiving import Desk, desk


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as one:
        with one.database.begin() as conn:
            lead(conn)
            join(conn, member(1))
        yield one


def receipt(id: str, state: ReceiptState = ReceiptState.DELIVERED, opted_out: bool = False) -> Message:
    return message_of(Receipt("sim", id, state, "", NOW, opted_out), NOW.timestamp(), 2)


def counts(one: Desk) -> dict[str, int]:
    handler = one.tree.system.registry.running("/sms/receipts").options.handler
    assert isinstance(handler, Receipts)
    return dict(+handler.counts)


def test_a_receipt_travels_as_it_came() -> None:
    at = datetime(2026, 11, 22, 1, 2, 3, 450000, tzinfo=UTC)
    said = Receipt("sim", "x1", ReceiptState.EXPIRED, "7", at, True)
    assert read(message_of(said, 0.0, 2).body) == said
    for wrong in (b"\xff\xff", b""):
        with pytest.raises((DecodeError, ValueError)):
            read(wrong)


def test_receipts_move_their_texts_once(open_desk: Desk) -> None:
    with open_desk.database.begin() as conn:
        hand(conn, "a", "x1")
        hand(conn, "b", "y1", "y2")
    open_desk.start_sms(receipts_spec(open_desk.settings))
    open_desk.publish(receipt("x1"), receipt("X1"), receipt("x1", ReceiptState.SENT), receipt("y2"), receipt("z9"))
    open_desk.empty(RECEIPTS)
    assert {row.key: row.state for row in open_desk.rows()} == {"a": "delivered", "b": "handed"}
    assert counts(open_desk) == {APPLIED: 2, DUPLICATE: 2, EARLY: 1}


def test_an_opt_out_at_the_carrier_is_believed(open_desk: Desk) -> None:
    with open_desk.database.begin() as conn:
        hand(conn, "a", "x1")
    open_desk.start_sms(receipts_spec(open_desk.settings))
    open_desk.publish(receipt("x1", ReceiptState.UNDELIVERED, opted_out=True))
    open_desk.empty(RECEIPTS)
    with open_desk.database.read() as conn:
        assert conn.execute(select(members.c.state)).scalar_one() == "left"
        shown = lookup.show(conn, "a")
    assert shown is not None and shown["state"] == "undelivered"
    assert counts(open_desk) == {APPLIED: 1, OPT_OUTS: 1}


def test_what_is_no_receipt_is_a_dead_letter(open_desk: Desk) -> None:
    open_desk.start_sms(receipts_spec(open_desk.settings))
    open_desk.publish(Message(b"\xff\xff", RECEIPTS), receipt("x1"))
    open_desk.until(lambda: len(open_desk.reasons()) == 1)
    assert "not a receipt" in open_desk.reasons()[0]
    open_desk.empty(RECEIPTS)
    assert counts(open_desk) == {UNREADABLE: 1, EARLY: 1}
