"""`rookery people ...` as a user types it, with the root in this process."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import URL, make_url

from actors.errors import Unavailable
from apps.people import commands, upload
from apps.people.errors import ImportFailed
from supervision.control import RemoteError
from supervision.control.wire import error_document
from tests.supervision.answering import Root

PEOPLE = """\
email,name,locale,city
ada@example.org,Ada,en,London
ADA@example.org,Ada,,
nonsense,X,,
bob@example.org,Bob,xx,
"""


@pytest.fixture
def database_url(tmp_path: Path) -> URL:
    """One engine is enough here: the verbs are tested on both."""
    return make_url(f"sqlite:///{tmp_path}/people.sqlite")


@pytest.fixture
def run(root: Root, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commands, "client", lambda home: root)

    def run(*arguments: str, stdin: str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(commands.people, arguments, input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return str(path)


def test_import_prints_the_rows_not_taken_and_the_counts(run, file: str) -> None:
    lines = run("import", file).stdout.splitlines()
    assert lines[0] == "line 3: address: stands in line 2 already  [ADA@example.org]"
    assert lines[1].startswith("line 4: address: is not a mail address")
    assert lines[2].startswith("line 5: locale: the language 'xx' is not known")
    assert lines[3] == "4 read, 1 inserted, 1 duplicates, 2 refused"
    assert run("import", file).stdout.splitlines()[3] == "4 read, 1 unchanged, 1 duplicates, 2 refused"


def test_import_as_json(run, file: str) -> None:
    report = json.loads(run("import", file, "--json").stdout)
    assert (report["read"], report["inserted"], report["duplicates"], report["refused"]) == (4, 1, 1, 2)
    assert [row["line"] for row in report["not_taken"]] == [3, 4, 5]


def test_import_with_a_file_for_what_is_not_taken(run, file: str, tmp_path: Path) -> None:
    target = tmp_path / "refused.csv"
    result = run("import", file, "--refused", str(target))
    assert result.stdout == f"4 read, 1 inserted, 1 duplicates, 2 refused; rows not taken are in {target}\n"
    with target.open(newline="") as stream:
        kept = list(csv.DictReader(stream))
    assert [(row["line"], row["field"]) for row in kept] == [("3", "address"), ("4", "address"), ("5", "locale")]


def test_a_dry_run_says_so(run, file: str) -> None:
    assert "1 inserted" in run("import", file, "--dry-run").stdout
    assert run("import", file, "--dry-run").stdout.endswith("nothing was kept (dry run)\n")
    assert "1 inserted" in run("import", file).stdout


def test_import_from_standard_input(run) -> None:
    result = run("import", "-", "--format", "jsonl", stdin='{"email": "ada@example.org"}\n')
    assert result.stdout == "1 read, 1 inserted\n"


def test_somebody_who_looks_on_sees_the_progress(run, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    result = run("import", file)
    assert "4 rows" in result.stderr
    assert "100%" in result.stderr
    assert "4 read, 1 inserted" in result.stdout


def test_a_file_that_is_not_there(run) -> None:
    assert "does not exist" in run("import", "missing.csv", code=2).stderr


def test_a_place_for_refused_rows_that_cannot_be_written(run, file: str, tmp_path: Path) -> None:
    error = run("import", file, "--refused", str(tmp_path / "missing" / "x.csv"), code=1).exception
    assert isinstance(error, ImportFailed)
    assert "cannot be written" in str(error)


def test_show(run, file: str) -> None:
    run("import", file)
    run("prefer", "ada@example.org", "petitions", "off")
    run("suppress", "ada@example.org", "--reason", "complaint", "--note", "by phone")
    shown = run("show", "ADA@example.org").stdout
    for text in ("address      ada@example.org", "city = London", "petitions off", "bulk: complaint since", "by phone"):
        assert text in shown
    assert json.loads(run("show", "ada@example.org", "--json").stdout)["profile"]["name"] == "Ada"


def test_suppress_and_unsuppress(run) -> None:
    assert run("suppress", "Eve@example.org").stdout == "eve@example.org is suppressed: manual, all mail\n"
    assert "suppressed   all: manual" in run("show", "eve@example.org").stdout
    assert run("unsuppress", "eve@example.org").stdout == "eve@example.org: 1 reasons lifted\n"


def test_prefer(run, file: str) -> None:
    run("import", file)
    assert run("prefer", "ada@example.org", "bulk", "off").stdout.endswith(": bulk off\n")


class Flaky:
    """A root whose database is away for the first calls."""

    def __init__(self, root: Root, failures: int, status: int = 503) -> None:
        self.root = root
        self.failures = failures
        self.status = status

    def call(self, verb: str, /, timeout: float = 30.0, **params: object) -> object:
        if self.failures:
            self.failures -= 1
            document = error_document(Unavailable("the database", "/database/pool", "it is being restarted"))
            raise RemoteError({**document, "status": self.status})
        return self.root.call(verb, timeout, **params)


def test_a_chunk_is_tried_again_while_the_database_is_away(root: Root, file: str) -> None:
    with open(file, "rb") as stream:
        counts = upload.upload(stream, file, None, Flaky(root, failures=3), lambda row: None, dry_run=False)
    assert counts.inserted == 1


def test_any_other_failure_ends_the_import(root: Root, file: str) -> None:
    with open(file, "rb") as stream, pytest.raises(RemoteError):
        upload.upload(stream, file, None, Flaky(root, failures=1, status=500), lambda row: None, dry_run=False)
