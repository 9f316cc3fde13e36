"""OTP's `sys` on any actor: state, suspend, statistics, log, trace, debug functions; cases O2 to O5."""

import logging
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from supervision import (
    Actor,
    CallCycle,
    CallTimeout,
    ChildSpec,
    ChildStarted,
    NoProc,
    Refusal,
    Shutdown,
    StartChild,
    Supervisor,
)
from supervision.debug import Debug, Unresponsive
from supervision.instruments import DONE, NO_STATISTICS, CallbackFailed, MessageTraced, Passed
from supervision.log import describe
from supervision.testing import Running, running
from tests.supervision.roots import eventually


class No(Refusal):
    pass


class Gate:
    """Holds up whoever takes it as a message, for as long as the `with` lasts."""

    def __init__(self, world: Running) -> None:
        self.world, self.entered, self.opened = world, threading.Event(), threading.Event()

    def pass_through(self) -> None:
        self.entered.set()
        self.opened.wait(10.0)

    def __enter__(self) -> None:
        self.world.system.address("/server").cast(self)
        assert self.entered.wait(10.0)

    def __exit__(self, *error: object) -> None:
        self.opened.set()


class Server(Actor):
    """Counts what it is told; some messages do more."""

    def __init__(self, password: str = "s3cret") -> None:
        super().__init__()
        self.count = 0
        self.password = password
        self._inner = "not shown"

    def on_receive(self, message: Any) -> Any:
        match message:
            case "ask yourself":
                return Debug(self.context.system, "/server").get_state()
            case "refuse":
                raise No("no")
            case Gate():
                message.pass_through()
            case "add":
                self.count += 1
        return self.count


class Shy(Actor):
    def inspect(self) -> Any:
        raise ValueError("nothing to see")


class Open(Actor):
    def inspect(self) -> Any:
        return {"queue": list(range(3))}


SERVER = ChildSpec(id="server", actor=Server)


def debug(world: Running, path: str = "/server", timeout_seconds: float = 5.0) -> Debug:
    return Debug(world.system, path, timeout_seconds)


def ask(world: Running, message: Any = "add", timeout: float = 5.0) -> Any:
    return world.system.address("/server").call(message, timeout)


# --- statistics ---------------------------------------------------------------------------------------------------


def test_O2_statistics_count_while_they_are_on():
    with running(SERVER) as world:
        server = debug(world)
        assert server.statistics() == NO_STATISTICS
        server.statistics("on")
        ask(world)
        counted = server.statistics("get")
        assert (counted["messages_in"], counted["messages_out"]) == (1, 1)
        assert counted["start_time"] <= counted["current_time"]
        assert server.statistics("off") == NO_STATISTICS
        ask(world)
        assert server.statistics("get") == NO_STATISTICS


def test_a_cast_has_no_answer_to_count():
    with running(SERVER) as world:
        debug(world).statistics("on")
        world.system.address("/server").cast("add")
        counted = debug(world, timeout_seconds=5.0)
        ask(world, "count")  # the cast was served before it
        shown = counted.statistics()
        assert (shown["messages_in"], shown["messages_out"]) == (2, 1)


# --- log and trace ------------------------------------------------------------------------------------------------


def test_O3_the_log_keeps_the_last_events_until_it_is_off():
    with running(SERVER) as world:
        server = debug(world)
        server.log(on=True)
        ask(world)
        assert [(event.direction, event.message) for event in server.get_log()] == [("in", "add"), ("out", 1)]
        for _ in range(10):
            ask(world)
        kept = server.get_log()
        assert [event.number for event in kept] == list(range(13, 23))  # the last ten of 22
        server.log(on=False)
        ask(world)
        assert server.get_log() == []


def test_O3_a_trace_tells_each_message_until_it_is_off():
    with running(SERVER) as world:
        server = debug(world)
        server.trace(on=True)
        ask(world)
        told = [world.events.expect(MessageTraced) for _ in range(2)]
        assert [(event.path, event.direction, event.message) for event in told] == [
            ("/server", "in", "add"),
            ("/server", "out", 1),
        ]
        line = describe(told[0])
        assert (line.level, line.text, line.values["message"]) == (logging.INFO, "message in", "add")
        server.trace(on=False)
        ask(world)
        assert server.instruments() is None
        assert world.events.nothing_more()


def test_a_log_with_an_end_ends_by_itself():
    with running(SERVER) as world:
        server = debug(world)
        server.log(on=True, seconds=-1.0)
        ask(world)
        assert server.get_log() == []
        assert server.instruments() is None


def test_what_was_kept_can_be_read_while_the_actor_hangs():
    with running(SERVER) as world:
        debug(world).log(on=True, last=3)
        ask(world)
        with Gate(world):
            with pytest.raises(Unresponsive):
                debug(world, timeout_seconds=0.05).get_log()
            shown = debug(world).instruments()
        assert shown is not None
        assert [event["type"] for event in shown["events"]] == ["str", "int", "Gate"]


# --- own functions ------------------------------------------------------------------------------------------------


def test_O4_an_installed_function_sees_exactly_what_passes_while_it_is_in():
    seen: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def spy(state: int, event: Passed, path: str) -> int:
        if event.direction == "in":
            seen.put((state, event.message, path))
        return state + 1

    with running(SERVER) as world:
        server = debug(world)
        server.install(spy, 0)
        ask(world, "first")
        server.remove(spy)
        ask(world, "second")
        server.install(spy, 0)
        server.install(spy, 100)
        ask(world, "third")
        server.remove(spy)
        ask(world, "fourth")
        assert server.instruments() is None
    assert [seen.get_nowait() for _ in range(2)] == [(0, "first", "/server"), (0, "third", "/server")]
    assert seen.empty()


