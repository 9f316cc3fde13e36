"""Verbs, commands, probe and metrics: the broker seen from outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.registry import CollectorRegistry

from actors.broker import Message, Queue, Reject, Topology, commands, verbs
from actors.broker.metrics import collector
from actors.broker.port import PUBLISHER
from supervision.verbs import Site, Verbs
from tests.actors.broker.harness import World, engine_for, numbered, settings_for, world

TOPOLOGY = Topology(queues=(Queue("work"),))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[World]:
    """Three ready, one delayed, one held, one dead with a reason that a terminal must not obey."""
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        rig.subscribe()
        path = rig.consume("work", prefetch=1)
        rig.publish(Message(b"a secret", "work", headers={"h": 1}, message_id="id-1", content_type="text/plain"))
        (bad,) = rig.receive(1)
        rig.call(path, Reject((bad.tag,), "bad \x1b[31m"))
        rig.publish(*numbered(4, "work"), Message(b"late", "work", delay_seconds=60.0))
        rig.receive(1)
        yield rig


@pytest.fixture
def site(rig: World, tmp_path: Path) -> Site:
    return Site(rig.tree.system, settings_for(tmp_path))


@pytest.fixture
def terminal(site: Site, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Commands that reach the verbs without a socket between."""

    class Direct:
        def call(self, verb: str, /, **params: object) -> object:
            return json.loads(json.dumps(Verbs(verbs.VERBS).find(verb)(site, params)))

    monkeypatch.setattr(commands, "client", lambda home: Direct())
    return CliRunner()


def test_queues(site: Site) -> None:
    answer = {queue["name"]: queue for queue in Verbs(verbs.VERBS).find("broker.queues")(site, {})}
    work = answer["work"]
    assert (work["ready"], work["unacked"], work["delayed"], work["depth"], work["consumers"]) == (3, 1, 1, 5, 1)
    assert work["oldest_seconds"] >= 0
    assert work["totals"] == {"published": 6, "dead_lettered": 1}
    assert (answer["dead-letters"]["ready"], answer["dead-letters"]["consumers"]) == (1, 0)


def test_dead_letters_show_bodies_only_when_asked(site: Site) -> None:
    verb = Verbs(verbs.VERBS).find("broker.dead_letters")
    (letter,) = verb(site, {})
    assert "body" not in letter
    assert (letter["message_id"], letter["content_type"], letter["bytes"]) == ("id-1", "text/plain", 8)
    assert letter["headers"] == {"h": 1}
    (death,) = letter["deaths"]
    assert (death["queue"], death["reason"], death["count"]) == ("work", "bad \x1b[31m", 1)
    (letter,) = verb(site, {"bodies": True})
    assert letter["body"] == "a secret"
    assert len(verb(site, {"queue": "work", "limit": 2})) == 2


def test_commands_print_tables_without_codes_for_the_terminal(terminal: CliRunner) -> None:
    shown = terminal.invoke(commands.broker, ["queues"])
    assert shown.exit_code == 0, shown.output
    assert [line.split()[:4] for line in shown.output.splitlines()[1:]] == [
        ["dead-letters", "1", "0", "0"],
        ["work", "3", "1", "1"],
    ]
    shown = terminal.invoke(commands.broker, ["dead-letters"])
    assert shown.exit_code == 0, shown.output
    assert "\x1b" not in shown.output
    assert "id-1" in shown.output


def test_commands_print_json(terminal: CliRunner) -> None:
    shown = terminal.invoke(commands.broker, ["queues", "--json"])
    assert [queue["name"] for queue in json.loads(shown.output)] == ["dead-letters", "work"]
    shown = terminal.invoke(commands.broker, ["dead-letters", "--json", "--bodies"])
    assert json.loads(shown.output)[0]["body"] == "a secret"


def test_the_probe_follows_the_publisher(rig: World, site: Site) -> None:
    (probe,) = verbs.probes(site)
    assert probe.check() is None
    rig.stop("broker")
    assert "publisher" in (probe.check() or "")
    rig.restart("broker")
    rig.tree.wait_state(PUBLISHER, "running")
    assert probe.check() is None


def test_metrics(rig: World, site: Site) -> None:
    with pytest.raises(Exception, match="reach no queue"):
        rig.publish(Message(b"x", "nowhere"))
    registry = CollectorRegistry()
    registry.register(collector(site))
    work = {"queue": "work"}
    values = {
        name: registry.get_sample_value(f"rookery_broker_{name}", work)
        for name in ("ready", "unacked", "delayed", "consumers", "published_total", "acked_total", "dropped_total")
    }
    assert list(values.values()) == [3, 1, 1, 1, 6, 0, 0]
    assert registry.get_sample_value("rookery_broker_unroutable_total") == 1
    assert registry.get_sample_value("rookery_broker_up") == 1


def test_metrics_of_a_broken_broker_say_only_that(tmp_path: Path, rig: World, site: Site) -> None:
    broken = tmp_path / "elsewhere"
    broken.mkdir()
    (broken / "broker.sqlite").write_bytes(b"no database" * 100)
    registry = CollectorRegistry()
    registry.register(collector(Site(rig.tree.system, settings_for(broken))))
    assert registry.get_sample_value("rookery_broker_up") == 0
    assert registry.get_sample_value("rookery_broker_ready", {"queue": "work"}) is None
