"""Node faults: the right signals at the right time, through any actor with a body, and through real nodes."""

import signal

import psutil
import pytest

from supervision import Actor, ChildExited, ChildSpec, ChildStarted, FaultInjected, FaultRule
from supervision.events import NodeLost
from supervision.faults.body import strike_process
from supervision.testing import FakeClock, Inbox, running
from tests.supervision.node.inside import Subject, node
from tests.supervision.roots import eventually

PATIENCE = 30.0


class Bodied(Actor):
    def __init__(self, sent):
        super().__init__()
        self.sent = sent

    def inject(self, kind, rule):
        return strike_process(self.sent.put, rule, self.context.system.clock)


class Bodiless(Actor):
    pass


@pytest.mark.parametrize(
    ("rule", "at_once", "later", "at_clear"),
    [
        (FaultRule("kill-node", "/*"), [signal.SIGKILL], [], []),
        (FaultRule("stop-node", "/*"), [signal.SIGSTOP], [], [signal.SIGCONT]),
        (FaultRule("pause-node", "/*", seconds=5), [signal.SIGSTOP], [signal.SIGCONT], [signal.SIGCONT]),
        (FaultRule("stop-node", "/*", duration_seconds=5), [signal.SIGSTOP], [signal.SIGCONT], []),
    ],
    ids=lambda value: value.kind if isinstance(value, FaultRule) else "",
)
def test_signals(rule, at_once, later, at_clear):
    clock, sent = FakeClock(), Inbox()
    with running(
        ChildSpec(id="n", actor=Bodied, args=(sent,)), ChildSpec(id="w", actor=Bodiless), clock=clock
    ) as world:
        world.system.faults.enabled = True
        world.system.faults.add(rule)
        assert [sent.expect(signal.Signals) for _ in at_once] == at_once
        if later:
            clock.wait_for_timers()
            clock.advance(5)
            assert [sent.expect(signal.Signals) for _ in later] == later
        world.system.faults.clear()
        assert [sent.expect(signal.Signals) for _ in at_clear] == at_clear
        assert sent.nothing_more()
        assert world.system.faults.entries() == []
        assert world.events.expect(FaultInjected).path == "/n"
        assert world.system.tree.get("/w").restarts == 0


def test_a_killed_node_is_lost_on_purpose_and_comes_back():
    with running(node(ChildSpec(id="subject", actor=Subject))) as tree:
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("kill-node", "/*"))
        lost = tree.events.expect(NodeLost, timeout=PATIENCE)
        assert (lost.reason.category, str(lost.reason)) == ("injected", "node lost: SIGKILL")
        assert tree.events.expect(ChildExited, timeout=PATIENCE).reason.category == "injected"
        tree.events.expect(ChildStarted, lambda event: event.path == "/n" and event.restarts == 1, timeout=PATIENCE)


def test_a_stopped_node_is_given_up_for_its_silence():
    with running(node(ChildSpec(id="subject", actor=Subject), options={"timeout_seconds": 1.0})) as tree:
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("stop-node", "/n"))
        lost = tree.events.expect(NodeLost, timeout=PATIENCE)
        assert lost.reason.category == "injected" and "no heartbeat" in str(lost.reason)


def test_a_paused_node_goes_on():
    with running(node(ChildSpec(id="subject", actor=Subject))) as tree:
        process = psutil.Process(tree.system.tree.get("/n").pid)
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("pause-node", "/n", seconds=0.3))
        tree.events.expect(FaultInjected)
        eventually(lambda: process.status() == psutil.STATUS_STOPPED, "a stopped process")
        eventually(lambda: process.status() != psutil.STATUS_STOPPED, "a process that goes on")
        assert tree.system.tree.get("/n").restarts == 0


def test_clearing_reaches_into_a_node():
    with running(node(ChildSpec(id="subject", actor=Subject))) as tree:
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("hang", "/n/subject"))
        tree.events.expect(FaultInjected, timeout=PATIENCE)
        tree.system.faults.clear()
        tree.system.faults.add(FaultRule("crash", "/n/subject", exception="LookupError"))
        exited = tree.events.expect(ChildExited, timeout=PATIENCE)
        assert exited.reason.category == "injected" and "LookupError" in str(exited.reason)
