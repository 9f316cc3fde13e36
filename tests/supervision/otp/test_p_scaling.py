"""Group P: nothing a supervisor does looks at all of its children each time."""

import time

import pytest

from supervision import StartChild, TerminateChild
from supervision.testing import running
from tests.supervision.otp.twins import counts, s_dynamic, s_static, w

FEW, MANY = 50, 500


def terminate_one_by_one(plan, number):
    """Seconds it takes."""
    with running(s_dynamic()) as world:
        dynamic = world.system.address("/s")
        for index in range(number):
            dynamic.call(StartChild(w(plan, str(index), restart="temporary")))
        begun = time.monotonic()
        for index in range(number):
            dynamic.call(TerminateChild(str(index)))
        seconds = time.monotonic() - begun
        assert counts(world, "/s") == [0, 0, 0, 0]
    return seconds


def start_and_stop(plan, number):
    """Seconds it takes."""
    begun = time.monotonic()
    with running(s_static(*(w(plan, str(index)) for index in range(number)))) as world:
        assert counts(world, "/s") == [number, number, 0, number]
        world.root.stop()
        world.root.wait(60.0)
        return time.monotonic() - begun


@pytest.mark.parametrize("work", [terminate_one_by_one, start_and_stop])
def test_P1_P2_ten_times_the_children_do_not_take_fifty_times_as_long(plan, work):
    few = min(work(plan, FEW) for _ in range(3))
    assert work(plan, MANY) <= 50 * few
