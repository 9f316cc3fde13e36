"""`rookery database ...` and `rookery check`, as typed, on both engines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import URL, text

from actors.database.engine import open_engine, shown
from supervision.cli import main
from tests.actors.database.things import QUICK


def rookery(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def where(database_url: URL, tmp_path: Path) -> tuple[str, ...]:
    url = database_url.render_as_string(hide_password=False)
    return ("--set", f"database.url={url}", "--home", str(tmp_path))


def test_from_nothing_to_up_to_date(where: tuple[str, ...], database_url: URL) -> None:
    before = json.loads(rookery("database", "status", "--json", *where).output)
    states = {row["app"]: (row["at"], row["pending"]) for row in before}
    at, pending = states["people"]
    assert (at, pending[0]) == (None, "0001")
    assert rookery("database", "status", *where).output.startswith(shown(database_url))
    assert "people       0001 pending  Profiles" in rookery("database", "history", *where).output
    ran = rookery("database", "migrate", *where)
    assert ran.exit_code == 0
    assert "migrations run" in ran.output
    assert rookery("database", "migrate", *where).output == "nothing to do\n"
    assert f"people       at {pending[-1]}, up to date" in rookery("database", "status", *where).output
    assert "people       0001 done     Profiles" in rookery("database", "history", *where).output


def test_check_says_what_would_be_migrated(where: tuple[str, ...]) -> None:
    rookery("database", "status", *where)  # makes an empty file
    would_run = rookery("check", *where).output.partition("database: migrations: would run")[2]
    assert "people 0001, " in would_run and "email 0001, " in would_run
    rookery("database", "migrate", *where)
    assert "database: migrations: nothing to do" in rookery("check", *where).output


def test_a_newer_database_is_a_fault_of_what_is_configured(where: tuple[str, ...], database_url: URL) -> None:
    rookery("database", "migrate", *where)
    engine = open_engine(database_url, QUICK)
    with engine.begin() as connection:
        connection.execute(text("UPDATE email_migrations SET version_num = '9999'"))
    engine.dispose()
    for command in ("status", "history", "migrate"):
        refused = rookery("database", command, *where)
        assert refused.exit_code == 78
        assert "email: its tables are at migration 9999, this code knows them up to" in refused.output
    assert "migrations: email: its tables are at migration 9999" in rookery("check", *where).output


def test_a_server_that_is_away_is_said_so(tmp_path: Path) -> None:
    url = "database.url=postgresql://rookery@127.0.0.1:1/none"
    refused = rookery("database", "status", "--set", url, "--home", str(tmp_path))
    assert refused.exit_code == 69
    assert "refused" in refused.output