@pytest.mark.parametrize("leaves", ["done", "raises"])
def test_a_function_leaves_when_it_is_done_or_raises_and_the_actor_lives_on(leaves):
    calls = []

    def once(state: Any, event: Passed, path: str) -> Any:
        calls.append(event.direction)
        if leaves == "raises":
            raise ValueError("spy")
        return DONE

    with running(SERVER) as world:
        debug(world).install(once)
        assert (ask(world), ask(world)) == (1, 2)
        assert calls == ["in"]
        assert debug(world).instruments() is None


def test_no_debug_switches_everything_off():
    with running(SERVER) as world:
        server = debug(world)
        server.install(lambda state, event, path: state)
        server.log(on=True)
        server.trace(on=True)
        server.statistics("on")
        shown = server.instruments()
        assert shown is not None
        assert (shown["functions"], shown["log"], shown["trace"]) == (1, 10, True)
        server.no_debug()
        assert server.instruments() is None


def test_an_actor_under_observation_refuses_and_crashes_as_before():
    with running(SERVER) as world:
        world.events.expect(ChildStarted, lambda event: event.path == "/server")
        debug(world).log(on=True)
        with pytest.raises(No):
            ask(world, "refuse")
        assert [event.direction for event in debug(world).get_log()] == ["in"]
        world.system.address("/server").cast("refuse")
        assert ask(world) == 1


# --- state --------------------------------------------------------------------------------------------------------


def test_O5_state_is_read_and_replaced_and_a_failing_function_leaves_it():
    with running(SERVER) as world:
        server = debug(world)
        assert server.get_state() == {"count": 0, "password": "***"}
        assert server.replace_state(lambda state: {**state, "count": 41})["count"] == 41
        assert ask(world) == 42

        def fail(state: dict[str, Any]) -> dict[str, Any]:
            state["count"] = -1
            raise ZeroDivisionError("oops")

        with pytest.raises(CallbackFailed, match="ZeroDivisionError: oops"):
            server.replace_state(fail)
        with pytest.raises(CallbackFailed, match="must return a dict"):
            server.replace_state(lambda state: None)
        assert server.get_state()["count"] == 42
        assert ask(world) == 43


def test_attributes_left_out_of_the_new_state_are_gone():
    with running(SERVER) as world:
        assert debug(world).replace_state(lambda state: {"count": 1, "extra": True}) == {"count": 1, "extra": True}


def test_an_actor_may_say_what_is_worth_seeing():
    with running(ChildSpec(id="open", actor=Open), ChildSpec(id="shy", actor=Shy)) as world:
        assert debug(world, "/open").get_state() == {"queue": [0, 1, 2]}
        with pytest.raises(CallbackFailed, match="ValueError: nothing to see"):
            debug(world, "/shy").get_state()
        assert debug(world, "/open").get_state() == {"queue": [0, 1, 2]}


def test_a_supervisor_is_seen_and_steered_like_any_actor():
    with running(Supervisor.spec("pool", [SERVER])) as world:
        pool = debug(world, "/pool")
        shown = pool.get_status()
        assert (shown["class"], shown["parent"], shown["status"]) == ("Supervisor", "/", "running")
        assert shown["state"]["children"] == {"server": "running"}
        pool.log(on=True)
        world.system.address("/pool").call(StartChild(ChildSpec(id="late", actor=Open)))
        assert [type(event.message) for event in pool.get_log()] == [StartChild, str]
        assert debug(world, "/").get_state()["children"] == {"pool": "running"}


# --- suspended, hanging, gone -------------------------------------------------------------------------------------


def test_a_suspended_actor_answers_inquiries_and_nothing_else():
    with running(SERVER) as world:
        server = debug(world)
        server.suspend()
        server.suspend()
        assert server.get_status()["status"] == "suspended"
        assert world.system.registry.running("/server").busy_seconds() == 0.0
        with pytest.raises(CallTimeout):
            ask(world, timeout=0.05)
        assert server.replace_state(lambda state: {**state, "count": 7})["count"] == 7
        with pytest.raises(CallbackFailed):
            server.replace_state(lambda state: 1 / 0)
        server.resume()
        assert server.get_status()["status"] == "running"
        assert ask(world, "count") == 8  # the question that nobody waited for was served all the same


def test_a_hanging_actor_is_told_with_the_stack_of_its_thread():
    stack = r"(?s)one message in hand for .*message\.pass_through\(\)"
    with running(SERVER) as world, Gate(world), pytest.raises(Unresponsive, match=stack):
        debug(world, timeout_seconds=0.1).get_state()


def test_nobody_there_is_told_at_once():
    with running(SERVER) as world:
        with pytest.raises(NoProc):
            debug(world, "/nobody").get_state()
        with pytest.raises(NoProc):
            debug(world, "/nobody").suspend()


def test_who_ends_before_it_answers_says_so_at_once():
    with running(SERVER) as world, ThreadPoolExecutor() as pool:
        actor = world.system.registry.running("/server")
        with Gate(world):
            actor.request_stop(Shutdown())
            answer = pool.submit(debug(world).get_state)
            eventually(lambda: actor.depth()[0] == 2, "the question waits behind the stop request")
        with pytest.raises(NoProc):
            answer.result(10.0)


def test_an_actor_cannot_wait_for_its_own_answer():
    with running(SERVER) as world, pytest.raises(CallCycle):
        ask(world, "ask yourself")


def test_terminate_ends_an_actor_with_a_reason():
    with running(SERVER) as world:
        world.events.expect(ChildStarted, lambda event: event.path == "/server")
        debug(world).terminate(Shutdown("enough"))
        started = world.events.expect(ChildStarted, lambda event: event.path == "/server")
        assert started.restarts == 1
