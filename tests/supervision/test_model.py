"""A real supervisor beside a model of OTP's rules: random starts, stops, crashes and failing starts, always compared.

Nothing sleeps: an actor's thread is joined, then the supervisor is asked; whatever the end set off comes before the
answer, and a restart that has to be tried again is asked after until it has settled.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from supervision import (
    NORMAL,
    SHUTDOWN,
    AlreadyPresent,
    AlreadyStarted,
    ChildExited,
    ChildStarted,
    ChildStopped,
    DeleteChild,
    Ignore,
    NoProc,
    NotFound,
    NotStarted,
    RestartChild,
    Running,
    StartChild,
    Stop,
    TerminateChild,
    WhichChildren,
)
from supervision.strategy import STRATEGIES
from supervision.testing import FakeClock, running
from tests.supervision.otp.twins import Plan, ended, s_static, w

IDS = tuple("abcd")
PERIOD_SECONDS = 10
ENDS = {"crash": ValueError("die"), "normal": Stop(NORMAL), "shutdown": Stop(SHUTDOWN)}
OUTCOMES = {"ok": None, "fail": ValueError("start"), "ignore": Ignore()}


@dataclass
class Model:
    """What the rules say: the children in start order with their restart type, and which of them run."""

    strategy: str
    intensity: int
    now: float = 0.0
    times: list[float] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    gave_up: bool = False

    def start(self, id, outcome):
        """Whether it did not fail."""
        if outcome == "ok":
            self.up.add(id)
            self.fresh.add(id)
        elif outcome == "ignore" and self.known[id] == "temporary":
            del self.known[id]
        return outcome != "fail"

    def stop(self, id):
        self.up.discard(id)
        if self.known[id] == "temporary":
            del self.known[id]

    def end(self, id, how, outcomes):
        """A child has ended by itself; `outcomes` are those of the next starts of each."""
        restart = self.known[id]
        if restart == "permanent" or (restart == "transient" and how == "crash"):
            self.up.discard(id)
            self.restart(id, outcomes)
        else:
            self.stop(id)

    def restart(self, id, outcomes):
        self.times = [time for time in self.times if time >= self.now - PERIOD_SECONDS] + [self.now]
        if len(self.times) > self.intensity:
            self.gave_up = True
            return
        order = list(self.known)
        group = {
            "one_for_one": [id],
            "one_for_all": order,
            "rest_for_one": order[order.index(id) :],
        }[self.strategy]
        for other in group:
            if other != id:
                self.stop(other)
        for member in group:
            if member in self.known and not self.start(member, outcomes[member].pop(0) if outcomes[member] else "ok"):
                return self.restart(member, outcomes)


class Supervised(RuleBasedStateMachine):
    @initialize(strategy=st.sampled_from(STRATEGIES), intensity=st.integers(0, 5))
    def begin(self, strategy, intensity):
        self.strategy, self.intensity = strategy, intensity
        self.clock, self.plan = FakeClock(), Plan()
        self.scope = running(clock=self.clock, intensity=100)
        self.world = self.scope.__enter__()
        self.supervisor = self.world.system.address("/s")
        self.begin_again()

    @precondition(lambda self: self.model.gave_up)
    @rule()
    def begin_again(self):
        self.model = Model(self.strategy, self.intensity)
        self.incarnations: dict[str, int] = {}
        self.over = False
        spec = s_static(strategy=self.strategy, intensity=self.intensity, period=PERIOD_SECONDS)
        self.world.system.address("/").call(StartChild(spec))

    @rule(seconds=st.integers(1, PERIOD_SECONDS + 2))
    def time_passes(self, seconds):
        self.clock.advance(seconds)
        self.model.now += seconds

    @precondition(lambda self: not self.model.gave_up)
    @rule(
        id=st.sampled_from(IDS),
        restart=st.sampled_from(("permanent", "transient", "temporary")),
        outcome=st.sampled_from(tuple(OUTCOMES)),
    )
    def start_child(self, id, restart, outcome):
        self.plan.on_start[id] = [OUTCOMES[outcome]]
        request = StartChild(w(self.plan, id, restart=restart))
        if id in self.model.known:
            self.refused(request, AlreadyStarted if id in self.model.up else AlreadyPresent)
            return
        self.model.known[id] = restart
        if outcome == "fail":
            del self.model.known[id]
            self.refused(request, NotStarted)
        else:
            assert self.supervisor.call(request) == (f"/s/{id}" if outcome == "ok" else None)
            self.model.start(id, outcome)

    @precondition(lambda self: not self.model.gave_up)
    @rule(id=st.sampled_from(IDS))
    def terminate_child(self, id):
        if id not in self.model.known:
            self.refused(TerminateChild(id), NotFound)
        else:
            self.supervisor.call(TerminateChild(id))
            self.model.stop(id)

    @precondition(lambda self: not self.model.gave_up)
    @rule(id=st.sampled_from(IDS), outcome=st.sampled_from(tuple(OUTCOMES)))
    def restart_child(self, id, outcome):
        self.plan.on_start[id] = [OUTCOMES[outcome]]
        if id not in self.model.known:
            self.refused(RestartChild(id), NotFound)
        elif id in self.model.up:
            self.refused(RestartChild(id), Running)
        elif outcome == "fail":
            self.refused(RestartChild(id), NotStarted)
        else:
            self.supervisor.call(RestartChild(id))
            self.model.start(id, outcome)

    @precondition(lambda self: not self.model.gave_up)
    @rule(id=st.sampled_from(IDS))
    def delete_child(self, id):
        if id not in self.model.known:
            self.refused(DeleteChild(id), NotFound)
        elif id in self.model.up:
            self.refused(DeleteChild(id), Running)
        else:
            self.supervisor.call(DeleteChild(id))
            del self.model.known[id]

    @precondition(lambda self: self.model.up and not self.model.gave_up)
    @rule(
        data=st.data(),
        how=st.sampled_from(tuple(ENDS)),
        outcomes=st.fixed_dictionaries({id: st.lists(st.sampled_from(tuple(OUTCOMES)), max_size=3) for id in IDS}),
    )
    def a_child_ends(self, data, how, outcomes):
        id = data.draw(st.sampled_from(sorted(self.model.up)))
        for other in IDS:
            self.plan.on_start[other] = [OUTCOMES[outcome] for outcome in outcomes[other]]
        actor = self.world.system.registry.running(f"/s/{id}")
        actor.actor_inbox.put(ENDS[how])
        actor.thread.join(10.0)
        self.model.end(id, how, {other: list(script) for other, script in outcomes.items()})

    def refused(self, request, refusal):
        try:
            self.supervisor.call(request)
        except refusal:
            return
        raise AssertionError(f"{request} was not refused")

    @invariant()
    def it_is_as_the_rules_say(self):
        if self.model.gave_up:
            if not self.over:
                ended(self.world)
            self.over = True
            assert self.world.system.whereis("/s") is None
            assert [actor.context.path for actor in self.world.system.registry.all()] == ["/"]
            return
        rows = self.settled()
        assert [row.id for row in rows] == list(self.model.known)
        assert {row.id for row in rows if row.state == "running"} == self.model.up
        assert {row.state for row in rows} <= {"running", "stopped"}
        budget = self.world.system.tree.get("/s").budget
        assert len(budget.times) == len(self.model.times)
        for row in rows:
            before = self.incarnations.get(row.id, 0)
            assert row.incarnation > before if row.id in self.model.fresh else row.incarnation >= before
            if row.id in self.model.up - self.model.fresh:
                assert row.incarnation == before
        self.incarnations = {row.id: row.incarnation for row in rows}
        self.model.fresh.clear()

    def settled(self):
        """The children in start order, as soon as none is between two attempts to start."""
        while True:
            rows = self.supervisor.call(WhichChildren())[::-1]
            if not any(row.state in ("backoff", "starting") for row in rows):
                return rows

    def teardown(self):
        if not hasattr(self, "scope"):
            return
        with suppress(NoProc):
            self.supervisor.stop(SHUTDOWN)
        self.scope.__exit__(None, None, None)
        self.every_incarnation_ended_once()

    def every_incarnation_ended_once(self):
        while not self.world.events.nothing_more():
            self.world.events.expect(object)
        events = [event for event in self.world.events.seen if event.path.startswith("/s/")]
        started = [event.incarnation for event in events if isinstance(event, ChildStarted)]
        over = Counter(
            event.incarnation
            for event in events
            if isinstance(event, ChildStopped) or (isinstance(event, ChildExited) and event.started)
        )
        assert Counter(started) == over


Supervised.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestSupervised = Supervised.TestCase
