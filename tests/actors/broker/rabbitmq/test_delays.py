"""Delays are rounded up, never down, and there are few of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.broker.rabbitmq.delays import LADDER, LINGER_MS, Delay, delay
from actors.errors import MessageRefused


@given(st.floats(0.001, LADDER[-1] / 1000))
def test_never_sooner_and_at_most_a_third_later(seconds: float) -> None:
    milliseconds = delay(seconds, "events").milliseconds
    assert milliseconds >= seconds * 1000
    assert milliseconds <= max(10, seconds * 1000 * 4 / 3 + 1)


def test_few_steps_that_grow_and_that_rabbitmq_takes() -> None:
    assert len(LADDER) < 100
    assert list(LADDER) == sorted(set(LADDER))
    assert LADDER[-1] + LINGER_MS < 2**32


def test_beyond_the_ladder_is_refused() -> None:
    with pytest.raises(MessageRefused, match="it can for 4000000 s"):
        delay(LADDER[-1] / 1000 + 1, "")


def test_the_queue_lets_all_of_its_messages_wait_equally_and_vanishes_later() -> None:
    arguments = Delay(5000, "events").arguments()
    assert Delay(5000, "events").name == "delay.5000.events"
    assert arguments["x-message-ttl"] == 5000
    assert arguments["x-expires"] - 5000 >= 24 * 3600 * 1000, "a target that takes nothing for hours loses nothing"
    assert arguments["x-dead-letter-exchange"] == "events"
    assert (arguments["x-queue-type"], arguments["x-overflow"]) == ("quorum", "reject-publish")


def test_who_wants_classic_queues_does_not_meet_those_who_do_not() -> None:
    assert Delay(5000, "events", "classic").name == "delay.classic.5000.events"
    assert "x-overflow" not in Delay(5000, "events", "classic").arguments()
