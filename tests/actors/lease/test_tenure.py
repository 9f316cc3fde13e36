"""One grant as its holder counts it, with a clock that the test turns."""

import pytest

from actors.lease.messages import Held, Lost
from actors.lease.tenure import Tenure
from supervision.testing import FakeClock

EPOCH = 7


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def told() -> list[Lost]:
    return []


def grant(clock: FakeClock, seconds: float = 9.0) -> Held:
    return Held("birds", EPOCH, clock.monotonic() + seconds, clock.time() + seconds)


def test_at_its_deadline_it_is_lost_whatever_else_hangs(clock: FakeClock, told: list[Lost]) -> None:
    tenure = Tenure(grant(clock), clock, told.append)
    clock.advance(8.9)
    assert told == []
    clock.advance(0.2)
    assert told == [Lost("birds", EPOCH, "it was not renewed in time")]
    assert tenure.end("again") is None


def test_renewed_in_time_it_goes_on(clock: FakeClock, told: list[Lost]) -> None:
    tenure = Tenure(grant(clock), clock, told.append)
    for _ in range(5):
        clock.advance(3.0)
        assert tenure.renewed(grant(clock))
    assert told == []
    clock.advance(9.0)
    assert len(told) == 1


def test_renewed_too_late_it_is_over_whatever_the_database_says(clock: FakeClock, told: list[Lost]) -> None:
    tenure = Tenure(grant(clock), clock, told.append)
    clock.advance(9.0)
    assert not tenure.renewed(grant(clock))
    assert len(told) == 1


def test_who_ends_it_tells_it_and_nobody_else_does(clock: FakeClock, told: list[Lost]) -> None:
    tenure = Tenure(grant(clock), clock, told.append)
    assert tenure.end("the lease's actor ends") == Lost("birds", EPOCH, "the lease's actor ends")
    clock.advance(100.0)
    assert told == []


def test_a_machine_that_slept_does_not_hold_it_though_its_own_clock_stood_still(clock: FakeClock) -> None:
    held = Held("birds", EPOCH, clock.monotonic() + 1000.0, clock.time() + 9.0)
    assert held.is_good(clock)
    clock.advance(9.0)
    assert not held.is_good(clock)
