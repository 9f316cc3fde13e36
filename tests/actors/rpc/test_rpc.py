"""Calls from one tree to another over a real broker: the three outcomes, deadlines, deaths, what is run how often."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from actors.broker import MessageRefused, Unavailable
from actors.rpc import CLIENT, Answer, Call, NoAnswer, NobodyThere, RemoteError, TimedOut, wire
from supervision import ChildSpec, ChildStarted, FaultRule, StartChild, TerminateChild
from supervision.testing import PATIENCE_SECONDS, Inbox, Probe
from tests.actors.rpc.harness import Echo, Stage, Text, process, settings_for, two

SERVER = "/rpc-echo/server"
WORKERS = ("/rpc-echo/workers/worker-1", "/rpc-echo/workers/worker-2")


@pytest.fixture
def settings(tmp_path: Path, broker_url: str):
    return settings_for(tmp_path, broker_url)


@pytest.fixture(autouse=True)
def stage():
    Echo.stage, Echo.service = Stage(), f"echo.{uuid.uuid4().hex}"
    yield Echo.stage
    Echo.stage.gate.set()


def until(so) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        if so():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come true in time")


def test_a_call_is_run_elsewhere_and_its_typed_reply_comes_back(settings, stage) -> None:
    with two(settings) as (caller, _):
        reply = caller.call("Say", Text(value="ü"))
        assert reply == Text(value="ü")
        assert stage.ran == ["ü"]


def test_nobody_there_is_told_at_once_and_nothing_is_run_later(settings, stage) -> None:
    with process(settings) as caller:
        with pytest.raises(NobodyThere, match=r"no process serves echo\."):
            caller.call("Say", Text(value="x"), timeout_seconds=30.0)
        with process(settings, serving=True):
            assert caller.call("Say", Text(value="y")).value == "y"
    assert stage.ran == ["y"]


def test_a_service_that_has_gone_is_not_there_soon_after(settings) -> None:
    def gone() -> bool:
        try:
            caller.call("Say", Text(value="x"), timeout_seconds=0.1)
        except NobodyThere:
            return True
        except TimedOut:  # its queue lingers
            pass
        return False

    with process(settings) as caller:
        with process(settings, serving=True):
            caller.ping()
        until(gone)


def test_no_reply_in_time_is_told_at_the_deadline_and_the_late_one_is_dropped_and_counted(settings, stage) -> None:
    with two(settings) as (caller, server):
        with pytest.raises(TimedOut, match="may have run"):
            caller.call("Slowly", Text(value="x"), timeout_seconds=0.2)
        stage.gate.set()
        until(lambda: caller.counts(CLIENT).get("late") == 1)
        assert server.counts(SERVER)["replied"] == 1


def test_the_peers_own_error_comes_with_its_words(settings) -> None:
    with two(settings) as (caller, _), pytest.raises(RemoteError, match="no room") as caught:
        caller.call("Refuse", Text())
    error = caught.value
    assert (error.type, error.title, error.status, error.field) == ("Full", "The nest is full", 409, "value")


def test_a_bug_of_the_peer_tells_strangers_nothing(settings, caplog) -> None:
    with two(settings) as (caller, server):
        with pytest.raises(RemoteError) as caught:
            caller.call("Break", Text())
        assert "secret" not in str(caught.value) and "secret" in caplog.text
        assert caller.call("Say", Text(value="x")).value == "x"
        assert server.counts(SERVER)["failed"] == 1


@pytest.mark.parametrize(
    ("method", "changes", "type", "words"),
    [
        ("Fly", {}, "UnknownMethod", "no method 'Fly'; it has Break, Charge"),
        ("Say", {"body": b"\xff\xff"}, "Undecodable", "no google.protobuf.StringValue"),
        ("Say", {"headers": {"message": "tests.Other"}}, "WrongType", "takes google.protobuf.StringValue"),
    ],
)
def test_requests_that_cannot_be_run_are_answered_clearly(settings, monkeypatch, method, changes, type, words) -> None:
    made = wire.request_message

    def spoiled(*arguments):
        message = made(*arguments)
        return replace(message, **{**changes, "headers": {**message.headers, **changes.get("headers", {})}})

    monkeypatch.setattr(wire, "request_message", spoiled)
    with two(settings) as (caller, _), pytest.raises(RemoteError, match=words) as caught:
        caller.call(method, Text())
    assert caught.value.type == type


def test_expired_requests_are_not_run_and_counted(settings, stage) -> None:
    with two(settings) as (caller, server):
        for number in range(2):
            caller.tree.system.address(CLIENT).cast(Call(Echo.service, "Slowly", Text(value=f"slow-{number}")))
            assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        # Both workers are busy, so this one waits past its deadline.
        with pytest.raises(TimedOut):
            caller.call("Say", Text(value="too late"), timeout_seconds=0.1)
        stage.gate.set()
        until(lambda: server.counts(SERVER).get("expired") == 1)
        caller.call("Say", Text(value="in time"))
    assert sorted(stage.ran) == ["in time", "slow-0", "slow-1"]


def test_a_request_that_waited_for_a_server_past_its_deadline_is_not_run(settings, stage) -> None:
    with process(settings) as caller:
        with process(settings, serving=True):
            caller.ping()
        # The queue lingers, and so does the request in it.
        with pytest.raises((TimedOut, NobodyThere)):
            caller.call("Say", Text(value="late"), timeout_seconds=0.05)
        with process(settings, serving=True):
            caller.call("Say", Text(value="fresh"))
    assert stage.ran == ["fresh"]


def test_many_calls_are_outstanding_at_once(settings) -> None:
    with two(settings) as (caller, server), ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda n: caller.call("Say", Text(value=str(n)), 20.0).value, range(500)))
        assert replies == [str(number) for number in range(500)]
        assert server.counts(SERVER)["replied"] == 500


def test_an_actor_calls_without_waiting(settings) -> None:
    inbox = Inbox()
    with two(settings) as (caller, _):
        caller.tree.system.address("/").call(StartChild(ChildSpec(id="probe", actor=Probe, args=(inbox,))))
        client = caller.tree.system.address(CLIENT)
        client.cast(Call(Echo.service, "Say", Text(value="x"), 5.0, "/probe", "ref-1"))
        assert inbox.expect(Answer) == Answer(Text(value="x"), "ref-1")
        client.cast(Call("nobody", "Say", Text(value="x"), 5.0, "/probe", "ref-2"))
        failed = inbox.expect(NoAnswer)
        assert isinstance(failed.error, NobodyThere) and failed.ref == "ref-2"


def test_a_client_that_dies_tells_its_callers(settings, stage) -> None:
    with two(settings) as (caller, _), ThreadPoolExecutor(1) as pool:
        pending = pool.submit(caller.call, "Slowly", Text(value="x"), 30.0)
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        caller.tree.system.faults.enabled = True
        caller.tree.system.faults.add(FaultRule("crash", CLIENT))
        with pytest.raises(TimedOut, match="may have run"):
            pending.result(PATIENCE_SECONDS)
        stage.gate.set()
        until(lambda: caller.counts(CLIENT).get("late") == 1)


def test_what_may_run_twice_is_run_again_when_its_worker_dies(settings, stage) -> None:
    with two(settings) as (caller, _):
        assert caller.call("Die", Text(value="x")).value == "alive"
    assert stage.ran == ["x", "x"]


def test_what_kills_every_worker_ends(settings, stage) -> None:
    stage.lives = 100
    with two(settings) as (caller, server):
        with pytest.raises(TimedOut, match="died over it"):
            caller.call("Die", Text(value="poison"), timeout_seconds=30.0)
        assert stage.ran == ["poison", "poison"]
        assert server.counts(SERVER)["interrupted"] == 1


def test_what_may_not_run_twice_is_not_when_its_server_dies_and_the_caller_hears_at_once(settings, stage) -> None:
    with two(settings) as (caller, server), ThreadPoolExecutor(1) as pool:
        pending = pool.submit(caller.call, "Charge", Text(value="10"), 30.0)
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        server.tree.system.faults.enabled = True
        server.tree.system.faults.add(FaultRule("crash", SERVER))
        with pytest.raises(TimedOut, match="died over it"):
            pending.result(PATIENCE_SECONDS)
        stage.gate.set()
        until(lambda: server.counts(SERVER).get("too late") == 1)
        assert caller.call("Charge", Text(value="20")).value == "charged"
    assert stage.ran == ["10", "20"]


def test_what_a_worker_finishes_for_a_dead_server_is_no_reply_to_the_next_ones_requests(settings, stage) -> None:
    with two(settings) as (caller, server), ThreadPoolExecutor(3) as pool:
        old = pool.submit(caller.call, "Charge", Text(value="old"), 30.0)
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        server.tree.system.faults.enabled = True
        server.tree.system.faults.add(FaultRule("crash", SERVER))
        with pytest.raises(TimedOut, match="died over it"):
            old.result(PATIENCE_SECONDS)
        old_gate, stage.gate = stage.gate, threading.Event()
        new = pool.submit(caller.call, "Slowly", Text(value="new"), 30.0)
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        old_gate.set()
        until(lambda: server.counts(SERVER).get("too late") == 1)
        # The worker that was too late has work again, and no more than the other.
        other = pool.submit(caller.call, "Slowly", Text(value="other"), 30.0)
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        stage.gate.set()
        assert [call.result(PATIENCE_SECONDS).value for call in (new, other)] == ["new", "other"]


def test_what_may_run_twice_is_run_by_another_process_when_its_server_dies(settings, stage) -> None:
    with two(settings) as (caller, server), ThreadPoolExecutor(1) as pool:
        pending = pool.submit(caller.call, "Slowly", Text(value="x"), 30.0)
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
        server.tree.system.faults.enabled = True
        server.tree.system.faults.add(FaultRule("crash", SERVER))
        assert stage.reached.acquire(timeout=PATIENCE_SECONDS)  # a second time
        stage.gate.set()
        assert pending.result(PATIENCE_SECONDS).value == "x"


def test_an_ordered_stop_finishes_what_is_in_hand(settings, stage) -> None:
    with process(settings) as caller, ThreadPoolExecutor(1) as pool:
        with process(settings, serving=True):
            pending = pool.submit(caller.call, "Charge", Text(value="10"), 30.0)
            assert stage.reached.acquire(timeout=PATIENCE_SECONDS)
            threading.Timer(0.3, stage.gate.set).start()
        assert pending.result(PATIENCE_SECONDS).value == "charged"


def test_calls_go_on_after_the_reply_queue_was_lost(settings) -> None:
    with two(settings) as (caller, _):
        caller.tree.system.faults.enabled = True
        caller.tree.system.faults.add(FaultRule("crash", "/rpc/replies"))
        caller.tree.events.expect(ChildStarted, lambda event: event.path == "/rpc/replies" and event.restarts == 1)
        assert caller.call("Say", Text(value="x")).value == "x"


def test_a_reply_that_the_broker_does_not_carry_is_an_error_of_the_service(settings) -> None:
    with two(settings) as (caller, _):
        with pytest.raises(RemoteError) as caught:
            caller.call("Grow", Text(value="200000"))
        assert caught.value.type == "MessageRefused"
        with pytest.raises(MessageRefused):
            caller.call("Say", Text(value="x" * 200_000))


def test_without_a_broker_the_caller_is_told(settings) -> None:
    with process(settings) as caller:
        caller.tree.system.address("/broker").call(TerminateChild("publisher"))
        with pytest.raises(Unavailable, match="nothing was done"):
            caller.call("Say", Text())
