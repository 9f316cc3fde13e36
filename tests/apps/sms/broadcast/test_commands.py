"""`rookery sms broadcast` as a user types it, with the verbs answered in this process; the tables are real."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, make_url, update

from actors.database.config import DatabaseConfig
from actors.database.pool import PATH, pool_supervisor
from apps.sms.broadcast import commands, display, steps
from apps.sms.broadcast.verbs import VERBS
from apps.sms.commands import sms
from apps.sms.tables import texts
from supervision import State
from supervision.config import check
from supervision.control import RemoteError
from supervision.testing import running
from supervision.verbs import Site
from tests.apps.sms.broadcast.conftest import NOW, Join
from tests.supervision.answering import Root

APPS = ["actors.database", "actors.lease", "actors.broker", "apps.people", "apps.sms"]
Run = Callable[..., str]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """One engine is enough here: the functions are tested on both."""
    return f"sqlite:///{tmp_path}/texts.sqlite"


@pytest.fixture
def run(url: str, engine: Engine, join: Join, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with running(pool_supervisor(make_url(url), DatabaseConfig(), lambda engine: None)) as app:
        app.wait_state(PATH, State.RUNNING)
        root = Root(Site(app.system, check({"apps": APPS}, tmp_path)), VERBS)
        monkeypatch.setattr(commands, "client", lambda home: root)

        def run(*arguments: str, code: int = 0, answer: str | None = None) -> str:
            result = CliRunner().invoke(sms, ["broadcast", *arguments], input=answer)
            assert result.exit_code == code, (result.output, result.exception)
            return str(result.exception) if isinstance(result.exception, RemoteError) else result.output

        join(1, "vip", name="Ada")
        join(2, name="Łucja")
        yield run


def written(engine: Engine, id: int) -> None:
    """What the writer does."""
    for _ in range(5):
        with engine.begin() as conn:
            steps.step(conn, id, NOW.replace(year=2100))


def test_a_broadcast_is_shown_before_it_is_confirmed(run: Run) -> None:
    said = run("start", "ada", "Hi {{ name }}", answer="n\n", code=1)
    assert "2 members, 2 texts (1 gsm7, 1 ucs2)" in said
    assert "1 in UCS-2 because of name: Ł in 1" in said
    assert "> Hi Ada" in said
    assert json.loads(run("list", "--json")) == []


def test_a_broadcast_is_started_held_resumed_cancelled(run: Run, engine: Engine) -> None:
    started = json.loads(run("start", "ada", "Hi {{ name }}", "--json", "--name", "tour"))
    assert (started["id"], started["state"], started["name"]) == (1, "scheduled", "tour")
    written(engine, 1)
    assert "2 targeted = 2 pending" in run("status", "1")
    assert run("pause", "1", "--reason", "typo") == "broadcast 1 is paused: 2 pending\n"
    assert "paused  typo" in run("status", "1")
    assert run("resume", "1") == "broadcast 1 is running: 2 pending\n"
    assert run("cancel", "1", "--yes") == "broadcast 1 is cancelled: 0 pending\n"
    assert "2 targeted = 2 cancelled" in run("status", "1")
    assert "is cancelled" in run("pause", "1", code=1)
    assert "tour" in run("list")


def test_why_somebody_got_no_text(run: Run, engine: Engine) -> None:
    run("start", "ada", "Hi {{ place }}", "--yes")
    written(engine, 1)
    assert "2 skipped: place is not known of this member" in run("status", "1")
    assert "+15552000001" in run("texts", "1", "skipped")
    assert json.loads(run("texts", "1", "pending", "--json")) == []


def test_segments_times_and_spread(run: Run) -> None:
    assert run("count", "ada", "--segment", '{"tag": "vip"}') == "1 members\n"
    wanted = ("--at", "2030-01-01T12:00", "--until", "2030-01-02T00:00+02:00", "--spread", "3600")
    found = json.loads(run("start", "ada", "x", "--json", *wanted))
    assert (found["start_at"], found["spread_seconds"]) == ("2030-01-01T12:00:00+00:00", 3600)
    assert found["expires_at"] == "2030-01-01T22:00:00+00:00"
    assert json.loads(run("preview", "ada", "x", "--json", *wanted))["finish_at"] == "2030-01-01T13:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("count", "ada", "--segment", '{"tagg": 1}'), "tagg"),
        (("count", "eve"), "eve"),
        (("preview", "ada", "x", "--at", "2030-01-02", "--until", "2030-01-01"), "end before it begins"),
        (("preview", "ada", "{{ name"), "line 1"),
        (("preview", "eve", "x"), "eve"),
        (("status", "9"), "no broadcast 9"),
    ],
)
def test_what_is_wrong_is_said(run: Run, arguments: tuple[str, ...], says: str) -> None:
    assert says in run(*arguments, code=1)


@pytest.mark.parametrize("arguments", [("count", "ada", "--segment", "{"), ("preview", "ada", "x", "--at", "tomorrow")])
def test_what_cannot_be_read_is_a_usage_error(run: Run, arguments: tuple[str, ...]) -> None:
    assert "Error" in run(*arguments, code=2)


def test_it_is_followed_to_its_end(run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def ask(home: Path, verb: str, **params: Any) -> Any:
        found = asked(home, verb, **params)
        if verb == "status":
            seen.append(found["state"])
            written(engine, 1)
            with engine.begin() as conn:
                conn.execute(update(texts).values(state="delivered"))
        return found

    asked = commands._ask
    monkeypatch.setattr(commands, "_ask", ask)
    monkeypatch.setattr(display, "LOOK_SECONDS", 0.0)
    assert "2 targeted = 2 delivered" in run("start", "ada", "Hi", "--yes", "--follow")
    assert (seen[0], seen[-1]) == ("scheduled", "finished")
