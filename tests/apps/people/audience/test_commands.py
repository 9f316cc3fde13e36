"""`rookery people audience` as a user types it, with the root in this process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import URL, make_url

from apps.people import commands
from apps.people.audience import commands as audience_commands
from tests.supervision.answering import Root

FIELDS = [
    {"address": "ada@example.org", "id": "ada", "locale": "en-GB", "attributes": {"plan": "pro", "gifts": 2}},
    {"address": "bo@example.org", "id": "bo", "locale": "pt-BR"},
]


@pytest.fixture
def database_url(tmp_path: Path) -> URL:
    """One engine is enough here: the functions are tested on both."""
    return make_url(f"sqlite:///{tmp_path}/people.sqlite")


@pytest.fixture
def run(root: Root, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setattr(audience_commands, "client", lambda home: root)
    root.call("people.import", rows=[{"line": line, "fields": fields} for line, fields in enumerate(FIELDS, 1)])

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(commands.people, arguments)
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


def test_an_audience_is_added_counted_shown_listed_and_removed(run: Callable[..., str]) -> None:
    assert "0 people" in run("audience", "add", "team", "--country", "GB", "--signed", "trees")
    assert run("sign", "ada", "trees") == "ada signed trees\n"
    assert run("sign", "ada@example.org", "trees") == "ada had signed trees\n"
    assert "1 people" in run("audience", "count", "team")
    shown = json.loads(run("audience", "show", "team", "--json"))
    assert shown["query"] == {"all": [{"country": ["GB"]}, {"signed": "trees"}]}
    assert run("audience", "list").startswith("team ")
    assert run("audience", "remove", "team") == "team is forgotten\n"
    assert run("audience", "list").startswith("no audiences")


@pytest.mark.parametrize(
    ("options", "people"),
    [
        ([], 2),
        (["--language", "en", "--language", "pt"], 2),
        (["--attribute", "gifts=2"], 1),
        (["--attribute", "plan=pro", "--attribute", "gifts"], 1),
        (["--query", '{"not": {"country": "BR"}}'], 1),
        (["--query", '{"not": {"country": "BR"}}', "--language", "pt"], 0),
    ],
    ids=str,
)
def test_options_are_a_query(run: Callable[..., str], options: list[str], people: int) -> None:
    assert json.loads(run("audience", "add", "some", *options, "--json"))["people"] == people


@pytest.mark.parametrize("query", ["[]", "{", "5"])
def test_a_query_that_is_no_object_is_a_wrong_parameter(run: Callable[..., str], query: str) -> None:
    assert "--query" in run("audience", "add", "some", "--query", query, code=2)
