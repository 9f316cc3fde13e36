"""A mail server that does not answer: the root stays up and says so, and afterwards nothing is lost."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.drills.flow import flowing, reset
from tests.drills.site import Site, eventually, only, site

pytestmark = pytest.mark.timeout(150)

LANES = {"email.transactional", "email.bulk", "email.campaign"}
EVENTS = 500


def black_hole() -> socket.socket:
    """Takes connections and never says a word; close it to end them."""
    return socket.create_server(("127.0.0.1", 0))


def elsewhere(port: int) -> tuple[str, ...]:
    """Settings of a root whose mail server is not its own."""
    return (f"email.mta.url=smtp://127.0.0.1:{port}", "mta.enabled=false")


@contextmanager
def mail_server(home: Path, port: int) -> Iterator[Site]:
    """The embedded mail server in a root of its own."""
    with only(home, 'apps=["actors.smtp.mta"]', f"mta.port={port}", "log.level=warning") as server:
        server.start()
        yield server


def missing(here: Site) -> dict[str, str]:
    """What /readyz complains about: name -> reason."""
    answer = here.get("/readyz")
    found = {one["name"]: one["reason"] for one in answer.json()["missing"]}
    assert answer.status_code == (503 if found else 200)
    return found


def senders(here: Site) -> list[dict[str, object]]:
    return [row for path, row in here.rows().items() if "/sender-" in path]


def test_a_black_hole_from_the_first_second(tmp_path: Path) -> None:
    with black_hole() as hole:
        port = hole.getsockname()[1]
        with site(tmp_path / "home", *elsewhere(port)) as here:
            assert here.start() < 10.0
            with flowing(here, [reset(number) for number in range(300)]) as flow:
                keys = flow.wait()
            assert len(keys) == 300
            eventually(lambda: missing(here).keys() == LANES, 20.0, "only the lanes of mail are missing")
            assert {row["state"] for row in senders(here)} <= {"starting", "backoff"}
            assert here.get("/healthz").status_code == 200

            hole.close()
            with mail_server(tmp_path / "server", port) as server:
                eventually(lambda: keys <= server.copies().keys(), 40.0, "all mails at the server")
                assert server.copies() == dict.fromkeys(keys, 1)
                eventually(lambda: not missing(here), 40.0, "ready again")
                assert here.stop() == 0


def test_a_server_that_freezes_in_the_middle(tmp_path: Path) -> None:
    with black_hole() as hole:
        port = hole.getsockname()[1]
    with (
        mail_server(tmp_path / "server", port) as server,
        site(tmp_path / "home", *elsewhere(port), "email.senders=1") as here,
    ):
        here.start()
        with flowing(here, [reset(number) for number in range(EVENTS)]) as flow:
            eventually(lambda: server.arrived() > 100, 20.0, "the first mails")
            server.root.send_signal(signal.SIGSTOP)
            keys = flow.wait()
        assert len(keys) == EVENTS
        reason = eventually(lambda: missing(here).get("email.transactional"), 30.0, "the lane is said to stand still")
        assert "waiting for too long" in reason
        assert any(row["busy_seconds"] for row in senders(here))
        assert here.get("/healthz").status_code == 200
        assert here.stop() == 0
        here.start()

        server.root.send_signal(signal.SIGCONT)
        eventually(lambda: keys <= server.copies().keys(), 40.0, "all mails at the server")
        copies = server.copies()
        assert copies.keys() == keys
        assert {key for key, count in copies.items() if count > 1} <= here.doubted()
        eventually(lambda: not missing(here), 40.0, "ready again")
        assert here.stop() == 0
