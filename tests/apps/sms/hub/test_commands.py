"""`rookery sms ...` as a leader's people type it, with the root in this process, on either database."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, make_url

from actors.database.pool import PATH, pool_supervisor
from apps.sms import commands
from apps.sms.config import Sms
from apps.sms.hub import commands as hub_commands
from apps.sms.hub import demo, inbox_commands
from apps.sms.hub.verbs import VERBS
from supervision import State
from supervision.config import Settings
from supervision.errors import RookeryError
from supervision.testing import running
from supervision.verbs import Site
from tests.actors.database.things import QUICK
from tests.apps.sms.hub.conversing import MARY, arrived, hub, member, out, put, say
from tests.supervision.answering import Root

Run = Callable[..., Any]
LEADER, OURS, JOHN = demo.LEADER, demo.NUMBER, "+15552000002"


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command; what it printed, as JSON with --json. Raises what the root answers."""
    url = make_url(engine.url.render_as_string(hide_password=False))
    settings = Settings(tmp_path, {}, (), {"sms": Sms.model_validate({})})
    with running(pool_supervisor(url, QUICK, lambda engine: None)) as tree:
        tree.wait_state(PATH, State.RUNNING)
        root = Root(Site(tree.system, settings), VERBS)
        for module in (hub_commands, inbox_commands):
            monkeypatch.setattr(module, "client", lambda home: root)

        def run(*words: str) -> Any:
            result = CliRunner().invoke(commands.sms, [*words])
            if isinstance(result.exception, RookeryError):
                raise result.exception
            assert result.exit_code == 0, (result.output, result.exception)
            return json.loads(result.output) if "--json" in words else result.output

        yield run


@pytest.fixture
def demo_leader(run: Run, engine: Engine) -> Engine:
    """The demo's leader; Mary has signed up."""
    run("demo-leader")
    say(engine, "hi", "Mary", "Oxford", "wren", ours=OURS)
    return engine


def test_the_demo_says_what_to_do_next(run: Run) -> None:
    said = run("demo-leader")
    assert OURS in said and f"rookery sms inbox {LEADER}" in said
    assert run("demo-leader", "--json") == {
        "leader": LEADER,
        "name": demo.NAME,
        "number": OURS,
        "member": demo.MEMBER,
    }
    shown = run("leader", "show", LEADER)
    assert OURS in shown and "nest -> Nests are watched" in shown


def test_leaders_and_numbers(run: Run, tmp_path: Path) -> None:
    words = tmp_path / "words.json"
    words.write_text('{"contact": "Call 555."}')
    assert run("leader", "add", "ada", "--name", "Ada", "--sign-up", f"@{words}", "--json") == {
        "id": "ada",
        "new": True,
    }
    assert "changed ada" in run("leader", "add", "ada", "--name", "Ada L.")
    assert [one["name"] for one in run("leader", "list", "--json")] == ["Ada L."]
    assert run("leader", "show", "ada", "--json")["sign_up"]["contact"] == "Call 555."
    run(
        "leader",
        "add",
        "ada",
        "--name",
        "Ada L.",
        "--sign-up",
        "{}",
        "--locale",
        "de_at",
        "--time-zone",
        "europe/vienna",
    )
    changed = run("leader", "show", "ada", "--json")
    assert (changed["sign_up"]["contact"], changed["locale"], changed["time_zone"]) == ("", "de-AT", "Europe/Vienna")
    added = run("number", "add", "(415) 555-2671", "--leader", "ada", "--brand", "birds", "--json")
    assert (added["number"], added["type"], added["brand"]) == ("+14155552671", "e164", "birds")
    run("number", "add", "55555", "--leader", "ada")
    assert [(one["number"], one["type"]) for one in run("number", "list", "--json")] == [
        ("+14155552671", "e164"),
        ("55555", "short-code"),
    ]
    assert "55555" in run("number", "list")
    for wrong, fault in (
        (("number", "add", "Birds", "--leader", "ada"), "is a name"),
        (("number", "add", "55555", "--leader", "bob"), "no leader 'bob'"),
        (("number", "add", "55555", "--leader", "ada", "--carrier", "sin"), "no carrier 'sin'; there are sim"),
        (("leader", "add", "ada", "--name", "Ada", "--time-zone", "Mars/Olympus"), "is not a zone"),
        (("leader", "add", "ada", "--name", "Ada", "--locale", "xx yy"), "is not a BCP 47 tag"),
        (("keyword", "set", "ada", "Stop!", "no"), "'stop' is a word to leave"),
        (("leader", "add", "ada", "--name", "Ada", "--sign-up", '{"mode": "questions"}'), "has questions"),
    ):
        with pytest.raises(RookeryError, match=fault):
            run(*wrong)


