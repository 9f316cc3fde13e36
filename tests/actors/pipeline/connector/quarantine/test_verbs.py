"""The quarantine from outside: look, edit, replay, drop; on both databases."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from actors.broker.message import Delivery, Message, Tag
from actors.errors import Unavailable
from actors.pipeline.connector.errors import SettledEntry, UnknownEntry, WrongEdit
from actors.pipeline.connector.quarantine import commands, store
from actors.pipeline.connector.quarantine.store import Held
from actors.pipeline.connector.quarantine.verbs import VERBS
from supervision.verbs import Site, Verbs
from tests.actors.broker.harness import settings_for
from tests.actors.pipeline.connector.rig import Rig, rig

MESSAGE = Message(b'{"to": "ann", "n": 1}', "orders", "events", {"h": 1, "x-attempt": 3}, "application/json", "id-1")
DELIVERY = Delivery(Tag(1, 1), MESSAGE, "work", True, 2)


@pytest.fixture(params=["sqlite", "postgresql"])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    sqlite = f"sqlite:///{tmp_path}/test.sqlite"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with rig(tmp_path, url) as world:
        yield world


@pytest.fixture
def number(jobs: Rig) -> int:
    put(jobs, Held(DELIVERY, "it killed", "Traceback ...", 3, by="/jobs"))
    return int(ask(jobs, "list")[0]["id"])


def put(jobs: Rig, *things: Held) -> None:
    with jobs.database.begin() as conn:
        store.hold(conn, things, 1000.0)


def ask(jobs: Rig, verb: str, **params: Any) -> Any:
    site = Site(jobs.tree.system, settings_for(jobs.home))
    return json.loads(json.dumps(Verbs(VERBS).find(f"quarantine.{verb}")(site, params)))


def test_what_is_held_is_listed_without_its_body(jobs: Rig, number: int) -> None:
    (entry,) = ask(jobs, "list", queue="work")
    assert (entry["queue"], entry["reason"], entry["deaths"], entry["attempts"]) == ("work", "it killed", 3, 3)
    assert entry["bytes"] == len(MESSAGE.body)
    assert "body" not in entry
    assert ask(jobs, "list", queue="other") == []


def test_one_message_is_held_once_however_often_it_is_stored(jobs: Rig, number: int) -> None:
    put(jobs, Held(DELIVERY, "again"))
    assert len(ask(jobs, "list")) == 1


def test_one_message_is_shown_whole(jobs: Rig, number: int) -> None:
    entry = ask(jobs, "show", id=number)
    assert entry["body"] == MESSAGE.body.decode()
    assert entry["traceback"] == "Traceback ..."
    assert [(noted["who"], noted["what"]) for noted in entry["history"]] == [("/jobs", "quarantined")]


def test_a_body_that_is_no_text_is_shown_in_base64(jobs: Rig) -> None:
    put(jobs, Held(Delivery(Tag(1, 1), Message(b"\xff\x00", "work"), "work", False, 0), "why"))
    entry = ask(jobs, "show", id=ask(jobs, "list")[0]["id"])
    assert (entry["body"], entry["body_encoding"]) == ("/wA=", "base64")


def test_nothing_that_a_message_brings_along_keeps_it_out(jobs: Rig) -> None:
    headers = {"a\0": ["\0", float("nan"), "\ud800"], "n": {"i": float("inf")}}
    message = Message(b"\0", "work", headers=headers, message_id="id\0")
    put(jobs, Held(Delivery(Tag(1, 1), message, "work", False, 0), "why\0", "trace\0\ud800"))
    entry = ask(jobs, "show", id=ask(jobs, "list")[0]["id"])
    assert entry["headers"] == {"a\ufffd": ["\ufffd", "nan", "?"], "n": {"i": "inf"}}
    assert (entry["message_id"], entry["reason"], entry["traceback"]) == ("id\ufffd", "why\ufffd", "trace\ufffd?")


def test_a_replay_goes_to_the_queue_it_came_from_and_is_noted(jobs: Rig, number: int) -> None:
    assert ask(jobs, "replay", ids=[number], by="ann") == [{"id": number, "state": "replayed", "error": None}]
    (waiting,) = jobs.engine.peek("work", 10, 1000)
    assert waiting.message.body == MESSAGE.body
    assert waiting.message.message_id == "id-1"
    assert waiting.message.headers["h"] == 1
    assert waiting.message.headers["x-origin-routing-key"] == "orders"
    assert "x-attempt" not in waiting.message.headers
    history = ask(jobs, "show", id=number)["history"]
    assert [(noted["who"], noted["what"]) for noted in history[1:]] == [
        ("ann", "replay begins"),
        ("ann", "replayed to work"),
    ]
    assert ask(jobs, "list") == []
    assert [entry["state"] for entry in ask(jobs, "list", all=True)] == ["replayed"]


def test_a_replay_that_the_broker_does_not_confirm_leaves_the_message_where_it_is(jobs: Rig, number: int) -> None:
    jobs.stop("broker")
    with pytest.raises(Unavailable):
        ask(jobs, "replay", ids=[number])
    entry = ask(jobs, "show", id=number)
    assert entry["state"] == "held"
    assert "replay failed" in entry["history"][-1]["what"]


def test_what_was_replayed_may_come_into_quarantine_again(jobs: Rig, number: int) -> None:
    ask(jobs, "replay", ids=[number])
    put(jobs, Held(DELIVERY, "again"))
    assert len(ask(jobs, "list")) == 1


def test_a_dropped_message_stays_in_the_table_with_the_reason(jobs: Rig, number: int) -> None:
    assert ask(jobs, "drop", ids=[number], reason="a test order", by="ann")[0]["state"] == "dropped"
    assert ask(jobs, "show", id=number)["history"][-1]["what"] == "dropped: a test order"
    with pytest.raises(SettledEntry):
        ask(jobs, "replay", ids=[number])


def test_of_several_those_that_cannot_be_are_told(jobs: Rig, number: int) -> None:
    results = ask(jobs, "drop", ids=[number, number + 1], reason="x")
    assert [result["state"] for result in results] == ["dropped", None]
    assert str(number + 1) in results[1]["error"]


def test_an_unknown_message_is_an_error(jobs: Rig) -> None:
    with pytest.raises(UnknownEntry):
        ask(jobs, "show", id=99)


def test_body_fields_and_headers_can_be_changed(jobs: Rig, number: int) -> None:
    entry = ask(jobs, "edit", id=number, fields={"to": "bob", "a.b": [1]}, headers={"h": None, "new": "x"}, by="ann")
    assert json.loads(entry["body"]) == {"to": "bob", "n": 1, "a": {"b": [1]}}
    assert entry["headers"] == {"x-attempt": 3, "new": "x"}
    assert entry["history"][-1] == {
        "at": entry["changed_at"],
        "who": "ann",
        "what": 'edited: to="bob", a.b=[1], header h, header new',
    }
    assert ask(jobs, "edit", id=number, body="eA==")["body"] == "x"


@pytest.mark.parametrize("edit", [{}, {"body": "no base64!"}, {"fields": {"n.deep": 1}}])
def test_an_edit_that_makes_no_sense_changes_nothing(jobs: Rig, number: int, edit: dict[str, Any]) -> None:
    with pytest.raises(WrongEdit):
        ask(jobs, "edit", id=number, **edit)
    assert ask(jobs, "show", id=number)["body"] == MESSAGE.body.decode()


def test_the_commands_do_all_that(jobs: Rig, number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "_ask", lambda home, verb, **params: ask(jobs, verb, **params))

    def run(*words: str) -> str:
        result = CliRunner().invoke(commands.quarantine, [*words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert "it killed" in run("list")
    assert "Traceback ..." in run("show", str(number))
    assert json.loads(run("edit", str(number), "--set", "to=bob", "--header", "h=2", "--json"))["headers"]["h"] == 2
    body = tmp_path / "body"
    body.write_bytes(b"{}")
    assert "\n  {}\n" in run("edit", str(number), "--body", str(body))
    assert run("replay", str(number)) == f"{number}: replayed\n"
    assert json.loads(run("list", "--json")) == []
    put(jobs, Held(DELIVERY, "again"))
    other = json.loads(run("list", "--json"))[0]["id"]
    assert run("drop", str(other), "--reason", "enough") == f"{other}: dropped\n"


def test_a_command_fails_when_some_could_not_be_done(jobs: Rig, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_ask", lambda home, verb, **params: ask(jobs, verb, **params))
    result = CliRunner().invoke(commands.quarantine, ["replay", str(number), "99"])
    assert result.exit_code == 1
    assert f"{number}: replayed" in result.output
    assert "99: there is no message 99" in result.output
