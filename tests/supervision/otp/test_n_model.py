"""Random registrations, ends and look-ups, in a registry and in a plain list of what should be there."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from supervision import DynamicSupervisor, NoProc, Refusal, Registry, StartChild, TerminateChild
from supervision.address import Address
from supervision.keys import Entry, strict
from supervision.registry import Kind
from supervision.testing import running
from tests.supervision.otp.agents import agent

KEYS = st.sampled_from([1, 1.0, True, "one"])


class Model(RuleBasedStateMachine):
    """Random registrations, ends and look-ups against a plain list of what should be there."""

    kind: Kind
    actors = Bundle("actors")

    def __init__(self):
        super().__init__()
        self.registry = Registry("r", self.kind)
        self.entries = []
        self.world = running(DynamicSupervisor.spec("d"))
        self.system = self.world.__enter__().system
        self.numbers = iter(range(1_000_000))

    def teardown(self):
        self.world.__exit__(None, None, None)

    @rule(target=actors)
    def start(self):
        return Address(self.system, self.system.address("/d").call(StartChild(agent(f"n{next(self.numbers)}"))))

    @rule(actor=actors, key=KEYS, value=st.integers())
    def register(self, actor, key, value):
        taken = self.kind == "unique" and any(strict(key) == strict(entry.key) for entry in self.entries)
        try:
            entry = actor.call(lambda me: self._register(me, key, value))
        except NoProc:
            return
        except Refusal:
            assert taken
        else:
            assert not taken
            self.entries.append(entry)

    def _register(self, me, key, value):
        self.registry.register(me, key, value)
        return Entry(key, me.context.path, me.context.incarnation, value)

    @rule(actor=actors, key=KEYS)
    def unregister(self, actor, key):
        try:
            actor.call(lambda me: self.registry.unregister(me, key))
        except NoProc:
            return
        mine = [entry for entry in self.entries if entry.path == actor.path and strict(entry.key) == strict(key)]
        self.entries = [entry for entry in self.entries if entry not in mine]

    @rule(actor=actors)
    def end(self, actor):
        try:
            self.system.address("/d").call(TerminateChild(actor.path))
        except Refusal:
            return
        self.entries = [entry for entry in self.entries if entry.path != actor.path]

    @invariant()
    def the_table_is_the_model(self):
        assert sorted(map(repr, self.registry.select())) == sorted(map(repr, self.entries))
        assert self.registry.count() == len(self.entries)
        for key in (1, 1.0, True, "one"):
            assert self.registry.lookup(key) == [entry for entry in self.entries if strict(entry.key) == strict(key)]


class UniqueModel(Model):
    kind = "unique"


class DuplicateModel(Model):
    kind = "duplicate"


TestUnique = UniqueModel.TestCase
TestUnique.settings = settings(max_examples=20, stateful_step_count=20)
TestDuplicate = DuplicateModel.TestCase
TestDuplicate.settings = TestUnique.settings
