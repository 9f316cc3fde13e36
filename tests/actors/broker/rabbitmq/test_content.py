"""A message as AMQP's properties and back: nothing is lost but what the protocol cannot carry."""

from dataclasses import asdict, replace
from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.broker import Death, Message, MessageRefused, deaths
from actors.broker.deaths import with_death
from actors.broker.rabbitmq import decoding, frames
from actors.broker.rabbitmq.content import History, decode, encode_properties, own_headers
from actors.broker.rabbitmq.tables import time_of

NOW = 1_700_000_000.0
names = st.text(max_size=60)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
headers = st.dictionaries(names.filter(lambda name: not name.startswith("x-")), values, max_size=4)
messages = st.builds(
    Message,
    st.binary(max_size=400),
    names,
    names,
    headers,
    names,
    names,
    persistent=st.booleans(),
    correlation_id=names,
    reply_to=names,
    type=names,
    timestamp=st.integers(1, 2**40).map(float),
)


def carried(message: Message, own: dict[str, Any] | None = None, redelivered: bool = False) -> tuple[Message, History]:
    """Encoded, put into frames, read from frames, decoded."""
    properties = encode_properties(message, NOW, own)
    method = pika.spec.Basic.Deliver("tag", 1, redelivered, message.exchange, message.routing_key)
    deliver = pika.frame.Method(1, method)
    wire = deliver.marshal() + b"".join(frames.content(1, properties, message.body, 4096))
    (content,), consumed, _ = decoding.scan(wire)
    assert consumed == len(wire)
    return decode(content.properties, content.body, content.exchange, content.routing_key, content.redelivered)


@given(messages)
def test_what_is_encoded_is_decoded(message: Message) -> None:
    assert carried(message) == (message, History())


@given(messages)
def test_pika_reads_what_we_write(message: Message) -> None:
    theirs = pika.BasicProperties()
    theirs.decode(encode_properties(replace(message, headers={}), NOW))
    assert theirs.message_id == (message.message_id or None)
    assert theirs.delivery_mode == (2 if message.persistent else 1)
    assert theirs.timestamp == int(message.timestamp)


@given(messages, st.integers(0, 9), st.integers(0, 9))
def test_a_copy_brings_its_history_and_its_origin(message: Message, delivered: int, failed: int) -> None:
    own = own_headers(message, History(delivered, failed))
    properties = encode_properties(message, NOW, own)
    deliver = pika.frame.Method(1, pika.spec.Basic.Deliver("tag", 1, False, "", "its queue")).marshal()
    (content,), _, _ = decoding.scan(deliver + b"".join(frames.content(1, properties, message.body, 4096)))
    got = decode(content.properties, content.body, content.exchange, content.routing_key, False)
    assert got == (message, History(delivered, failed))


def test_a_missing_time_is_the_time_of_publishing() -> None:
    assert carried(Message(b""))[0].timestamp == NOW


def test_the_counts_of_a_quorum_queue_are_added_to_ours() -> None:
    message, history = carried(Message(b"", headers={"x-delivery-count": 2}), {"x-rookery-delivered": 3}, True)
    assert history == History(5, 2)
    assert message.headers == {}


def test_a_classic_queue_only_tells_that_there_was_a_delivery() -> None:
    assert carried(Message(b""), redelivered=True)[1] == History(1, 1)
    assert carried(Message(b""), {"x-rookery-delivered": 3, "x-rookery-failed": 1}, True)[1] == History(4, 2)


def test_deaths_are_written_as_rabbitmq_does_and_read_as_ours() -> None:
    death = Death("work", "unknown event", 2, NOW, "events", "user.created")
    message = Message(b"x", headers=with_death({"kept": 1}, death))
    assert carried(message)[0] == replace(message, timestamp=NOW)


def test_deaths_by_rabbitmq_are_read_and_waiting_is_none() -> None:
    theirs = {"count": 1, "reason": "delivery_limit", "queue": "work", "time": time_of(NOW), "exchange": "",
              "routing-keys": ["work"]}  # fmt: skip
    waited = {**theirs, "queue": "delay.5000.", "reason": "expired"}
    raw = decoding.Properties(headers={"x-death": [waited, theirs], "x-first-death-reason": "expired", "kept": 1})
    message, _ = decode(raw, b"", "", "", False)
    assert deaths(message.headers) == (Death("work", "delivery-limit", 1, NOW, "", "work"),)
    assert message.headers == {"kept": 1, "x-death": [asdict(death) for death in deaths(message.headers)]}
    alone, _ = decode(decoding.Properties(headers={"x-death": [waited]}), b"", "", "", False)
    assert alone.headers == {}


@pytest.mark.parametrize(
    "message",
    [
        Message(b"", headers={"when": object()}),
        Message(b"", headers={"large": 2**63}),
        Message(b"", headers={"n" * 256: 1}),
        Message(b"", headers={"text": "\ud800"}),
        Message(b"", message_id="i" * 256),
        Message(b"", reply_to="\ud800"),
    ],
)
def test_what_amqp_cannot_carry_is_refused(message: Message) -> None:
    with pytest.raises(MessageRefused):
        encode_properties(message, NOW)


@pytest.mark.parametrize("name", ["x-delivery-count", "x-rookery-delivered", "x-rookery-failed", "x-rookery-exchange"])
def test_headers_of_others_that_are_called_like_ours_kill_nobody(name: str) -> None:
    message, history = carried(Message(b"x", "work", headers={name: ["some", "text"]}))
    assert (message.headers, history) == ({}, History())


def test_a_death_that_makes_no_sense_kills_nobody() -> None:
    entry = {"queue": "work", "reason": 7, "count": "many", "time": 1e300, "routing_key": "key"}
    (death,) = deaths(carried(Message(b"x", headers={"x-death": [entry]}))[0].headers)
    assert death == Death("work", "7", 1, 0.0, "", "key")
