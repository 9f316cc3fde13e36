"""`rookery rule` and `rookery email replay` as a user types them, against verbs that the test plays."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from apps.email.commands import email
from apps.email.rulebook.commands import rule

RULE = {"template": "password_reset", "class": "bulk"}
MAIL = {"rule": "r", "address": "a@b.example", "verdict": "deferred", "reason": "waits", "steps": [{"step": "hours"}]}
ANSWERS: dict[str, Any] = {
    "rule.list": [
        {"name": "r", "event": "[red]", "template": "t", "share": 0.5, "changed_at": "2026-11-22T10:00:00+00:00"},
        {"name": "old", "template": "gone", "error": "template: no folder [bold]"},
    ],
    "rule.show": {
        "name": "r",
        "from": "database",
        "rule": {**RULE, "cap": {"mails": 3}},
        "versions": [
            {"version": 1, "changed_by": "ada", "changed_at": "2026-11-22T10:00", "rule": RULE, "note": "why"}
        ],
    },
    "rule.add": {"name": "r", "version": 1},
    "rule.edit": {"name": "r", "version": 2},
    "rule.remove": {"name": "r", "left": "config"},
    "rule.shadows": [
        {
            **dict.fromkeys(("same", "different", "alone", "subject", "text", "html"), 7),
            "rule": "later",
            "beside": "live",
            "send": None,
            "example": {"key": "k1", "person": "[ada]", "diff": "-a\tb\n+\x1b[31mb\n"},
        }
    ],
    "rule.shadow": {"key": "k", "mail": "Subject: x\r\n"},
    "rule.test": {
        "event": "e",
        "rules": ["r"],
        "refused": None,
        "passed": {"other": "not: x"},
        "sends": [{"rule": "s", "audience": "all", "people": 7}],
        "mails": [MAIL],
    },
    "email.replay": {
        **dict.fromkeys(("events", "same", "new", "gone", "changed", "refused"), 1),
        "differences": [{"kind": "new", "event": "1", "rule": "r", "person": "p", "what": "template t"}],
    },
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    calls: list[tuple[str, dict[str, Any]]] = []

    def ask(home: Path, verb: str, **params: Any) -> Any:
        calls.append((verb, params))
        return ANSWERS[verb]

    monkeypatch.setattr("apps.email.rulebook.commands._ask", ask)
    return calls


def run(group: Callable[..., Any], *arguments: str, given: str = "") -> str:
    done = CliRunner().invoke(group, arguments, input=given)  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output
    return done.output


def test_rules_are_shown_as_they_are_written(asked: list[Any]) -> None:
    listed = run(rule, "list")
    assert "[red]" in listed and "old holds up all decisions: template: no folder [bold]" in listed
    shown = run(rule, "show", "r")
    assert "template: password_reset" in shown and "mails: 3" in shown and "1  2026-11-22T10:00  ada: why" in shown
    assert json.loads(run(rule, "show", "r", "--json")) == ANSWERS["rule.show"]


def test_what_came_of_the_shadow_is_shown_with_an_example(asked: list[Any]) -> None:
    shown = run(rule, "shadows", "later")
    assert asked == [("rule.shadows", {"rule": "later"})]
    assert "later beside live, mail k1 to [ada]:" in shown and "-a" in shown
    assert "\x1b" not in shown and "x1b[31mb" in shown
    assert run(rule, "shadows") and asked[-1] == ("rule.shadows", {})


def test_a_rule_is_written_from_a_file_or_in_an_editor(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "r is at version 1" in run(rule, "add", "r", "-", "--by", "ada", "--note", "n", given=json.dumps(RULE))
    monkeypatch.setattr("click.edit", lambda text, extension: text.replace("mails: 3", "mails: 4"))
    assert "r is at version 2" in run(rule, "edit", "r", "--by", "ada")
    assert asked == [
        ("rule.add", {"name": "r", "rule": RULE, "note": "n", "by": "ada"}),
        ("rule.show", {"name": "r"}),
        ("rule.edit", {"name": "r", "rule": {**RULE, "cap": {"mails": 4}}, "note": "", "by": "ada"}),
    ]
    assert "counts again" in run(rule, "remove", "r")


def test_who_would_get_what(asked: list[Any]) -> None:
    shown = run(rule, "test", "-", "--at", "2026-11-22T03:00", given='{"type": "e"}')
    for words in (
        "other: does not apply, not: x",
        "audience all, 7 people",
        "r: a@b.example  deferred  waits",
        "hours:",
    ):
        assert words in shown
    assert asked == [("rule.test", {"event": {"type": "e"}, "at": "2026-11-22T03:00:00+00:00"})]


def test_a_mail_of_the_shadow_is_printed_as_it_is(asked: list[Any]) -> None:
    assert run(rule, "shadow", "k" * 40) == "Subject: x\n"


def test_a_replay_compares_and_does_nothing_else(asked: list[Any]) -> None:
    shown = run(email, "replay", "--from", "2026-11-01", "--to", "2026-11-02", "--dry-run")
    assert "1 events; mails: 1 same, 1 new, 1 gone, 1 changed, 1 refused" in shown and "template t" in shown
    wanted = {"start": "2026-11-01T00:00:00+00:00", "end": "2026-11-02T00:00:00+00:00", "limit": 100}
    assert asked == [("email.replay", wanted)]
    refused = CliRunner().invoke(email, ["replay", "--from", "2026-11-01"])
    assert refused.exit_code == 2 and "--dry-run" in refused.output


@pytest.mark.parametrize(
    ("arguments", "given"),
    [(("add", "r", "-"), "[1]"), (("add", "r", "-"), "{"), (("test", "-", "--at", "noon"), "{}")],
)
def test_what_cannot_be_read_is_a_usage_error(asked: list[Any], arguments: tuple[str, ...], given: str) -> None:
    assert CliRunner().invoke(rule, arguments, input=given).exit_code == 2
    assert asked == []
