"""Texts as they came in: what a message must say, and the rows it makes."""

import pytest
from sqlalchemy import Engine

from apps.contracts.sms_pb2 import InboundText
from apps.sms.hub.storing import Arrival, UnreadableText, arrival
from tests.apps.sms.hub.conversing import BOBS, JOHN, MARY, NOW, OURS, arrived, lead, put, rows

NOW_SECONDS = NOW.timestamp()


def message(**said: object) -> bytes:
    whole = {"carrier": "simulated", "id": "1", "source": MARY, "destination": OURS, "body": "hi", **said}
    return InboundText(**whole).SerializeToString()  # type: ignore[arg-type]


def test_what_a_message_says() -> None:
    assert arrival(message(), NOW_SECONDS) == Arrival("simulated", "1", MARY, OURS, "hi", NOW)
    assert arrival(message(received_at=NOW), 0.0).at == NOW


@pytest.mark.parametrize("wrong", ["carrier", "id", "source", "destination"])
@pytest.mark.parametrize("value", ["", "x" * 129, "a\0b"])
def test_who_and_what_must_be_said(wrong: str, value: str) -> None:
    with pytest.raises(UnreadableText, match=wrong):
        arrival(message(**{wrong: value}), NOW_SECONDS)


def test_a_body_may_be_anything_that_a_database_keeps() -> None:
    assert arrival(message(body=""), NOW_SECONDS).body == ""
    assert arrival(message(body="a\0b 🙂"), NOW_SECONDS).body == "a\ufffdb 🙂"


def test_keys_are_short_enough_to_name_what_a_text_causes() -> None:
    one, other = (arrived("9" * 127 + last, "hi") for last in "12")
    assert one.key != other.key and max(len(one.key), len(other.key)) <= 140
    assert arrived("SM12", "hi").key == "in:simulated:SM12"


def test_rows_are_in_the_order_of_the_batch(engine: Engine) -> None:
    lead(engine)
    lead(engine, "bob", BOBS)
    batch = [
        arrived(number, str(number), (MARY, JOHN)[number % 2], (OURS, BOBS)[number % 3 == 0]) for number in range(40)
    ]
    stored = put(engine, *batch, batch[3])
    assert [one.body for one in stored] == [str(number) for number in range(40)]
    assert [row.id for row in rows(engine)] == [one.id for one in stored]
    assert {row.leader for row in rows(engine, our_number=BOBS)} == {"bob"}
    (new,) = put(engine, *batch[:3], arrived("new", "new"))
    assert (new.id, new.key, new.body) == (rows(engine)[-1].id, "in:simulated:new", "new")
