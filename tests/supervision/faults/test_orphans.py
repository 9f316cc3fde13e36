"""Who lives outside the tree is found, and nobody else."""

import threading

from supervision import Actor, ChildSpec, FaultRule, Supervisor, TerminateChild
from supervision.faults.orphans import orphans
from supervision.testing import running


class Echo(Actor):
    def on_receive(self, message):
        return message


def test_a_healthy_tree_has_none_also_while_it_restarts():
    pool = Supervisor.spec("pool", [ChildSpec(id=str(number), actor=Echo) for number in range(20)], intensity=100)
    with running(pool) as world:
        assert orphans(world.system) == []
        world.system.faults.enabled = True
        world.system.faults.add(FaultRule("crash", "/pool/*"))
        assert orphans(world.system) == []


def test_an_actor_started_by_hand_is_outside():
    with running() as world:
        ref = Echo.start()
        try:
            (found,) = orphans(world.system)
            assert (found.path, found.incarnation, found.why) == (f"/{ref.actor_urn}", 1, "outside the tree")
            assert "__serve" in found.stack
        finally:
            ref.stop()


def test_an_abandoned_thread_is_told_until_it_ends():
    with running(ChildSpec(id="a", actor=Echo, shutdown=0.05)) as world:
        world.system.faults.enabled = True
        world.system.faults.add(FaultRule("hang", "/a", stubborn=True))
        thread = world.system.registry.running("/a").thread
        while not world.system.registry.running("/a").held_by_fault:
            threading.Event().wait(0.001)
        world.system.address("/").call(TerminateChild("a"))
        (found,) = orphans(world.system)
        assert (found.path, found.why) == ("/a", "abandoned")
        world.system.faults.clear()
        thread.join(5.0)
        assert orphans(world.system) == []
