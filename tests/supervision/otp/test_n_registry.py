"""Elixir's `Registry` by its cases: keys of running actors, forgotten when they end."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import (
    AlreadyRegistered,
    AlreadyStarted,
    ChildExited,
    ChildStarted,
    DynamicSupervisor,
    NoProc,
    NotRegistered,
    NotStarted,
    Registered,
    Registry,
    RegistryError,
    SpecError,
    StartChild,
    TerminateChild,
    Unregistered,
    Via,
)
from supervision.keys import strict
from supervision.testing import Inbox, running
from tests.supervision.otp.agents import agent


@pytest.fixture
def world():
    with running(
        agent("a", restart="temporary"), agent("b", restart="temporary"), DynamicSupervisor.spec("d")
    ) as world:
        yield world


def tell(world, id, do):
    return world.system.address(f"/{id}").call(do)


def register(world, registry, id, key, value=None):
    tell(world, id, lambda actor: registry.register(actor, key, value))


def crash(world, id):
    world.system.address(f"/{id}").cast(ValueError("die"))
    world.events.expect(ChildExited, lambda event: event.path == f"/{id}")


def holders(registry, key):
    return [(entry.path, entry.value) for entry in registry.lookup(key)]


def test_a_unique_key_has_one_holder_even_if_it_asks_twice(world):
    registry = Registry("r")
    register(world, registry, "a", "hello", 1)
    for id in ("a", "b"):
        with pytest.raises(AlreadyRegistered) as taken:
            register(world, registry, id, "hello", 2)
        assert taken.value.path == "/a"
    assert holders(registry, "hello") == [("/a", 1)]


def test_a_duplicate_key_has_any_number_of_entries(world):
    registry = Registry("r", "duplicate")
    for id, value in (("a", 1), ("a", 1), ("b", 2)):
        register(world, registry, id, "hello", value)
    assert holders(registry, "hello") == [("/a", 1), ("/a", 1), ("/b", 2)]
    actor = world.system.registry.running("/a")
    assert registry.keys(actor) == ["hello", "hello"]
    assert registry.values(actor, "hello") == [1, 1]


def test_an_actor_registers_itself_only(world):
    with pytest.raises(RegistryError, match="own thread"):
        Registry("r").register(world.system.registry.running("/a"), "hello")


def test_the_owner_updates_its_value(world):
    registry = Registry("r")
    register(world, registry, "a", "hello", 1)
    assert tell(world, "a", lambda actor: registry.update_value(actor, "hello", lambda value: value + 1)) == (2, 1)
    with pytest.raises(NotRegistered):
        tell(world, "b", lambda actor: registry.update_value(actor, "hello", lambda value: value))
    assert holders(registry, "hello") == [("/a", 2)]


def test_N3_the_key_of_an_ended_holder_is_free_at_once(world):
    """Its clean-up is still on its way: a monitor that was there first keeps it waiting."""
    registry, late, ended = Registry("r"), threading.Event(), threading.Event()

    def hold_up(down):
        ended.set()
        late.wait(10.0)

    world.system.registry.monitor("/a", hold_up)
    register(world, registry, "a", "hello", 1)
    world.system.address("/a").cast(ValueError("die"))
    assert ended.wait(10.0)
    assert holders(registry, "hello") == [("/a", 1)]
    assert registry.whereis("hello") is None
    register(world, registry, "b", "hello", 2)
    assert holders(registry, "hello") == [("/b", 2)]
    late.set()
    world.events.expect(ChildExited, lambda event: event.path == "/a")
    assert holders(registry, "hello") == [("/b", 2)]


@pytest.mark.parametrize("kind", ["unique", "duplicate"])
def test_N4_nothing_is_left_of_holders_that_crashed(world, kind):
    registry = Registry("r", kind)
    actors = [world.system.registry.running(f"/{id}") for id in "ab"]
    for id in "ab":
        register(world, registry, id, f"only {id}")
    for id in "ab":
        crash(world, id)
    assert registry.count() == 0
    assert registry.select() == []
    assert [registry.keys(actor) for actor in actors] == [[], []]
    assert registry._by_key == registry._by_holder == {}


def test_an_abandoned_holder_has_lost_its_keys_and_gets_no_new_ones(world):
    registry, gate, refused, inside = Registry("r"), threading.Event(), Inbox(), threading.Event()
    world.system.address("/d").call(StartChild(agent("stuck", shutdown="brutal_kill")))
    stuck = world.system.registry.running("/d/stuck")
    register(world, registry, "d/stuck", "hello")

    def hang(actor):
        inside.set()
        gate.wait(10.0)
        try:
            registry.register(actor, "hello")
        except Exception as error:
            refused.put(error)

    world.system.address("/d/stuck").cast(hang)
    assert inside.wait(10.0)
    world.system.address("/d").call(TerminateChild("stuck"))
    assert holders(registry, "hello") == []
    gate.set()
    assert "abandoned" in str(refused.expect(Exception))
    stuck.thread.join(10.0)
    assert registry.count() == 0


def test_N5_keys_compare_strictly(world):
    registry = Registry("r")
    for key in (1, 1.0, True, (1, 2), (1.0, 2), "1"):
        register(world, registry, "a", key, repr(key))
    for key in (1, 1.0, True, (1, 2), (1.0, 2), "1"):
        assert [value for _, value in holders(registry, key)] == [repr(key)]


@given(st.recursive(st.integers() | st.text() | st.booleans(), lambda inner: st.tuples(inner, inner)))
def test_equal_keys_of_one_type_are_one_key(key):
    assert strict(key) == strict(key)
    assert (strict(key) == strict((key,))) is False


def test_N7_keys_are_given_back_one_by_one(world):
    registry = Registry("r")
    actor = world.system.registry.running("/a")
    for key in ("hello", "world"):
        register(world, registry, "a", key)
    tell(world, "a", lambda actor: registry.unregister(actor, "hello"))
    assert registry.keys(actor) == ["world"]
    tell(world, "b", lambda actor: registry.unregister(actor, "world"))
    tell(world, "a", lambda actor: registry.unregister(actor, "unknown"))
    assert registry.keys(actor) == ["world"]
    tell(world, "a", lambda actor: registry.unregister(actor, "world"))
    assert registry.keys(actor) == []


def test_N8_listeners_hear_of_wills_and_not_of_deaths(world):
    heard = Inbox()
    registry = Registry("r", listeners=[heard.put])
    register(world, registry, "a", "hello", 1)
    register(world, registry, "b", "world", 2)
    tell(world, "a", lambda actor: registry.unregister(actor, "hello"))
    crash(world, "b")
    news: list[Any] = [heard.expect(kind) for kind in (Registered, Registered, Unregistered)]
    assert [(event.registry, event.path, event.key) for event in news] == [
        ("r", "/a", "hello"),
        ("r", "/b", "world"),
        ("r", "/a", "hello"),
    ]
    assert [event.value for event in news[:2]] == [1, 2]
    assert heard.nothing_more()


def test_N11_an_actor_is_named_by_its_spec(world):
    registry, dynamic = Registry("r"), world.system.address("/d")
    via = Via(registry, "hello")
    dynamic.call(StartChild(agent("first", name=via)))
    assert via.path == "/d/first"
    assert via.call(lambda actor: actor.context.path) == "/d/first"
    with pytest.raises(AlreadyStarted, match="/d/first"):
        dynamic.call(StartChild(agent("second", name=via)))
    with pytest.raises(NotStarted, match="no agent today"):
        dynamic.call(StartChild(agent("third", True, name=Via(registry, "other"))))
    assert [entry.key for entry in registry.select()] == ["hello"]
    dynamic.call(TerminateChild("first"))
    for send in (via.call, via.cast):
        with pytest.raises(NoProc, match="nobody is called 'hello'"):
            send(print)


def test_N11_a_restarted_child_keeps_its_name(world):
    registry, done = Registry("r"), threading.Event()
    via = Via(registry, "hello")
    world.system.address("/d").call(StartChild(agent("named", name=via)))
    before = registry.lookup("hello")[0].incarnation
    via.cast(ValueError("die"))
    world.events.expect(ChildStarted, lambda event: event.restarts == 1)
    via.cast(lambda actor: done.set())
    assert done.wait(10.0)
    assert registry.lookup("hello")[0].incarnation > before


def test_a_name_must_be_one():
    with pytest.raises(SpecError) as caught:
        StartChild(agent("a", name="hello"))
    assert caught.value.tag == "invalid_name"


def test_N12_the_name_brings_its_value(world):
    registry = Registry("r")
    world.system.address("/d").call(StartChild(agent("named", name=Via(registry, "hello", {"shard": 1}))))
    assert holders(registry, "hello") == [("/d/named", {"shard": 1})]


def test_N14_dispatch_calls_here_and_only_with_entries(world):
    registry, calls = Registry("r", "duplicate"), []

    def note(entries):
        calls.append((threading.current_thread(), [(entry.path, entry.value) for entry in entries]))

    registry.dispatch("hello", note)
    assert calls == []
    for id, key, value in (("a", "hello", 1), ("b", "hello", 2), ("b", "world", 3)):
        register(world, registry, id, key, value)
    registry.dispatch("hello", note)
    assert calls == [(threading.current_thread(), [("/a", 1), ("/b", 2)])]


def test_N15_duplicate_keys_name_nobody_and_keep_their_values(world):
    registry = Registry("r", "duplicate")
    register(world, registry, "a", "hello", 1)
    with pytest.raises(RegistryError, match="unique"):
        Via(registry, "hello")
    with pytest.raises(RegistryError, match="unique"):
        registry.whereis("hello")
    with pytest.raises(RegistryError, match="cannot be updated"):
        tell(world, "a", lambda actor: registry.update_value(actor, "hello", lambda value: value))
    with pytest.raises(RegistryError, match="unique or duplicate"):
        Registry("r", "triple")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["unique", "duplicate"])
def test_N16_entries_are_found_by_predicates(world, kind):
    registry = Registry("r", kind)
    actor = world.system.registry.running("/a")
    assert (registry.count(), registry.count_match("hello", bool), registry.match("hello", bool)) == (0, 0, [])
    register(world, registry, "a", "hello", 1)
    register(world, registry, "b", "world", 2)
    if kind == "duplicate":
        register(world, registry, "a", "hello", 3)
    odd = [1, 3] if kind == "duplicate" else [1]
    assert registry.count() == len(odd) + 1
    assert [entry.value for entry in registry.match("hello", lambda value: value % 2)] == odd
    assert registry.count_match("hello", lambda value: value > 5) == 0
    assert [entry.key for entry in registry.select(lambda entry: entry.path == "/b")] == ["world"]
    assert registry.select(lambda entry: entry.value == 9) == []
    tell(world, "a", lambda actor: registry.unregister_match(actor, "hello", lambda value: value == 9))
    assert registry.values(actor, "hello") == odd
    tell(world, "a", lambda actor: registry.unregister_match(actor, "hello", lambda value: value == 1))
    assert registry.values(actor, "hello") == odd[1:]
