import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from supervision import DynamicSupervisor, Fenced, Registry, StartChild, TerminateChild
from supervision.locks import LockTimeout
from supervision.testing import Inbox, running
from tests.supervision.otp.agents import agent


def test_a_lock_is_had_in_turn_and_freed_by_an_error():
    registry, order, counter = Registry("r"), [], []

    def work(number):
        with registry.lock("hello"):
            counter.append(number)
            order.append(len(counter))
            counter.remove(number)

    with pytest.raises(ValueError, match="inside"), registry.lock("hello"):
        raise ValueError("inside")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(50)))
    assert order == [1] * 50
    assert registry._mutexes._queues == {}


def test_a_lock_does_not_wait_for_ever_and_other_keys_are_free():
    registry = Registry("r")
    again = registry.lock("hello", timeout=0.01)
    with registry.lock("hello"), registry.lock("world"), pytest.raises(LockTimeout), again:
        raise AssertionError("two hold it")
    with registry.lock("hello", timeout=0.0):
        pass


def test_an_abandoned_holder_loses_the_lock_and_gets_no_other():
    registry, gate, inside, refused = Registry("r"), threading.Event(), threading.Event(), Inbox()
    with running(DynamicSupervisor.spec("d")) as world:
        world.system.address("/d").call(StartChild(agent("stuck", shutdown="brutal_kill")))
        thread = world.system.registry.running("/d/stuck").thread

        def hang(actor):
            with registry.lock("hello", actor):
                inside.set()
                gate.wait(10.0)
            try:
                with registry.lock("world", actor):
                    raise AssertionError("it holds another")
            except Fenced as error:
                refused.put(error)

        world.system.address("/d/stuck").cast(hang)
        assert inside.wait(10.0)
        world.system.address("/d").call(TerminateChild("stuck"))
        with registry.lock("hello"):
            gate.set()
            thread.join(10.0)
            with pytest.raises(LockTimeout), registry.lock("hello", timeout=0.01):
                pass
    assert refused.expect(Fenced)
