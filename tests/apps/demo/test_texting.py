"""Members text over the real SMS app, by its verbs; without it, or without a simulated carrier, nobody does."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.demo import texting
from apps.demo.leaders import LEADERS
from apps.demo.metrics import DemoCollector
from apps.demo.petitions import supervisor
from apps.demo.texting import PATH, Texting
from supervision import Supervisor
from supervision.config import Settings, check
from supervision.testing import Running, running
from supervision.verbs import Site, collect

APPS = [
    *("actors.database", "actors.broker", "actors.rpc", "actors.pipeline.rates", "actors.pipeline.connector"),
    *("actors.lease", "apps.people", "apps.sms", "apps.demo"),
]
BUSY = {"texts_per_minute": 600.0, "compression": 86_400.0, "phones": 15, "broadcast_every_seconds": 60.0}


def settings(home: Path, apps: list[str] = APPS, **more: Any) -> Settings:
    return check({"apps": apps, **more}, home, {})


def children(found: Settings) -> list[str]:
    _, specs = supervisor(found).args
    return [spec.id for spec in specs]


@pytest.mark.parametrize(("demo", "there"), [({}, True), ({"enabled": False}, False), ({"texts_per_minute": 0}, False)])
def test_switches(tmp_path: Path, demo: dict[str, Any], there: bool) -> None:
    assert ("texting" in children(settings(tmp_path, demo=demo))) is there


def test_nobody_texts_without_texts_or_over_a_real_carrier(tmp_path: Path) -> None:
    assert children(settings(tmp_path, ["actors.broker", "apps.demo"])) == ["petitions"]
    real = {"name": "real", "smpp": {"hosts": ["127.0.0.1:2775"], "system_id": "rookery", "password": "x"}}
    limits = [{"name": "partner", "scope": ["carrier", "real"], "amount": 1, "seconds": 1.0}]
    assert children(settings(tmp_path, sms={"carriers": [real], "limits": limits})) == ["petitions"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Running, Callable[..., Any]]]:
    """Members in a hurry, and the verbs to look at what they did."""
    monkeypatch.setattr(texting, "BROADCAST_LOOK_SECONDS", 1.0)
    limits = [{"name": "partner", "scope": ["carrier", "sim"], "amount": 1000, "seconds": 1.0}]
    found = settings(tmp_path, demo=BUSY, sms={"limits": limits, "carriers": [{"name": "sim", "simulated": {}}]})
    specs = [app.load("supervisor")(found) for app in found.apps if app.supervisor and app.name != "demo"]
    demo = next(app for app in found.apps if app.name == "demo").load("supervisor")(found)
    _, parts = demo.args
    members = Supervisor.spec("demo", [part for part in parts if part.id == "texting"])
    with running(*specs, members) as run:
        run.wait_state("/database/pool", "running")
        run.wait_state(PATH, "running")
        yield run, lambda verb, **params: collect(found).find(verb)(Site(run.system, found), params)


@pytest.mark.timeout(120)
def test_members_sign_up_are_answered_and_hear_broadcasts(world: tuple[Running, Callable[..., Any]]) -> None:
    run, ask = world
    wanted = {leader.id for leader in LEADERS}

    def happened() -> bool:
        told = {one["id"]: one for one in ask("sms.overview")}
        joined = {id for id, one in told.items() if one["joined"]}
        actor = run.system.registry.running(PATH)
        assert isinstance(actor, Texting)
        return joined == wanted and actor.counts["replied"] > 0 and actor.counts["broadcast"] > 0

    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, ask("sms.overview")
        time.sleep(0.2)
    samples = [sample for metric in DemoCollector(run.system).collect() for sample in metric.samples]
    typed = [one.value for one in samples if one.labels.get("what") == "typed"]
    assert typed and typed[0] > 10
    assert len(ask("sms.phones")) <= BUSY["phones"]
