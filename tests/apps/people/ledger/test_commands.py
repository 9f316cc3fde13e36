"""`rookery people consents ...` as a user types it, with the root in this process, and its verbs, on both engines."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from apps.people import commands as people
from apps.people.ledger import commands
from tests.supervision.answering import Root

MEMBER = "+15550100001"
LEDGER: list[dict[str, Any]] = [
    {
        "channel": "sms",
        "key": MEMBER,
        "scope": "ines",
        "state": "granted",
        "source": "form",
        "at": "2026-11-01T10:00:00Z",
    },
    {
        "channel": "sms",
        "key": MEMBER,
        "scope": "all",
        "state": "revoked",
        "at": "2026-11-02T10:00:00Z",
        "evidence": {"text": "STOP"},
    },
    {"channel": "email", "key": "Ada@example.org", "scope": "all", "state": "revoked", "at": "2026-11-02T10:00:00Z"},
]


@pytest.fixture
def run(root: Root, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commands, "client", lambda home: root)
    monkeypatch.setattr(people, "client", lambda home: root)

    def run(*arguments: str, stdin: str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(people.people, ["consents", *arguments], input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LEDGER))
    return str(path)


def test_a_number_is_shown_with_its_evidence(run, file: str) -> None:
    run("import", file)
    answer = json.loads(run(MEMBER, "--json").stdout)
    assert (answer["channel"], answer["key"]) == ("sms", MEMBER)
    assert answer["standing"] == {"all": "revoked", "ines": "revoked"}
    assert [line["state"] for line in answer["history"]] == ["granted", "revoked"]
    lines = run(MEMBER).stdout.splitlines()
    assert len(lines) == 4
    assert lines[-1].endswith('revoked  all  import {"text": "STOP"}')
    assert run("show", MEMBER).stdout.splitlines() == lines


def test_an_address_and_who_said_nothing(run, file: str) -> None:
    run("import", file)
    assert json.loads(run("ADA@example.org", "--json").stdout)["standing"] == {"all": "revoked"}
    assert run("+15550109999").stdout == "+15550109999 said nothing about consent\n"


def test_importing_again_adds_nothing(run, file: str) -> None:
    assert run("import", file).stdout == "3 read, 3 added, 0 known, 0 refused\n"
    answer = json.loads(run("import", file, "--json").stdout)
    assert answer == {"file": file, "read": 3, "added": 0, "known": 3, "refused": []}


def test_what_was_exported_is_imported_as_it_was(
    run, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "CHUNK_LINES", 2)
    run("import", file)
    out = str(tmp_path / "out.jsonl")
    assert json.loads(run("export", out, "--json").stdout) == {"file": out, "written": 3}
    assert run("export", out).stdout == f"3 lines written to {out}\n"
    exported = [json.loads(line) for line in Path(out).read_text().splitlines()]
    assert [line["key"] for line in exported] == [MEMBER, MEMBER, "ada@example.org"]
    assert run("export", "-").stdout == Path(out).read_text()
    assert run("import", out).stdout == "3 read, 0 added, 3 known, 0 refused\n"


def test_lines_that_cannot_be_kept_are_told_and_the_others_taken(run, root: Root) -> None:
    text = "nonsense\n\n" + json.dumps(LEDGER[0] | {"key": "12345"}) + "\n" + json.dumps(LEDGER[1]) + "\n"
    result = run("import", "-", stdin=text, code=65)
    assert result.stdout == "3 read, 1 added, 0 known, 2 refused\n"
    assert result.stderr.splitlines() == [
        "line 1: is no JSON object  [nonsense]",
        "line 3: key: is no number of E.164  [12345]",
    ]


def test_a_person_who_is_not_known(run) -> None:
    assert "nobody has the id 'p1'" in str(run("p1", code=1).exception)


def test_what_mail_was_told_is_there_too(run, root: Root) -> None:
    root.call("people.import", rows=[{"line": 1, "fields": {"address": "ada@example.org", "id": "p1"}}])
    root.call("people.suppress", address="ada@example.org", reason="unsubscribe", evidence={"note": "by phone"})
    root.call("people.prefer", who="p1", topic="forests", wanted=True)
    answer = json.loads(run("p1", "--json").stdout)
    assert answer["standing"] == {"all": "revoked", "forests": "granted"}
    assert [line["source"] for line in answer["history"]] == ["unsubscribe", "preference"]
