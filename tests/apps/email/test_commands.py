import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from apps.email import APP
from apps.email.commands import COMMANDS
from supervision.control.client import Client

MAIL: dict[str, Any] = {
    "key": "k1",
    "state": "handed",
    "address": "ada@example.org",
    "reason": None,
    "message_id": "<k1@example.org>",
    "doubts": 1,
    "doubted_at": "2026-11-22T05:00:00+00:00",
    "mail_class": "bulk",
    "trace": [{"step": "rule", "event": "[bold]x"}, {"step": "reply", "code": 250}],
}
TAKEN: dict[str, Any] = {
    "key": "k1",
    "to": "ada@example.org",
    "locale": "ja",
    "subject": "[red]新しい\x1b[2J",
    "received_at": "2026-11-22T05:00:00.000+00:00",
    "copies": 1,
}
ANSWERS: dict[str, Any] = {
    "event.send": {"source": "/x", "id": "e1", "mails": ["k1"]},
    "email.outbox": [TAKEN],
    "email.show": MAIL,
    "email.doubts": [MAIL],
    "email.books": [{"mail_class": "bulk", "state": "handed", "mails": 3, "doubted": 1}],
}


class Asked:
    """What went to the root, in place of a root."""

    def __init__(self) -> None:
        self.calls: list[tuple[Path, str, dict[str, Any]]] = []

    def call(self, home: Path, verb: str, **params: Any) -> Any:
        self.calls.append((home, verb, params))
        return ANSWERS[verb]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()

    def call(self: Client, verb: str, timeout: float = 30.0, **params: Any) -> Any:
        return found.call(self.home, verb, **params)

    monkeypatch.setattr(Client, "call", call)
    return found


def run(*arguments: str) -> Result:
    command = {command.name: command for command in COMMANDS}[arguments[0]]
    return CliRunner(env={"COLUMNS": "200"}).invoke(command, [*arguments[1:], "--home", "/somewhere"])


def test_the_record_names_all_groups() -> None:
    assert [command.name for command in APP.load("commands")] == ["event", "email", "rule"]


def test_sending_an_event(asked: Asked) -> None:
    done = run(
        "event", "send", "password_reset", "--to", "ada@example.org", "--locale", "ja", "--data", '{"link": "x"}'
    )
    params = {"type": "password_reset", "to": "ada@example.org", "locale": "ja", "data": {"link": "x"}}
    assert (done.exit_code, asked.calls) == (0, [(Path("/somewhere"), "event.send", params)])
    assert "rookery email show k1" in done.output


@pytest.mark.parametrize("data", ["{", "[]", "3", '"x"'])
def test_data_must_be_a_json_object(asked: Asked, data: str) -> None:
    done = run("event", "send", "password_reset", "--data", data)
    assert done.exit_code == 2 and "--data" in done.output
    assert asked.calls == []


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [
        (("event", "send", "password_reset"), "event.send"),
        (("email", "outbox"), "email.outbox"),
        (("email", "show", "k1"), "email.show"),
        (("email", "show", "--in-doubt"), "email.doubts"),
        (("email", "books"), "email.books"),
    ],
)
def test_with_json_the_answer_is_printed_as_it_is(asked: Asked, arguments: tuple[str, ...], verb: str) -> None:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == ANSWERS[verb]
    assert [call[1] for call in asked.calls] == [verb]


def test_what_others_wrote_cannot_steer_the_terminal(asked: Asked) -> None:
    output = run("email", "outbox").output
    assert "[red]新しい" in output and "\x1b[2J" not in output
    assert "event=[bold]x" in run("email", "show", "k1").output


def test_a_mail_is_shown_with_every_step_of_its_decision(asked: Asked) -> None:
    output = run("email", "show", "k1").output
    assert "k1  handed" in output and "reply: code=250" in output and "reason" not in output


def test_doubts_and_books_are_tables(asked: Asked) -> None:
    assert "ada@example.org" in run("email", "show", "--in-doubt").output
    assert "handed" in run("email", "books").output


@pytest.mark.parametrize("arguments", [("email", "show"), ("email", "show", "k1", "--in-doubt")])
def test_show_wants_a_key_or_the_doubts(asked: Asked, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
