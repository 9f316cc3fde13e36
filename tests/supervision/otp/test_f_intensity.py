"""Group F: restart intensity, on a running supervisor; its arithmetic is in `test_intensity`."""

import pytest

from supervision import (
    SHUTDOWN,
    RestartChild,
    TerminateChild,
)
from supervision.testing import FakeClock, running
from tests.supervision.otp.twins import (
    crash,
    restarted,
    w,
)


def test_F5_the_window_slides_with_the_clock(plan):
    clock = FakeClock()
    with running(w(plan, "a"), clock=clock, intensity=2, period=10) as world:
        for number, gap in enumerate((0, 9, 2), start=1):
            clock.advance(gap)
            crash(world, "/a")
            restarted(world, "/a", number)
        clock.advance(7)
        crash(world, "/a")
        assert world.root.wait(5.0) == SHUTDOWN


def test_F7_a_child_that_never_starts_again_gets_exactly_intensity_attempts(plan):
    with running(w(plan, "a"), intensity=4, period=3600) as world:
        plan.diary.clear()
        plan.on_start["a"] = [ValueError("never")] * 100
        crash(world, "/a")
        assert world.root.wait(5.0) == SHUTDOWN
        assert plan.diary.count(("start", "a")) == 4


def test_F8_restarts_by_call_cost_nothing(plan):
    with running(w(plan, "a"), intensity=1) as world:
        for _ in range(20):
            world.system.address("/").call(TerminateChild("a"))
            world.system.address("/").call(RestartChild("a"))
        assert world.system.tree.get("/").budget_left(0.0) == 1


def test_F2_with_intensity_zero_the_first_death_ends_it(plan):
    with running(w(plan, "a"), intensity=0) as world:
        crash(world, "/a")
        assert world.root.wait(5.0) == SHUTDOWN
        assert plan.of("start") == ["a"]


def test_F4_deaths_further_apart_than_the_period_are_independent(plan):
    clock = FakeClock()
    with running(w(plan, "a"), clock=clock, intensity=1, period=5) as world:
        crash(world, "/a")
        restarted(world, "/a", 1)
        clock.advance(6.0)
        crash(world, "/a")
        restarted(world, "/a", 2)


@pytest.mark.parametrize("hours", [-1, 1])
def test_F6_the_wall_clock_has_no_influence(plan, hours):
    clock = WallClock()
    with running(w(plan, "a"), clock=clock, intensity=1, period=5) as world:
        crash(world, "/a")
        restarted(world, "/a", 1)
        clock.shift = hours * 3600.0
        crash(world, "/a")
        assert world.root.wait(5.0) == SHUTDOWN


class WallClock(FakeClock):
    """People set this clock; the other one goes on as before."""

    shift = 0.0

    def time(self):
        return super().time() + self.shift
