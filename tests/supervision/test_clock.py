"""The real clock's timers, and that the fake one behaves alike."""

import threading

import pytest

from supervision.clock import SystemClock
from supervision.testing import FakeClock


@pytest.fixture
def clock():
    clock = SystemClock()
    yield clock
    clock.close()


def test_a_timer_fires_once(clock):
    fired = threading.Event()
    timer = clock.after(0.0, fired.set)
    assert fired.wait(5.0)
    assert timer.callback is None


def test_timers_fire_in_order_of_their_time_not_of_their_making(clock):
    seen, done = [], threading.Event()
    clock.after(0.04, lambda: seen.append("late"))
    clock.after(0.02, lambda: seen.append("early"))
    clock.after(0.06, done.set)
    assert done.wait(5.0)
    assert seen == ["early", "late"]


def test_a_cancelled_timer_does_not_fire(clock):
    done = threading.Event()
    seen = []
    clock.after(0.0, lambda: seen.append("cancelled")).cancel()
    clock.after(0.01, done.set)
    assert done.wait(5.0)
    assert seen == []


def test_a_failing_callback_does_not_end_the_clock(clock, caplog):
    done = threading.Event()
    clock.after(0.0, lambda: 1 / 0)
    clock.after(0.0, done.set)
    assert done.wait(5.0)
    assert "callback failed" in caplog.text


def test_nothing_fires_after_close(clock):
    seen = []
    clock.after(0.0, threading.Event().set)
    clock.close()
    clock.after(0.0, lambda: seen.append("late"))
    assert seen == []


def test_the_fake_clock_fires_what_falls_due_each_at_its_own_time():
    clock = FakeClock(start=100.0)
    seen = []
    clock.after(5.0, lambda: seen.append(("five", clock.monotonic())))

    def nest():
        clock.after(1.0, lambda: seen.append(("nested", clock.monotonic())))

    clock.after(2.0, nest)
    clock.advance(4.0)
    assert seen == [("nested", 103.0)]
    clock.advance(1.0)
    assert seen[1:] == [("five", 105.0)]
    assert clock.next_due() is None
