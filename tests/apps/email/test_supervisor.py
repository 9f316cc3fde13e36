"""The email app's hierarchy: senders that hang do not wait for one another at a stop."""

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from actors.smtp import Envelope, Handover
from apps.email.supervisor import supervisor
from supervision import ChildSpec, ChildStopped, Event, TerminateChild
from supervision.config import Settings, check
from supervision.testing import Inbox, Probe, running

SENDERS = 4


@pytest.fixture
def silent_server():
    """Greets, agrees to everything, and never answers DATA."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections, ended = [], threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 silent\r\n")
            for line in lines:
                if not line.upper().startswith(b"DATA"):
                    connection.sendall(b"250 OK\r\n")

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=talk, args=(connection,))
            connections.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    ended.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in (acceptor, *connections):
        thread.join(5.0)


def settings_with(tmp_path: Path, url: str) -> Settings:
    email = {"mta": {"url": url}, "senders": SENDERS}
    return check({"apps": ["actors.broker", "apps.email"], "email": email}, tmp_path)


def hasty(branch: ChildSpec) -> ChildSpec:
    """The same branch, whose senders have little time to stop."""
    flags, children = branch.args
    return replace(branch, args=(flags, tuple(replace(child, shutdown=0.2) for child in children)))


def lane_senders(settings: Settings) -> ChildSpec:
    """The branch `mta` of the transactional lane, as the app makes it."""
    lane = next(child for child in supervisor(settings).args[1] if child.id == "transactional")
    branch: ChildSpec = next(child for child in lane.args[1] if child.id == "mta")
    return branch


def test_senders_that_hang_are_asked_to_stop_together(tmp_path, silent_server):
    branch = hasty(lane_senders(settings_with(tmp_path, silent_server)))
    paths = [f"/mta/sender-{number}" for number in range(1, SENDERS + 1)]
    with running(branch, ChildSpec(id="probe", actor=Probe, args=(Inbox(),))) as world:
        for path in paths:
            world.wait_state(path, "running")
            envelope = Envelope("a@example.org", ("b@example.org",), b"Subject: x\r\n\r\nx\r\n", path)
            world.system.address(path).cast(Handover(path, (envelope,), "/probe"))
        at_first_end = []

        def look(event: Event) -> None:
            if isinstance(event, ChildStopped) and not at_first_end:
                at_first_end.extend(str(world.system.tree.get(path).state) for path in paths)

        world.system.events.subscribe(look)
        world.system.address("/").call(TerminateChild("mta"), timeout=30.0)
        assert sorted(at_first_end) == ["stopped", "stopping", "stopping", "stopping"]
