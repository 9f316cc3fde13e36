"""The disk below the embedded broker's file is full: events are refused meanwhile; no accepted one is lost."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.drills.servers import missing, reasons, site_on, survive
from tests.drills.site import Site, eventually
from tests.drills.test_mail_server import black_hole, elsewhere, mail_server

pytestmark = pytest.mark.timeout(120)

#: No file of the root and its nodes may grow beyond that. To whoever writes, it is as if the disk were full.
FULL_BYTES = 4096


@contextmanager
def full_disk(here: Site) -> Iterator[None]:
    """For the processes that run now."""
    processes = [here.root, *here.root.children(recursive=True)]
    for process in processes:
        limit(process, FULL_BYTES)
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                limit(process, resource.RLIM_INFINITY)


def limit(process: psutil.Process, size: int) -> None:
    _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (size, hard))


def test_the_broker_s_file(tmp_path: Path, postgres_url: str) -> None:
    """Mails and ledger are elsewhere, so that nothing but the broker's file is hit."""
    with black_hole() as hole:
        port = hole.getsockname()[1]
    with (
        mail_server(tmp_path / "server", port) as server,
        site_on(tmp_path / "home", None, postgres_url, *elsewhere(port)) as here,
    ):
        here.outbox = server.home

        def fault() -> None:
            with full_disk(here):
                assert eventually(lambda: missing(here).get("broker"), 20.0, "the broker is missed")
                assert here.get("/healthz").status_code == 200

        survive(here, fault)
        assert "Unavailable" in reasons(here, "/broker/publisher")
        assert here.stop() == 0
