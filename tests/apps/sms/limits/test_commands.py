"""`rookery sms verify-limits`, as typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from apps.sms.limits.commands import verify_limits
from apps.sms.limits.log import FOLDER
from tests.apps.sms.limits.logs import PER_SECOND, Log


@pytest.fixture
def file(tmp_path: Path) -> Path:
    log = Log([PER_SECOND])
    log.hand(5.0, 10)
    log.hand(6.5, 4)
    path = tmp_path / "handovers.jsonl"
    path.write_text("".join(log.lines))
    return path


def test_what_holds_is_proven(file: Path) -> None:
    done = CliRunner().invoke(verify_limits, [str(file)])
    assert done.exit_code == 0
    assert "proven    acme: at most 10 segments per 1 s" in done.output
    assert "worst window: 10 of 10 (carrier acme)" in done.output
    assert "2 hand-overs of 1 holders; 0 under no limit" in done.output


def test_what_does_not_is_refuted_with_exit_code_1(file: Path) -> None:
    with file.open("a") as log:
        log.write(file.read_text().splitlines()[-1] + "\n")
        log.write(file.read_text().splitlines()[-1].replace('"segments": 4', '"segments": 7') + "\n")
    done = CliRunner().invoke(verify_limits, [str(file), "--json"])
    assert done.exit_code == 1
    answer = json.loads(done.output)
    assert (answer["proven"], answer["limits"][0]["verdict"], answer["limits"][0]["used"]) == (False, "refuted", 15)


def test_what_is_no_log_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("nothing\n")
    done = CliRunner().invoke(verify_limits, [str(tmp_path / "other")])
    assert done.exit_code != 0
    assert "other, line 1" in str(done.exception)


def test_without_files_the_logs_of_the_home_are_judged(file: Path, tmp_path: Path) -> None:
    nothing = CliRunner().invoke(verify_limits, ["--home", str(tmp_path)])
    assert (nothing.exit_code, "there is no hand-over log in" in nothing.output) == (2, True)
    (tmp_path / FOLDER).mkdir(parents=True)
    file.rename(tmp_path / FOLDER / "handovers-1.jsonl")
    assert "2 hand-overs of 1 holders" in CliRunner().invoke(verify_limits, ["--home", str(tmp_path)]).output
