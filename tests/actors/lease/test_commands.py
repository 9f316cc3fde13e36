"""`rookery lease list`, as typed; what a root answers is tested with its verb."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from actors.lease import commands

HELD = {"name": "sms.outbound", "holder": "m:1/x", "last_holder": "m:1/x", "epoch": 7, "seconds_left": 8.25}
FREE = {"name": "other", "holder": None, "last_holder": "m:1/y", "epoch": 2, "seconds_left": 0}


class Root:
    """Answers what the test says."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def call(self, verb: str) -> list[dict[str, Any]]:
        assert verb == "lease.list"
        return self.rows


def typed(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], *words: str) -> str:
    def client(home: Path) -> Root:
        return Root(rows)

    monkeypatch.setattr(commands, "client", client)
    done = CliRunner().invoke(commands.lease, ["list", *words])
    assert done.exit_code == 0
    return done.output


def test_who_holds_what(monkeypatch: pytest.MonkeyPatch) -> None:
    held, free = typed(monkeypatch, [HELD, FREE]).splitlines()
    assert held.split() == ["sms.outbound", "epoch", "7", "m:1/x,", "8.2", "s", "left"]
    assert free.split() == ["other", "epoch", "2", "free"]
    assert json.loads(typed(monkeypatch, [HELD, FREE], "--json")) == [HELD, FREE]
    assert typed(monkeypatch, []) == "no leases yet\n"
