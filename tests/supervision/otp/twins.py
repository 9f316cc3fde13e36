"""The helper processes of OTP's suites as actors: what each start of each child shall do, and a diary of what happened.

One actor plays all of them, by the plan: W does nothing special; W-ign ignores its first start; W-err fails at every
start but the first; Gate waits in its start until the test says how it goes on; Slow takes its time to end; ExitAs
leaves with a reason of its own; Stuck fails every start while a flag is up.
"""

import threading
from collections import defaultdict
from contextlib import contextmanager

from supervision import (
    Actor,
    ChildExited,
    ChildSpec,
    ChildStarted,
    CountChildren,
    DynamicSupervisor,
    Ignore,
    SimpleSupervisor,
    Stop,
    Supervisor,
    System,
    WhichChildren,
    launch,
)
from supervision.testing import Inbox

FAILURES = 1_000


class Plan:
    """Shared by all incarnations of all children."""

    def __init__(self):
        self.diary = []
        self.on_start = defaultdict(list)
        self.gates = {}
        self.stuck = threading.Event()
        self.stuck_starts = 0

    def next_start(self, id):
        return self.on_start[id].pop(0) if self.on_start[id] else None

    def of(self, what):
        """Who did that, in order."""
        return [entry[1] for entry in self.diary if entry[0] == what]

    def reasons(self):
        """How each last ended, by its own account."""
        return {entry[1]: entry[2] for entry in self.diary if entry[0] == "end"}


class W(Actor):
    """OTP's well-behaved worker: `Stop` ends it so, any other exception is its crash; all else asks who it is."""

    def __init__(self, id, plan, *extra, leaves=None, takes=0.0, info=None, stuck=False):
        super().__init__()
        self.id, self.plan, self.extra = id, plan, extra
        self.leaves, self.takes, self.info, self.stuck = leaves, takes, info, stuck

    def on_start(self):
        self.plan.diary.append(("start", self.id))
        gate = self.plan.gates.get(self.id)
        if gate is not None and not gate.wait(10.0):
            raise AssertionError("nobody opened the gate")
        if self.stuck and self.plan.stuck.is_set():
            self.plan.stuck_starts += 1
            threading.Event().wait(0.01)
            raise ValueError("stuck")
        outcome = self.plan.next_start(self.id)
        if isinstance(outcome, BaseException):
            raise outcome
        return self.info if outcome is None else outcome

    def on_receive(self, message):
        match message:
            case BaseException():
                raise message
            case "stop" if self.leaves is not None:
                raise Stop(self.leaves)
            case (threading.Event() as entered, threading.Event() as gate):
                entered.set()
                gate.wait(30.0)
        return self.context.incarnation

    def terminate(self, reason):
        threading.Event().wait(self.takes)
        reason = self.leaves if self.leaves is not None and reason.expected else reason
        self.plan.diary.append(("end", self.id, str(reason)))
        raise Stop(reason)


def w(plan, id, **fields):
    return ChildSpec(id=id, actor=W, args=(id, plan), **fields)


def w_ign(plan, id, **fields):
    plan.on_start[id] = [Ignore()]
    return w(plan, id, **fields)


def w_err(plan, id, **fields):
    plan.on_start[id] = [None, *(ValueError("start") for _ in range(FAILURES))]
    return w(plan, id, **fields)


def w_ret(value, id="c1", **fields):
    """A start function that returns `value`, whatever that is."""
    return ChildSpec(id=id, actor=lambda *args: value, **fields)


def w_info(plan, id, info, **fields):
    return ChildSpec(id=id, actor=W, args=(id, plan), kwargs={"info": info}, **fields)


def slow(plan, id, seconds, **fields):
    return ChildSpec(id=id, actor=W, args=(id, plan), kwargs={"takes": seconds}, **fields)


def exit_as(plan, id, reason, **fields):
    return ChildSpec(id=id, actor=W, args=(id, plan), kwargs={"leaves": reason}, **fields)


def stuck(plan, id, **fields):
    return ChildSpec(id=id, actor=W, args=(id, plan), kwargs={"stuck": True}, **fields)


def s_simple(template, **flags):
    """A supervisor of instances at `/s`, a temporary child, so that the root stays when it ends."""
    return SimpleSupervisor.spec("s", [template], restart="temporary", **flags)


def s_dynamic(**flags):
    return DynamicSupervisor.spec("s", restart="temporary", **flags)


@contextmanager
def launched(spec, path="/"):
    """A supervisor of its own system, for starts that may fail; yields the system, the start and the events."""
    system, events = System(), Inbox()
    system.events.subscribe(events.put)
    root = launch(system, spec, path)
    try:
        yield system, root, events
    finally:
        root.stop()
        root.wait(10.0)
        system.close()


def s_static(*children, **flags):
    return Supervisor.spec("s", children, restart="temporary", **flags)


# --- asking and waiting ----------------------------------------------------------------------------


def incarnation(world, path):
    return world.system.address(path).call("who?")


def crash(world, path):
    world.system.address(path).cast(ValueError("die"))


def counts(world, path="/"):
    """Specs, active, supervisors, workers."""
    found = world.system.address(path).call(CountChildren())
    return [found.specs, found.active, found.supervisors, found.workers]


def listed(world, path="/"):
    """Id and state of the children, in the supervisor's order."""
    return [(row.id, row.state.value) for row in world.system.address(path).call(WhichChildren())]


def restarted(world, path, restarts=None):
    """Wait for the start after a restart."""
    return world.events.expect(
        ChildStarted, lambda event: event.path == path and event.restarts == (restarts or event.restarts) > 0
    )


def heard(world, path):
    """Wait until the end of the child was heard of."""
    return world.events.expect(ChildExited, lambda event: event.path == path and event.started)


def ended(world, path="/s"):
    """Wait until the supervisor has ended in an orderly way."""
    exited = heard(world, path)
    assert exited.reason.category == "shutdown"
    return exited


def busy(world, path, gate):
    """Give the actor something to do until the gate opens, or for ever."""
    entered = threading.Event()
    world.system.address(path).cast((entered, gate))
    assert entered.wait(10.0)
