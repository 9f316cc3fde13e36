"""A fixed window as a value, and the limiter of a running pipeline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline import Message, NotLimited, RateLimiting, WrongOption
from actors.pipeline.acknowledger import NO_ACK
from actors.pipeline.limiter import FixedWindow
from supervision.testing import FakeClock
from tests.actors.pipeline.harness import ONE, world

MESSAGES = [Message(n, (NO_ACK, None, None)) for n in range(50)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 7))), st.integers(1, 20))
def test_no_window_lets_more_pass_than_it_may(takes: list[tuple[int, int]], allowed: int) -> None:
    limiter, now = FixedWindow(allowed, 5.0, 0.0), 0.0
    passed: dict[int, int] = {}
    for wanted, pause in takes:
        now += pause
        admission = limiter.admit(MESSAGES[:wanted], now)
        assert [*admission.passed, *admission.held] == MESSAGES[:wanted]
        assert bool(admission.held) == (admission.retry_seconds > 0)
        assert limiter.admit([], now).retry_seconds == 0
        passed[int(now // 5)] = passed.get(int(now // 5), 0) + len(admission.passed)
    assert all(count <= allowed for count in passed.values())


def limited(allowed: int, seconds: float, **more: object) -> dict[str, object]:
    return {"rate_limiting": {"allowed_messages": allowed, "interval_seconds": seconds}, **more}


def test_bw_118_exactly_the_allowed_messages_pass() -> None:
    with world(producer=limited(1, 10), clock=FakeClock(), processors=ONE) as pipe:
        pipe.emit([1])
        assert pipe.acks(1) == ([1], [])
        pipe.pipeline.update_rate_limiting(reset=True)
        pipe.emit([2])
        assert pipe.acks(1) == ([2], [])


def test_bw_122_the_limit_is_read_and_changed_at_run_time() -> None:
    clock = FakeClock()
    with world(producer=limited(1, 5, concurrency=2), clock=clock, processors=ONE) as pipe:
        pipe.emit([1, 2, 3, 4, 5])
        assert pipe.acks(1) == ([1], [])
        assert pipe.pipeline.get_rate_limiting() == RateLimiting(1, 5.0)
        pipe.pipeline.update_rate_limiting(allowed_messages=3, reset=True)
        assert pipe.acks(3) == ([2, 3, 4], [])
        pipe.pipeline.update_rate_limiting(allowed_messages=5)
        assert pipe.pipeline.get_rate_limiting() == RateLimiting(5, 5.0)
        clock.advance(4.9)
        pipe.emit([])
        assert pipe.pipeline.tallies().total("successful") == 4
        clock.advance(0.2)
        assert pipe.acks(1) == ([5], [])


def test_bw_123_an_unknown_option_is_refused_with_the_known_ones() -> None:
    with world(producer=limited(1, 5)) as pipe:
        with pytest.raises(WrongOption, match="allowed_messages, interval_seconds, reset"):
            pipe.pipeline.update_rate_limiting(allowed=5)
        with pytest.raises(WrongOption, match="allowed_messages: 0"):
            pipe.pipeline.update_rate_limiting(allowed_messages=0)
        assert pipe.pipeline.get_rate_limiting() == RateLimiting(1, 5.0)


def test_a_limit_cannot_be_changed_where_there_is_none() -> None:
    with world() as pipe:
        with pytest.raises(NotLimited):
            pipe.pipeline.get_rate_limiting()
        with pytest.raises(NotLimited):
            pipe.pipeline.update_rate_limiting(allowed_messages=1)


def test_pushed_messages_pass_beside_the_limit() -> None:
    clock = FakeClock()
    with world(producer=limited(1, 10), clock=clock, processors=ONE) as pipe:
        pipe.emit([1, 2])
        pipe.push([3])
        assert pipe.acks(2) == ([1, 3], [])
        clock.advance(10)
        assert pipe.acks(1) == ([2], [])
