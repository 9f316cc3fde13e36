"""`rookery email campaign` as a user types it, with the verbs answered in this process; the tables are real."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, make_url

from actors.database.config import DatabaseConfig
from actors.database.pool import PATH, pool_supervisor
from apps.email import commands
from apps.email.campaign import commands as campaign_commands
from apps.email.campaign import display, mails, sends
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.states import MailState, SendState
from apps.email.campaign.tables import SENDS
from apps.email.campaign.verbs import VERBS
from apps.email.rulebook.book import write
from apps.people.audience import store
from apps.people.audience.query import Language
from supervision import State
from supervision.config import check
from supervision.control import RemoteError
from supervision.testing import running as running_system
from supervision.verbs import Site
from tests.apps.email.campaign.fanned import Queue, fan_out, one_step
from tests.apps.email.campaign.world import ME, NOW, people, running
from tests.supervision.answering import Root

APPS = ["actors.database", "actors.broker", "actors.smtp.mta", "apps.people", "apps.email"]
Run = Callable[..., str]
DATA = json.dumps({"petition": "Trees", "signatures": 5, "link": "https://example.org/p"})
START = ("start", "spring", "--rule", "petition_update", "--data", DATA)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """One engine is enough here: the functions are tested on both."""
    return f"sqlite:///{tmp_path}/sends.sqlite"


@pytest.fixture
def run(url: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    config = check({"apps": APPS}, tmp_path)

    with running_system(pool_supervisor(make_url(url), DatabaseConfig(), lambda engine: None)) as app:
        app.wait_state(PATH, State.RUNNING)
        root = Root(Site(app.system, config), VERBS)
        monkeypatch.setattr(campaign_commands, "client", lambda home: root)

        def run(*arguments: str, code: int = 0, answer: str | None = None) -> str:
            result = CliRunner().invoke(commands.email, ["campaign", *arguments], input=answer)
            assert result.exit_code == code, (result.output, result.exception)
            return str(result.exception) if isinstance(result.exception, RemoteError) else result.output

        with engine.begin() as conn:
            people(conn, 5)
            store.keep(conn, "readers", Language(("en",)), NOW)
        yield run


def test_a_send_is_foretold_confirmed_and_started(run: Run, engine: Engine) -> None:
    assert run(*START, "--audience", "readers", "--dry-run").startswith("5 people, 1,000 mails/s assumed, ")
    assert "Aborted" in run(*START, "--audience", "readers", code=1, answer="n\n")
    assert json.loads(run("list", "--json")) == []
    assert "Send to 5 people?" in run(*START, "--audience", "readers", "--id", "1", answer="y\n")
    assert "was started before" in run(*START, "--audience", "readers", "--id", "1", "--yes")
    with engine.connect() as conn:
        send = sends.find(conn, "spring")
    assert (send.state, send.audience, send.topic) == ("draft", {"language": ["en"]}, "petition_updates")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*START, "--yes"), "names no audience"),
        ((*START, "--yes", "--audience", "readers", "--query", "{}"), "either audience"),
        ((*START, "--yes", "--audience", "nobody"), "no audience 'nobody'"),
        (("start", "x", "--rule", "none", "--audience", "readers", "--yes"), "no rule 'none'"),
        (("start", "x", "--rule", "petition_update", "--audience", "readers", "--yes"), "needs 'link'"),
        (("status", "autumn"), "there is no send 'autumn'"),
        (("pause", "7"), "there is no send '7'"),
    ],
)
def test_what_cannot_be_is_said(run: Run, arguments: tuple[str, ...], message: str) -> None:
    assert message in run(*arguments, code=1)


def test_a_send_is_paused_resumed_cancelled_and_gone_on_with(run: Run, engine: Engine) -> None:
    run(*START, "--query", "{}", "--yes")
    assert run("pause", "spring").endswith("is paused: 0 handed, 0 pending\n")
    assert "is draft" in run("resume", "spring")
    queue = Queue()
    with engine.connect() as conn:
        id = sends.find(conn, "spring").id
    for _ in range(10):
        one_step(engine, id, queue)
    assert run("pause", "spring", "--reason", "lunch") == f"send {id} is paused: 0 handed, 5 pending\n"
    assert "lunch" in run("status", "spring")
    assert "it may still reach everybody" in run("resend-failed", "spring", code=1)
    assert "is running" in run("resume", "spring", "--republish")
    assert "Aborted" in run("cancel", "spring", code=1, answer="n\n")
    assert "is cancelled" in run("cancel", "spring", "--yes")
    assert "there is nothing to resume" in run("resume", "spring", code=1)
    assert f"send {id + 1}, a round of {id}, is on its way" in run("resend-failed", "spring")
    assert "was started before" in run("resend-failed", str(id))
    send, handed = fan_out(engine, id + 1)
    assert (send.state, len(handed)) == (SendState.FINISHED, 5)


def test_a_rule_that_is_kept_in_the_database_brings_its_audience(run: Run, engine: Engine) -> None:
    rule = {"template": "petition_update", "class": "bulk", "audience": "readers", "hours": {"start": "09:00"}}
    with engine.begin() as conn:
        write(conn, "news", rule, "the test", "", 0.0)
    run("start", "spring", "--rule", "news", "--data", DATA, "--yes")
    with engine.connect() as conn:
        send = sends.find(conn, "spring")
    assert send.audience == {"language": ["en"]}
    assert (send.rule, send.terms) == ("news", {"opens": "09:00", "closes": "20:00"})


def test_a_blocked_send_is_checked_again_or_forced(run: Run, engine: Engine) -> None:
    run(*START, "--query", "{}", "--yes")
    with engine.begin() as conn:
        conn.execute(SENDS.update().values(state="blocked", reason="half of them would read English"))
    assert "half of them" in run("status", "spring")
    assert "is frozen" in run("resume", "spring")
    with engine.begin() as conn:
        conn.execute(SENDS.update().values(state="blocked"))
    assert "is running" in run("resume", "spring", "--force")


def test_doubts_are_listed_and_resolved(run: Run, engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b"])
        mails.claim(conn, send, [Claim("a"), Claim("b")], ME, NOW)
        mails.settle(conn, send, [Result(id, MailState.IN_DOUBT, "its sender died") for id in "ab"], ME, NOW)
    assert run("people", "spring", "in_doubt") == "a  its sender died\nb  its sender died\n"
    assert "2 in doubt: " in run("status", "spring").replace("  ", " ")
    assert run("resolve", "spring", "handed", "--note", "in the log", "--person", "a") == "1 mails are handed now\n"
    found = json.loads(run("resolve", "spring", "failed", "--note", "not in the log", "--json"))
    assert (found["resolved"], found["books"]["handed"], found["books"]["failed"]) == (1, 1, 1)
    assert run("list").splitlines()[1].split()[:3] == [str(send.id), "spring", "running"]


def test_a_send_is_followed_to_its_end(run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "LOOK_SECONDS", 0.0)
    run(*START, "--query", "{}", "--yes")
    with engine.connect() as conn:
        id = sends.find(conn, "spring").id
    fan_out(engine, id)
    shown = run("status", "spring", "--follow")
    assert "5/5" in shown
    assert "5 targeted = 5 handed + 0 failed" in shown
    assert json.loads(run("status", "spring", "--follow", "--json"))["state"] == "finished"
