import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from supervision.control import NoRoot, RemoteError, client, server, wire
from supervision.control.client import NoAnswer
from supervision.control.lock import AlreadyRunning, HomeUnusable, Lock
from supervision.control.server import Job, Server
from supervision.errors import Refusal

PATIENCE = 10.0


class Gate:
    """Holds verbs up until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def pass_through(self) -> str:
        self.entered.release()
        assert self.opened.wait(PATIENCE)
        return "passed"


class Desk:
    """A server in a thread of its own, with a few verbs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.gate = Gate()
        self.closing = threading.Event()
        self.server = Server(home, self.resolve)
        self.thread = threading.Thread(target=self._turn, name="desk")
        self.thread.start()

    def _turn(self) -> None:
        while not self.closing.is_set():
            self.server.turn(0.05)
        self.server.close()

    def resolve(self, request: wire.Request) -> Job:
        params = request.params
        jobs: dict[str, Job] = {
            "quick": Job(lambda: {"quick": params}, quick=True),
            "slow": Job(self.gate.pass_through, quick=False),
            "refuse": Job(_raise(Refusal("not today", field="day")), quick=True),
            "break": Job(_raise(ValueError("a secret")), quick=False),
            "exit": Job(lambda: sys.exit(3), quick=False),
            "unspeakable": Job(lambda: {1, 2}, quick=True),
            "big": Job(lambda: "x" * 3_000_000, quick=True),
        }
        if request.verb not in jobs:
            raise Refusal(f"no verb {request.verb}")
        return jobs[request.verb]

    def close(self) -> None:
        self.gate.opened.set()
        self.closing.set()
        self.server.wake()
        self.thread.join(PATIENCE)
        for thread in threading.enumerate():
            if thread.name == "control verb":
                thread.join(PATIENCE)


def _raise(error: Exception) -> Callable[[], Any]:
    def run() -> Any:
        raise error

    return run


@contextmanager
def serving(home: Path) -> Iterator[Desk]:
    desk = Desk(home)
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with serving(tmp_path) as desk:
        yield desk


@contextmanager
def raw_connection(home: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        with wire.address(home) as address:
            connection.connect(address)
        yield connection


def replies(connection: socket.socket, count: int) -> list[Any]:
    with connection.makefile("rb") as lines:
        return [json.loads(lines.readline()) for _ in range(count)]


def test_a_verb_is_answered(desk: Desk) -> None:
    assert client(desk.home).call("quick", a=1, b=["ü"]) == {"quick": {"a": 1, "b": ["ü"]}}


def test_the_socket_is_for_its_owner_only(desk: Desk) -> None:
    assert stat.S_IMODE((desk.home / "control.sock").stat().st_mode) == 0o600


def test_a_refusal_arrives_with_its_field_and_codes(desk: Desk) -> None:
    with pytest.raises(RemoteError, match="not today") as caught:
        client(desk.home).call("refuse")
    error = caught.value
    assert (error.type, error.title, error.field, error.status, error.exit_code) == (
        "Refusal",
        "Refused",
        "day",
        409,
        1,
    )


@pytest.mark.parametrize(
    ("verb", "kind"), [("break", "ValueError"), ("exit", "SystemExit"), ("unspeakable", "TypeError")]
)
def test_a_failing_verb_is_told_without_its_details(desk: Desk, verb: str, kind: str) -> None:
    with pytest.raises(RemoteError) as caught:
        client(desk.home).call(verb)
    assert (caught.value.type, caught.value.exit_code) == ("InternalError", 70)
    assert kind in str(caught.value)
    assert "secret" not in str(caught.value)
    assert client(desk.home).call("quick") == {"quick": {}}


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"hello", "a request is one line of JSON"),
        (b"[1]", "a request is an object"),
        (b'{"verb": 3}', "a request is an object"),
        (b'{"verb": "quick", "params": []}', "params must be an object"),
        (b'{"verb": "nonsense"}', "no verb nonsense"),
        (b"[" * 100_000, "a request is one line of JSON"),
        (b"\xff\xfe", "a request is one line of JSON"),
    ],
)
def test_a_bad_request_gets_an_error_and_the_connection_lives_on(desk: Desk, line: bytes, detail: str) -> None:
    with raw_connection(desk.home) as connection:
        connection.sendall(line + b"\n" + b'{"verb": "quick"}\n')
        bad, good = replies(connection, 2)
    assert bad["error"]["detail"].startswith(detail)
    assert good == {"ok": {"quick": {}}}


def test_requests_sent_at_once_are_answered_in_order_even_after_the_client_has_finished(desk: Desk) -> None:
    with raw_connection(desk.home) as connection:
        connection.sendall(b"".join(b'{"verb": "quick", "params": {"n": %d}}\n' % n for n in range(500)))
        connection.shutdown(socket.SHUT_WR)
        answers = replies(connection, 500)
        assert connection.recv(1) == b""
    assert [answer["ok"]["quick"]["n"] for answer in answers] == list(range(500))


