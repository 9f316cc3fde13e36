"""What a message may be, and that its body stays out of logs."""

import pytest

from actors.broker import Message


def test_a_routing_key_is_a_short_string() -> None:
    assert Message(b"", "é" * 127).routing_key
    with pytest.raises(ValueError, match="255 bytes"):
        Message(b"", "é" * 128)


@pytest.mark.parametrize("delay", [-1.0, float("inf"), float("nan")])
def test_a_delay_is_a_number_of_seconds(delay: float) -> None:
    with pytest.raises(ValueError, match="delay_seconds"):
        Message(b"", delay_seconds=delay)


def test_the_body_is_not_shown() -> None:
    assert "secret" not in repr(Message(b"secret"))


def test_an_exchange_is_a_short_string() -> None:
    with pytest.raises(ValueError, match="the exchange is longer than 255 bytes"):
        Message(b"", exchange="e" * 256)


@pytest.mark.parametrize("timestamp", [-1.0, float("inf"), float("nan"), 1e30])
def test_a_timestamp_is_a_time(timestamp: float) -> None:
    with pytest.raises(ValueError, match="timestamp"):
        Message(b"", timestamp=timestamp)
