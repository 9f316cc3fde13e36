import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apps.email.commands import email
from tests.apps.email.words import template


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(email, [*words, "--home", "home"])


def test_a_preview_is_a_mail_that_programs_open(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"petition": "Mehr Bäume"}')
    file = tmp_path / "x.eml"
    done = run("preview", "petition_update", "--locale", "ja", "--data", "data.json", "-o", str(file))
    assert done.exit_code == 0, done.output
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert "Mehr Bäume" in mail["Subject"] and mail["Content-Language"] == "ja"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_preview_in_the_terminal_and_as_json() -> None:
    assert run("preview", "password_reset").output.startswith("Subject: ")
    assert json.loads(run("preview", "password_reset", "--json", "--locale", "de").output)["locale"] == "de"


def test_a_preview_names_the_files_that_go_with_it(tmp_path: Path) -> None:
    for name in ("subject.txt", "body.txt", "body.html", "attachments/terms.pdf", "inline/logo.png"):
        (tmp_path / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "t" / name).write_text("<img src='cid:logo.png' alt=''>")
    paths = ("--set", f'email.templates=["{tmp_path}"]')
    assert run("preview", "t", *paths).output.endswith("\ninline/logo.png\nattachments/terms.pdf\n")
    found = json.loads(run("preview", "t", "--json", *paths).output)
    assert (found["inline"], found["attachments"]) == (["logo.png"], ["terms.pdf"])


@pytest.mark.parametrize("text", ["[1]", "{"])
def test_data_must_be_an_object(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.json").write_text(text)
    assert run("preview", "password_reset", "--data", "data.json").exit_code == 2


def test_lint_says_and_exits(tmp_path: Path) -> None:
    assert run("lint", "--strict").exit_code == 0  # ours have nothing to be warned of
    template(tmp_path, "t", "Hi", "Hello", "<p>Hello <a href='http://example.org'>there</a></p>")
    paths = ("--set", f"email.templates[0]={tmp_path}")
    assert run("lint", "t", *paths).exit_code == 0
    assert run("lint", "t", "--strict", *paths).exit_code == 1
    done = run("lint", "no/such", "--json")
    assert (done.exit_code, json.loads(done.output)[0]["rule"]) == (1, "unknown-template")
    assert "unknown-template" in run("lint", "no/such").output
