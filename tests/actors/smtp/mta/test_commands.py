"""`rookery mta ...`: what the command line sends, and how it shows the answers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from actors.smtp.mta import commands
from actors.smtp.mta.verbs import VERBS

ROWS = [{"number": 1, "used": 3, "rule": {"reply": "451 4.7.1 later"}}]


class Door:
    """A root that only listens; it knows the parameters that the verbs take."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def call(self, verb: str, **params: Any) -> Any:
        next(known for known in VERBS if known.name == verb).parse(params)
        self.asked.append((verb, params))
        return {"kept": 1} if verb == "mta.status" else ROWS


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    door = Door()
    monkeypatch.setattr(commands, "client", lambda home: door)
    return door


@pytest.mark.parametrize(
    ("words", "verb", "params"),
    [
        (["rules"], "mta.rules", {}),
        (["remove", "2"], "mta.remove", {"number": 2}),
        (["clear"], "mta.set", {"rules": []}),
        (["reset"], "mta.set", {}),
        (["status"], "mta.status", {}),
        (
            ["add", "--reply", "421 4.7.0 slow", "--above", "100", "--last"],
            "mta.add",
            {"rule": {"recipient": "*", "at": "rcpt", "reply": "421 4.7.0 slow", "above": 100}, "last": True},
        ),
        (
            ["add", "--recipient", "a@*", "--script", "451 x", "--script", "550 y"],
            "mta.add",
            {"rule": {"recipient": "a@*", "at": "rcpt", "replies": ("451 x", "550 y")}, "last": False},
        ),
        (
            ["add", "--at", "data", "--drop", "after", "--probability", "0"],
            "mta.add",
            {"rule": {"recipient": "*", "at": "data", "drop": "after", "probability": 0.0}, "last": False},
        ),
    ],
)
def test_what_is_sent(words: list[str], verb: str, params: dict[str, Any], door: Door, tmp_path: Path) -> None:
    result = CliRunner().invoke(commands.mta, [*words, "--home", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert door.asked == [(verb, params)]


def test_what_is_shown(door: Door, tmp_path: Path) -> None:
    shown = CliRunner().invoke(commands.mta, ["rules", "--home", str(tmp_path)]).output
    assert "used 3" in shown and "451 4.7.1 later" in shown
    as_json = CliRunner().invoke(commands.mta, ["rules", "--json", "--home", str(tmp_path)]).output
    assert json.loads(as_json) == ROWS