def test_what_the_hub_goes_by_changes_at_once(run: Run, demo_leader: Engine) -> None:
    run("keyword", "set", LEADER, "Vote!", "On Tuesday", "--tag", "voter")
    assert say(demo_leader, "vote", ours=OURS, start=10) == ["On Tuesday"]
    assert run("member", "list", LEADER, "--tag", "voter", "--json")[0]["number"] == MARY
    run("keyword", "set", LEADER, "vote", "On Monday")
    assert [one["answer"] for one in run("keyword", "list", LEADER, "--json") if one["word"] == "vote"] == ["On Monday"]
    assert "no longer" in run("keyword", "remove", LEADER, "VOTE")
    assert "no keyword" in run("keyword", "remove", LEADER, "vote")
    assert say(demo_leader, "vote", ours=OURS, start=11) == [""]


def test_the_inbox_shows_the_latest_first_and_what_nobody_has_read(run: Run, demo_leader: Engine) -> None:
    say(demo_leader, "hi", source=JOHN, ours=OURS, start=20)
    say(demo_leader, "do you like 100% of birds?", "or_not", ours=OURS, start=30)
    found = run("inbox", LEADER, "--json")
    assert [(one["number"], one["unread"], one["state"]) for one in found] == [(MARY, 2, "joined"), (JOHN, 0, "asked")]
    assert (found[0]["text"], found[0]["direction"]) == ("or_not", "in")
    assert [one["number"] for one in run("inbox", LEADER, "--unread", "--json")] == [MARY]
    assert "< or_not" in run("inbox", LEADER)
    run("thread", LEADER, MARY, "--mark-read")
    assert run("inbox", LEADER, "--unread", "--json") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("100%", 1), ("0% OF", 1), ("%%", 0), ("r_n", 1), ("r_t", 0), ("\\\\", 0), ("Wren Rookery", 2), ("nobody", 0)],
)
def test_a_search_looks_for_the_words_themselves(run: Run, demo_leader: Engine, words: str, found: int) -> None:
    say(demo_leader, "hi", source=JOHN, ours=OURS, start=20)
    say(demo_leader, "do you like 100% of birds?", "or_not", ours=OURS, start=30)
    assert len(run("inbox", LEADER, "--search", words, "--json")) == found


def test_a_thread_has_both_sides_in_order(run: Run, demo_leader: Engine) -> None:
    thread = run("thread", LEADER, "(555) 200-0001", "--json")
    assert [one["direction"] for one in thread] == ["in", "out"] * 4
    assert (thread[-1]["body"], thread[-1]["state"], thread[0]["reason"]) == (
        "Thank you, Mary! You will hear from me.",
        "queued",
        "asked",
    )
    assert len(run("thread", LEADER, MARY, "--limit", "3", "--json")) == 3
    assert "> Thank you, Mary!" in run("thread", LEADER, MARY)
    with pytest.raises(RookeryError, match="no member"):
        run("thread", LEADER, JOHN)


def test_answers_by_hand(run: Run, demo_leader: Engine) -> None:
    sent = run("reply", LEADER, MARY, "See you!", "--key", "r-1", "--json")
    assert sent == {"key": "r-1", "body": "See you!"}
    run("reply", LEADER, MARY, "See you!", "--key", "r-1")
    assert "Thank you, Mary!" in run("reply", LEADER, MARY, "--canned", "thanks")
    assert [(row.body, row.our_number, row.state) for row in out(demo_leader, lane="leader")] == [
        ("See you!", OURS, "queued"),
        ("Thank you, Mary!", OURS, "queued"),
    ]
    run("canned", "set", LEADER, "bye", "Bye, {name}")
    assert [one["name"] for one in run("canned", "list", LEADER, "--json")] == ["bye", "thanks"]
    say(demo_leader, "STOP", ours=OURS, start=40)
    with pytest.raises(RookeryError, match="left"):
        run("reply", LEADER, MARY, "One more thing")


def test_members_and_tags(run: Run, demo_leader: Engine) -> None:
    assert run("tag", "add", LEADER, MARY, "birder", "--json") == {"number": MARY, "tags": ["birder"]}
    run("tag", "add", LEADER, MARY, "early")
    shown = run("member", "show", LEADER, MARY, "--json")
    assert (shown["tags"], shown["place"], shown["answers"]["bird"]) == (["birder", "early"], "Oxford", "wren")
    assert "token" not in shown
    assert "birder" in run("member", "show", LEADER, MARY)
    assert run("tag", "remove", LEADER, MARY, "birder", "--json")["tags"] == ["early"]
    assert run("member", "list", LEADER, "--tag", "birder", "--json") == []
    assert [one["number"] for one in run("member", "list", LEADER, "--state", "joined", "--json")] == [MARY]
    with pytest.raises(RookeryError, match="no member"):
        run("tag", "add", LEADER, JOHN, "x")


def test_the_backlog_by_leader(run: Run, demo_leader: Engine) -> None:
    put(demo_leader, *(arrived(number, "hi", ours=OURS) for number in range(3)))
    (waiting,) = run("backlog", "--json")
    assert (waiting["leader"], waiting["texts"]) == (LEADER, 3) and waiting["oldest_seconds"] > 0
    hub(demo_leader)
    assert run("backlog", "--json") == []
    assert member(demo_leader, leader=LEADER).unread == 3
