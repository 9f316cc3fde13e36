"""The mail making apps in nodes: everything arrives through their deaths, and nothing of them is left behind."""

import os
import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.drills.flow import flowing, reset
from tests.drills.site import Site, eventually, site

pytestmark = pytest.mark.timeout(180)

EVENTS = 1200
NODES = ("/nodes/node-1", "/nodes/node-2")


def nodes(here: Site) -> dict[str, int]:
    """The process of each node that runs."""
    rows = here.rows()
    return {path: rows[path]["pid"] for path in NODES if path in rows and rows[path]["state"] == "running"}


def test_mail_survives_the_deaths_of_nodes(tmp_path: Path) -> None:
    rng = random.Random(1)
    with site(tmp_path / "home", "nodes.count=2") as here:
        here.start()
        with flowing(here, [reset(number) for number in range(EVENTS)], seconds=120.0) as flow:
            for moment in sorted(rng.sample(range(20, EVENTS - 200), 3)):
                eventually(lambda moment=moment: here.arrived() >= moment, 40.0, f"{moment} mails")  # type: ignore[misc]
                victims = eventually(lambda: nodes(here), 20.0, "a node")
                os.kill(rng.choice(list(victims.values())), signal.SIGKILL)
            keys = flow.wait()
        assert len(keys) == EVENTS
        eventually(lambda: keys <= here.copies().keys(), 60.0, "all mails in the outbox")
        copies, doubted = here.copies(), here.doubted()
        assert copies.keys() == keys
        assert {key for key, count in copies.items() if count > 1} <= doubted
        eventually(lambda: len(nodes(here)) == 2, 20.0, "both nodes")
        left = [psutil.Process(pid) for pid in nodes(here).values()]
        assert here.stop() == 0
        assert not any(process.is_running() for process in left)


def test_no_node_survives_its_root_and_the_next_root_goes_on(tmp_path: Path) -> None:
    with site(tmp_path / "home", "nodes.count=2") as here:
        here.start()
        with flowing(here, [reset(number) for number in range(400)], seconds=120.0) as flow:
            eventually(lambda: here.arrived() >= 50, 40.0, "50 mails")
            orphans = [psutil.Process(pid) for pid in nodes(here).values()]
            here.kill()
            assert here.start() < 20.0
            keys = flow.wait()
        eventually(lambda: keys <= here.copies().keys(), 60.0, "all mails in the outbox")
        assert {key for key, count in here.copies().items() if count > 1} <= here.doubted()
        eventually(lambda: not any(process.is_running() for process in orphans), 20.0, "no orphan")
        assert here.stop() == 0
