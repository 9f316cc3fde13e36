"""Group H: how children of a static supervisor are stopped."""

import threading

import pytest

from supervision import (
    SHUTDOWN,
    Actor,
    ChildSpec,
    ChildStopped,
    NoProc,
    TerminateChild,
    WhichChildren,
)
from supervision.messages import Down
from supervision.testing import running
from tests.supervision.otp.twins import (
    counts,
    w,
)


def test_H15_a_child_that_crashes_while_it_is_stopped_is_not_restarted_and_its_true_reason_is_told():
    gate, busy = threading.Event(), threading.Event()

    class CrashesLate(Actor):
        def on_receive(self, message):
            busy.set()
            gate.wait(10.0)
            raise ValueError("at the same moment")

    with running(ChildSpec(id="a", actor=CrashesLate), intensity=0) as world:
        world.system.address("/a").cast("go")
        assert busy.wait(5.0)
        stopper = threading.Thread(target=lambda: world.system.address("/").call(TerminateChild("a")))
        stopper.start()
        world.wait_state("/a", "stopping")
        gate.set()
        stopper.join(5.0)
        stopped = world.events.expect(ChildStopped)
        assert str(stopped.reason) == "ValueError: at the same moment" and not stopped.orderly
        assert world.system.whereis("/a").state == "stopped"


def test_H16_stale_and_foreign_notices_are_ignored_and_unknown_messages_counted(plan):
    with running(w(plan, "a"), intensity=0) as world:
        actor = world.system.registry.running("/")
        actor.actor_inbox.put_system(Down("/a", 0, SHUTDOWN))
        actor.actor_inbox.put_system(Down("/stranger", 7, SHUTDOWN))
        world.system.address("/").cast("what?")
        assert counts(world) == [1, 1, 0, 1]


def test_H18_calls_after_the_end_say_that_nobody_is_there(plan):
    with running(w(plan, "a")) as world:
        world.root.stop()
        world.root.wait(5.0)
        with pytest.raises(NoProc):
            world.system.address("/").call(WhichChildren())
