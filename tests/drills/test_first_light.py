"""What a user sees first: one command starts it, an event becomes a mail, the tree can be read, it ends in order."""

import json
from pathlib import Path

import psutil
import pytest

from tests.drills.site import eventually, site

READY_SECONDS = 10.0

pytestmark = pytest.mark.timeout(120)


def test_from_the_first_start_to_the_last_thread(tmp_path: Path) -> None:
    with site(tmp_path / "home") as here:
        assert here.start() < READY_SECONDS

        link = "https://example.org/r/1"
        sent = here.json(
            "event", "send", "password_reset", "--to", "ada@example.org", "--locale", "ja",
            "--data", json.dumps({"link": link}), "--json",
        )  # fmt: skip
        eventually(here.arrived, 20.0, "the mail in the outbox")
        (mail,) = here.json("email", "outbox", "--json")
        assert (mail["to"], mail["locale"], mail["copies"]) == ("ada@example.org", "ja", 1)
        assert mail["key"] == sent["mails"][0]
        assert "パスワード" in mail["subject"]
        shown = here.json("email", "show", mail["key"], "--json")
        assert shown["state"] == "handed"

        text = here.output("tree")
        document = here.json("tree", "--format", "json")
        dot = here.output("tree", "--format", "dot")
        for path in (
            "/nodes/node-1/email/transactional/dispatcher",
            "/broker/publisher",
            "/database/pool",
            "/web/server",
        ):
            assert path in {row["path"] for row in document["rows"]}
            assert path.rpartition("/")[2] in text
            assert path in dot
        assert {row["state"] for row in document["rows"]} == {"running"}
        assert dot.startswith("digraph")
        assert here.get("/healthz").status_code == here.get("/readyz").status_code == 200

        root = here.root
        family = [root, *root.children(recursive=True)]
        assert here.stop() == 0
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
