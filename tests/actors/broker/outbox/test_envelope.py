"""A message comes out of the outbox as it went in, but for the time that passed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from actors.broker import Message
from actors.broker.outbox.envelope import enclosed, opened

NAMES = st.text(max_size=20)
MESSAGES = st.builds(
    Message,
    body=st.binary(max_size=20),
    routing_key=NAMES,
    exchange=NAMES,
    headers=st.dictionaries(NAMES, st.integers() | st.text(max_size=5), max_size=3),
    message_id=NAMES,
    delay_seconds=st.floats(0, 1e6),
    persistent=st.booleans(),
    correlation_id=NAMES,
    reply_to=NAMES,
    type=NAMES,
    timestamp=st.floats(1, 1e9),
)


@given(MESSAGES, st.floats(0, 1e6))
def test_only_the_delay_gets_shorter(message: Message, waited: float) -> None:
    inside = enclosed(message, "/broker/publisher", 1e9)
    assert (inside.exchange, inside.routing_key, inside.delay_seconds) == ("", "/broker/publisher", 0.0)
    outside = opened(inside, 1e9 + waited)
    assert replace(outside, delay_seconds=0.0) == replace(message, delay_seconds=0.0)
    assert abs(outside.delay_seconds - max(0.0, message.delay_seconds - waited)) < 1e-3


def test_the_time_of_publishing_is_when_it_was_published() -> None:
    assert opened(enclosed(Message(b""), "q", 1000.0), 2000.0).timestamp == 1000.0
