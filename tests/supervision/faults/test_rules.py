"""Faults on purpose: patterns, counting, striking in the actor's own thread, and that none strikes unless enabled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import Actor, ChildExited, ChildSpec, ChildStarted, FaultInjected, FaultRule, Refusal, Supervisor
from supervision.faults import Faults, FaultsDisabled, UnknownFault, compiled
from supervision.testing import FakeClock, running


class Echo(Actor):
    def on_receive(self, message):
        return message


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/email/**/sender*", "/email/transactional/mta/sender-1", True),
        ("/email/**/sender*", "/email/sender-1", True),
        ("/email/**/sender*", "/email/sender-1/x", False),
        ("/email/*/consumer", "/email/bulk/consumer", True),
        ("/email/*/consumer", "/email/a/b/consumer", False),
        ("/**", "/a/b/c", True),
        ("/a", "/a", True),
        ("/a", "/ab", False),
        ("/a.b", "/axb", False),
    ],
)
def test_patterns(pattern, path, matches):
    assert (compiled(pattern).fullmatch(path) is not None) is matches


segments = st.lists(st.text("abc.*", min_size=1).filter(lambda text: text != "**" and "*" not in text), min_size=1)


@given(segments)
def test_every_path_matches_itself_and_everything(parts):
    path = "/" + "/".join(parts)
    assert compiled(path).fullmatch(path)
    assert compiled("/**").fullmatch(path)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "explode"}, "kind"),
        ({"pattern": "email"}, "pattern"),
        ({"times": 0}, "times"),
        ({"every": 0}, "every"),
        ({"probability": 1.5}, "probability"),
        ({"duration_seconds": 0}, "duration_seconds"),
    ],
)
def test_a_bad_rule_names_its_field(fields, field):
    with pytest.raises(Refusal) as caught:
        FaultRule(**{"kind": "crash", "pattern": "/a", **fields})
    assert caught.value.field == field


def test_faults_are_off_unless_enabled():
    with running(ChildSpec(id="a", actor=Echo)) as world, pytest.raises(FaultsDisabled, match=r"faults\.enabled"):
        world.system.faults.add(FaultRule("crash", "/a"))


def test_a_crash_strikes_an_idle_actor_at_once_and_only_as_often_as_told():
    with running(ChildSpec(id="a", actor=Echo), ChildSpec(id="b", actor=Echo)) as world:
        world.system.faults.enabled = True
        world.system.faults.add(FaultRule("crash", "/a"))
        assert world.events.expect(FaultInjected).path == "/a"
        exited = world.events.expect(ChildExited)
        assert exited.path == "/a" and exited.reason.category == "injected"
        world.events.expect(ChildStarted, lambda event: event.restarts == 1)
        for number in range(50):
            assert world.system.address("/a").call(number) == number
        assert dict(world.system.tree.get("/a").restarts_by_reason) == {"injected": 1}
        assert world.system.tree.get("/b").restarts == 0


def is_restart(number):
    return lambda event: event.restarts == number


def test_every_nth_message_counts_across_restarts():
    with running(ChildSpec(id="a", actor=Echo), intensity=100) as world:
        world.system.faults.enabled = True
        world.system.faults.add(FaultRule("crash", "/a", every=10, times=3))
        crashes = 0
        for _ in range(100):
            try:
                world.system.address("/a").call("x")
            except Exception:
                crashes += 1
                world.events.expect(ChildStarted, is_restart(crashes))
        assert crashes == 3


def test_a_seed_makes_chance_repeatable():
    def strikes(seed):
        faults = Faults(now=lambda: 0.0, changed=lambda rule: None)
        faults.enabled = True
        faults.add(FaultRule("crash", "/a", probability=0.3, times=None, seed=seed))
        (armed,) = faults.armed_for("/a", "worker")
        return [armed.strikes(0.0) for _ in range(200)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 30 < sum(strikes(1)) < 90


@given(st.integers(1, 20), st.integers(1, 10), st.integers(0, 300))
def test_times_and_every_bound_the_strikes(every, times, messages):
    faults = Faults(now=lambda: 0.0, changed=lambda rule: None)
    faults.enabled = True
    faults.add(FaultRule("crash", "/a", every=every, times=times))
    (armed,) = faults.armed_for("/a", "worker")
    assert sum(armed.strikes(0.0) for _ in range(messages)) == min(times, messages // every)


def test_a_rule_ends_after_its_duration():
    clock = FakeClock()
    faults = Faults(now=clock.monotonic, changed=lambda rule: None)
    faults.enabled = True
    faults.add(FaultRule("crash", "/a", probability=1.0, times=None, duration_seconds=10))
    (armed,) = faults.armed_for("/a", "worker")
    assert armed.strikes(clock.monotonic())
    clock.advance(10)
    assert not armed.strikes(clock.monotonic())


def test_clear_disarms_one_or_all():
    with running(ChildSpec(id="a", actor=Echo), intensity=100) as world:
        faults = world.system.faults
        faults.enabled = True
        first = faults.add(FaultRule("crash", "/a", every=2, times=None))
        faults.add(FaultRule("crash", "/a", probability=0.0))
        with pytest.raises(UnknownFault):
            faults.clear(99)
        assert [entry.id for entry in faults.entries()] == [1, 2]
        assert faults.clear(first) == 1
        for number in range(10):
            assert world.system.address("/a").call(number) == number
        assert faults.clear() == 1
        assert faults.entries() == []


def test_supervisors_are_spared_by_wildcards_and_hit_by_name():
    inner = Supervisor.spec("inner", [ChildSpec(id="a", actor=Echo)])
    with running(inner) as world:
        world.system.faults.enabled = True
        world.system.faults.add(FaultRule("crash", "/**"))
        world.events.expect(ChildStarted, lambda event: event.path == "/inner/a" and event.restarts == 1)
        assert world.system.tree.get("/inner").restarts == 0
        world.system.faults.add(FaultRule("crash", "/inner"))
        world.events.expect(ChildStarted, lambda event: event.path == "/inner" and event.restarts == 1)
