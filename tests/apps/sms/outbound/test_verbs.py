"""What can be asked of the way out, with the branch at work on SQLite."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from apps.sms.hub.queueing import revoke
from apps.sms.outbound import commands
from apps.sms.outbound.metrics import measured
from apps.sms.outbound.silence import silence
from apps.sms.outbound.verbs import VERBS, UnknownCarrier, UnknownText
from apps.sms.states import Lane
from apps.sms.tables import members, texts
from supervision.verbs import Site
from tests.apps.sms.outbound.world import World, eventually, join, member, settings, text, world

LIMITS = [
    {"name": "partner", "scope": ["carrier", "sim"], "amount": 5, "period": "month"},
    {"name": "spare", "scope": ["campaign", "*"], "amount": 7, "seconds": 1.0},
]


def ask(here: World, verb_name: str, /, **params: Any) -> Any:
    verb = next(verb for verb in VERBS if verb.name == verb_name)
    return verb(Site(here.run.system, here.settings), params)


def test_carriers_and_limits_are_told_by_whoever_holds_the_lease(tmp_path: Path) -> None:
    with world(settings(tmp_path, limits=LIMITS)) as here:
        here.queue(*(text(member(n)) for n in range(3)))
        eventually(here.states, lambda states: states == {"handed": 3})
        (limit, spare) = eventually(lambda: ask(here, "sms.limits"), lambda rows: bool(rows) and rows[0]["used"] == 3)
        assert (limit["limit"], limit["key"], limit["amount"]) == ("partner", ["carrier", "sim"], 5)
        assert (spare["limit"], spare["key"], spare["used"], spare["amount"]) == ("spare", ["campaign", "*"], 0, 7)
        (carrier,) = ask(here, "sms.carriers")
        assert (carrier["name"], carrier["health"], carrier["links"], carrier["window"]) == ("sim", "up", 1, 50)
        assert carrier["limit"]["used"] == 3 and carrier["reported_seconds_ago"] < 10


def test_a_carrier_is_paused_and_resumed(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        assert ask(here, "sms.carrier.pause", name="sim", reason="night")["paused"]
        assert ask(here, "sms.carriers")[0]["health"] == "paused"
        assert ask(here, "sms.carrier.resume", name="sim")["was_paused"]
        with pytest.raises(UnknownCarrier, match="there are sim"):
            ask(here, "sms.carrier.pause", name="nobody")


def test_texts_the_queue_doubts_and_what_is_stuck(tmp_path: Path) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=9)
    with world(settings(tmp_path)) as here:
        here.queue(
            text(key="later", due_at=datetime.now(UTC) + timedelta(hours=1)),
            text(key="doubt", state="in_doubt"),
            text(key="old", state="handed"),
        )
        with here.database.begin() as conn:
            conn.execute(update(texts).where(texts.c.key == "old").values(handed_at=long_ago))
        assert [(row["lane"], row["texts"], row["due"]) for row in ask(here, "sms.queue")] == [("leader", 1, 0)]
        assert [row["key"] for row in ask(here, "sms.stuck")] == ["old"] and ask(here, "sms.stuck", hours=24) == []
        assert [row["key"] for row in ask(here, "sms.doubts")] == ["doubt"]
        assert ask(here, "sms.doubts.resolve", key="doubt", state="failed")["state"] == "failed"
        assert ask(here, "sms.text", key="doubt")["reason"] == "somebody looked into it"
        with pytest.raises(UnknownText):
            ask(here, "sms.doubts.resolve", key="doubt", state="failed")
        with pytest.raises(UnknownText):
            ask(here, "sms.text", key="nobody")


def test_what_is_measured(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        here.queue(text())
        eventually(here.states, lambda states: states == {"handed": 1})
        told = {
            (sample.name, *sample.labels.values()): sample.value
            for family in measured(here.run.system)
            for sample in family.samples
        }
        assert told["rookery_sms_pieces_total", "segments"] == told["rookery_sms_outbound_total", "handed"] == 1
        assert told["rookery_sms_carrier_health", "sim"] == 0 and told["rookery_sms_claimed",] == 0


def test_a_stop_reaches_what_is_claimed_and_waits_for_its_limit(tmp_path: Path) -> None:
    """The window is as long as a claimed text waits at most, so that one is waiting whenever the stop comes."""
    slow = [{"name": "slow", "scope": ["number", "*"], "amount": 1, "seconds": 0.3}]
    with world(settings(tmp_path, limits=slow)) as here:
        with here.database.begin() as conn:
            join(conn, member(1))
        here.queue(*(text(member(1), lane=Lane.BROADCAST) for _ in range(40)))
        eventually(here.states, lambda states: states["handed"] >= 2)
        with here.database.begin() as conn:
            conn.execute(update(members).values(state="left"))
            revoke(conn, [("ada", member(1))], datetime.now(UTC))
            left = here.actor("/sms/outbound/authority").counts["handed"]
        silence(here.run.system, [("ada", member(1))])
        eventually(here.states, lambda states: not states["queued"] and not states["claimed"])
        # One may have been on its way when the stop was written.
        assert len(here.reached()) <= left + 1


@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda one: str(one.name))
def test_each_command_says_what_it_is_for(command: Any) -> None:
    answer = CliRunner().invoke(command, ["--help"])
    assert answer.exit_code == 0 and command.help in answer.output.replace("\n  ", " ").replace("  ", " ")
