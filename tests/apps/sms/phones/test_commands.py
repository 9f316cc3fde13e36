"""The commands over a control socket that answers by itself; what the verbs do stands in `test_verbs`."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from apps.sms.phones import commands

TEXT = {"id": 7, "at": 0.0, "from": "+15550100", "text": "hi\nthere", "segments": 1, "carrier": "sim"}
ROW = {"carrier": "sim", "limit": "day", "scope": "", "most": 5, "total": 6, "peak": 6, "violations": 1}
ANSWERS: dict[str, Any] = {
    "sms.phone.text": {"carrier": "sim", "id": "m1"},
    "sms.phone": [TEXT],
    "sms.phones": ["+15550177"],
    "sms.phone.block": {"carrier": "sim", "blocked": False},
    "sms.watched": [ROW],
}


class Root:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(self, verb: str, **params: Any) -> Any:
        self.asked.append((verb, params))
        return ANSWERS[verb]


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Root:
    root = Root()
    monkeypatch.setattr(commands, "client", lambda home: root)
    return root


def said(*arguments: str) -> str:
    result = CliRunner().invoke(commands.phone, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize(
    ("arguments", "verb", "params", "words"),
    [
        (
            ("text", "+15550177", "+15550100", "hello"),
            "sms.phone.text",
            {"phone": "+15550177", "to": "+15550100", "body": "hello", "carrier": None},
            "m1 on its way by sim",
        ),
        (("show", "+15550177", "--after", "3"), "sms.phone", {"phone": "+15550177", "after": 3}, "hi\\nthere"),
        (("list",), "sms.phones", {}, "+15550177"),
        (
            ("block", "+15550177", "+15550100", "--off"),
            "sms.phone.block",
            {"phone": "+15550177", "number": "+15550100", "carrier": None, "blocked": False},
            "sim takes texts from +15550100 to +15550177",
        ),
        (("watched",), "sms.watched", {}, "day"),
    ],
)
def test_a_command_asks_its_verb(
    root: Root, arguments: tuple[str, ...], verb: str, params: dict[str, Any], words: str
) -> None:
    assert words in said(*arguments)
    assert root.asked == [(verb, params)]
    assert json.loads(said(*arguments, "--json")) == ANSWERS[verb]
