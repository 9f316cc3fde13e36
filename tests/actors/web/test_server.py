"""The web server as a child: it starts, stops, crashes, comes back. That no thread is left is proved by a fixture."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from actors.web.server import WebServer
from supervision import Crashed, RestartChild, StartFailed, State, TerminateChild
from supervision.app import App
from supervision.events import ChildExited, ChildStarted
from supervision.faults import FaultRule
from tests.actors.web.serving import BLOCKED, PATIENCE_SECONDS, RELEASE, SAMPLE, Served, serving

SERVER = "/web/server"
BROKEN = App(name="broken", routes="nowhere:routes")


def stop_server(served: Served) -> None:
    served.running.system.address("/web").call(TerminateChild("server"), timeout=PATIENCE_SECONDS)


def start_server(served: Served) -> None:
    served.running.system.address("/web").call(RestartChild("server"), timeout=PATIENCE_SECONDS)


def test_it_serves_and_says_where(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert served.client.get("/healthz").json() == {"status": "ok"}
        assert json.loads((tmp_path / "web.json").read_text()) == {"url": served.url}
    assert not (tmp_path / "web.json").exists()


def test_it_restarts_many_times_on_the_same_port_without_leaking_a_thread(tmp_path: Path) -> None:
    with serving(tmp_path, [SAMPLE]) as served:
        url, threads = served.url, threading.active_count()
        for _ in range(5):
            stop_server(served)
            assert "web.url" not in served.running.system.facts
            with pytest.raises(httpx.ConnectError):
                httpx.get(url + "/healthz", trust_env=False)
            start_server(served)
            assert served.url == url
            assert httpx.get(url + "/healthz", trust_env=False).status_code == 200
            answer = httpx.post(url + "/sample", json={"name": "ada"}, trust_env=False)
            assert answer.json() == {"name": "ada"}
        assert threading.active_count() == threads


def test_an_idle_connection_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        host, port = served.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
            stop_server(served)
            assert connection.recv(4096) == b""


def test_a_request_that_never_ends_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        host, port = served.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\ntok")
            stop_server(served)
            assert served.row(SERVER).last_reason == "shutdown"


def test_it_dies_with_its_thread_and_comes_back(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        server = served.running.system.registry.running(SERVER)
        assert isinstance(server, WebServer)
        assert server.listener is not None
        url = served.url
        server.listener._server.should_exit = True
        exited = served.running.events.expect(ChildExited, lambda event: event.path == SERVER)
        assert isinstance(exited.reason, Crashed)
        assert "thread that serves HTTP ended" in str(exited.reason)
        served.running.events.expect(ChildStarted, lambda event: event.path == SERVER)
        assert httpx.get(url + "/healthz", trust_env=False).status_code == 200


def test_a_crash_of_the_actor_frees_the_port_for_the_next_incarnation(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        url = served.url
        served.running.system.faults.enabled = True
        served.running.system.faults.add(FaultRule("crash", SERVER))
        served.running.events.expect(ChildExited, lambda event: event.path == SERVER)
        served.running.events.expect(ChildStarted, lambda event: event.path == SERVER)
        assert httpx.get(url + "/healthz", trust_env=False).status_code == 200


def test_a_port_in_use_is_a_clear_failure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        expected = rf"127\.0\.0\.1:{port} is taken.*console\.port"
        with pytest.raises(StartFailed, match=expected), serving(tmp_path, port=port):
            pass
    assert not (tmp_path / "web.json").exists()


def test_an_address_that_is_not_ours_is_a_clear_failure(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"192\.0\.2\.7"), serving(tmp_path, host="192.0.2.7", allow_remote=True):
        pass


def test_an_application_that_cannot_be_built_is_a_failed_start_and_frees_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    broken = f"{__name__}:BROKEN"
    with pytest.raises(StartFailed, match="no module named nowhere"), serving(tmp_path, [broken], port=port):
        pass
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_it_listens_on_ipv6(tmp_path: Path) -> None:
    with serving(tmp_path, host="::1") as served:
        assert served.url.startswith("http://[::1]:")
        assert served.client.get("/healthz").status_code == 200


def test_a_slow_verb_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    RELEASE.clear()
    with serving(tmp_path, [SAMPLE]) as served:
        asker = threading.Thread(target=_ask_quietly, args=(served, "/api/sample/hang?name=x"))
        asker.start()
        served.running.wait_state(SERVER, State.RUNNING)
        _wait_until(lambda: any(thread.name == "web:sample.hang" for thread in threading.enumerate()))
        stop_server(served)
        assert served.row(SERVER).last_reason == "shutdown"
        RELEASE.set()
        asker.join(PATIENCE_SECONDS)
        assert not asker.is_alive()


def test_a_blocked_event_loop_is_left_behind_and_the_next_server_gets_the_port(tmp_path: Path) -> None:
    RELEASE.clear()
    BLOCKED.clear()
    with serving(tmp_path, [SAMPLE]) as served:
        url = served.url
        asker = threading.Thread(target=_ask_quietly, args=(served, "/block"))
        asker.start()
        try:
            assert BLOCKED.wait(PATIENCE_SECONDS)
            stop_server(served)
            assert "blocks the event loop" in served.row(SERVER).last_reason
            start_server(served)
            assert served.url == url
            assert httpx.get(url + "/healthz", trust_env=False).status_code == 200
        finally:
            RELEASE.set()
            asker.join(PATIENCE_SECONDS)
        assert not asker.is_alive()


def _ask_quietly(served: Served, path: str) -> None:
    with contextlib.suppress(httpx.HTTPError):
        served.client.get(path, headers=served.operator)


def _wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that")