def test_a_line_without_an_end_is_refused(desk: Desk) -> None:
    with raw_connection(desk.home) as connection:
        try:
            for _ in range(wire.MAX_REQUEST_BYTES // 65536 + 2):
                connection.sendall(b"x" * 65536)
            answer = replies(connection, 1)[0]
        except ConnectionError:  # hung up while we were still talking
            return
    assert answer["error"]["detail"] == f"a request may have at most {wire.MAX_REQUEST_BYTES} bytes"


def test_silent_and_slow_clients_hold_up_nobody(desk: Desk) -> None:
    with raw_connection(desk.home) as silent, raw_connection(desk.home) as half, raw_connection(desk.home) as deaf:
        half.sendall(b'{"verb": "qui')
        deaf.sendall(b'{"verb": "big"}\n' * 5)
        assert client(desk.home).call("quick") == {"quick": {}}
        half.sendall(b'ck"}\n')
        assert replies(half, 1) == [{"ok": {"quick": {}}}]
        assert [len(answer["ok"]) for answer in replies(deaf, 5)] == [3_000_000] * 5
        silent.sendall(b'{"verb": "quick"}\n')
        assert replies(silent, 1) == [{"ok": {"quick": {}}}]


def test_quick_verbs_are_answered_while_every_thread_hangs(desk: Desk) -> None:
    answers: list[Any] = []
    askers = [
        threading.Thread(target=lambda: answers.append(client(desk.home).call("slow", timeout=PATIENCE)))
        for _ in range(server.MAX_THREADS + 3)
    ]
    for asker in askers:
        asker.start()
    for _ in range(server.MAX_THREADS):
        assert desk.gate.entered.acquire(timeout=PATIENCE)
    assert not desk.gate.entered.acquire(timeout=0.1)
    assert client(desk.home).call("quick") == {"quick": {}}
    desk.gate.opened.set()
    for asker in askers:
        asker.join(PATIENCE)
    assert answers == ["passed"] * len(askers)


def test_a_client_that_leaves_before_its_answer_harms_nobody(desk: Desk) -> None:
    with raw_connection(desk.home) as connection:
        connection.sendall(b'{"verb": "slow"}\n')
        assert desk.gate.entered.acquire(timeout=PATIENCE)
    desk.gate.opened.set()
    assert client(desk.home).call("slow", timeout=PATIENCE) == "passed"


def test_a_client_waits_no_longer_than_its_timeout(desk: Desk) -> None:
    with pytest.raises(NoAnswer, match=r"slow: no answer from the root in .* within 0.1 s"):
        client(desk.home).call("slow", timeout=0.1)


def test_more_clients_than_places_push_out_the_quietest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    with raw_connection(desk.home) as first:
        first.sendall(b'{"verb": "quick"}\n')
        replies(first, 1)
        with raw_connection(desk.home) as second:
            second.sendall(b'{"verb": "quick"}\n')
            replies(second, 1)
            assert client(desk.home).call("quick") == {"quick": {}}
            assert first.recv(1) == b""


def test_clients_that_stay_quiet_are_dropped_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "QUIET_SECONDS", 0.2)
    with raw_connection(desk.home) as connection:
        assert connection.recv(1) == b""


def test_without_a_root_the_client_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoRoot, match=r"no root is running in .*; start one with `rookery run`"):
        client(tmp_path).call("tree")
    with pytest.raises(NoRoot):
        client(tmp_path / "absent").call("tree")


def test_the_socket_of_a_killed_root_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "control.sock"))
    with pytest.raises(NoRoot):
        client(tmp_path).call("quick")
    with serving(tmp_path):
        assert client(tmp_path).call("quick") == {"quick": {}}
    assert not (tmp_path / "control.sock").exists()


def test_a_home_too_deep_for_a_socket_address_works_all_the_same(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 20) / ("deeper" * 10)
    home.mkdir(parents=True)
    with serving(home):
        assert client(home).call("quick") == {"quick": {}}


def test_a_home_has_one_root(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}") as caught:
        Lock(tmp_path / "new")
    assert caught.value.exit_code == 78
    lock.release()
    Lock(tmp_path / "new").release()


def test_the_lock_dies_with_its_root(tmp_path: Path) -> None:
    lock_and_die = "import os, sys, pathlib; from supervision.control.lock import Lock; "
    lock_and_die += "lock = Lock(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    killed = subprocess.run([sys.executable, "-c", lock_and_die, str(tmp_path)], timeout=30)
    assert killed.returncode == -9
    Lock(tmp_path).release()


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnusable, match="file/home"):
        Lock(tmp_path / "file" / "home")
