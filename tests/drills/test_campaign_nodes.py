"""A campaign that outlives the deaths of its nodes, on the embedded servers and on real ones; see `deaths`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.drills.__main__ import main
from tests.drills.deaths import survive
from tests.drills.servers import site_on

pytestmark = pytest.mark.timeout(240)

#: Small enough that a few thousand people take several kills, and a window is on the wire at most of them.
SMALL = ("nodes.count=2", "email.senders=2", "email.window=25", "database.health_timeout_seconds=10")


def test_a_campaign_survives_the_deaths_of_its_nodes(tmp_path: Path) -> None:
    with site_on(tmp_path / "home", None, None, *SMALL) as here:
        survive(here, 2000, 1, 120.0)
        assert here.stop() == 0


def test_a_campaign_on_real_servers_survives_the_deaths_of_its_nodes() -> None:
    """By the command that does it at any size."""
    done = CliRunner().invoke(main, ["--people", "5000", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output.splitlines()[-1])
    assert figures["people"] == figures["handed"] + figures["in_doubt"] == 5000
    assert figures["kills"] >= 1 and figures["skipped"] == 0
