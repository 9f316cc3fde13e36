"""What stands in the database is on /metrics, and /readyz says when nobody works on it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from actors.database import Database
from apps.sms import measuring
from apps.sms.measuring import measure, measured
from apps.sms.outbound import pauses
from apps.sms.outbound.report import NAME
from apps.sms.probes import probes
from apps.sms.states import Lane
from apps.sms.tables import texts
from supervision import Supervisor
from supervision.testing import running
from supervision.verbs import Site
from tests.apps.sms.outbound.world import eventually, settings, text

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_queue_by_lane_and_the_fullest_key_of_each_limit(engine: Engine) -> None:
    rows = [text(lane=Lane.ANSWER, created_at=NOW - timedelta(seconds=age)) for age in (3, 8)]
    used = [{"limit": "number", "key": ["number", n], "used": u, "amount": 2} for n, u in (("+1", 1), ("+2", 2))]
    with engine.begin() as conn:
        assert measure(conn, NOW).limits == {}
        conn.execute(insert(texts), rows)
        pauses.report(conn, NAME, {"limits": used}, NOW)
        found = measure(conn, NOW)
    assert found.lanes["answer"] == (2, 8.0)
    assert found.lanes["broadcast"] == (0, 0.0)
    assert found.limits == {"number": 1.0}


def test_it_is_read_in_the_running_tree(tmp_path: Path) -> None:
    found = settings(tmp_path)
    database = found.app("database").load("supervisor")(found)
    with running(database, Supervisor.spec("sms", [measuring.measuring_spec()])) as run:
        run.wait_state("/database/pool", "running")
        with Database(run.system).begin() as conn:
            conn.execute(insert(texts), [text(lane=Lane.LEADER)])

        def queued() -> dict[str, float]:
            samples = [sample for metric in measured(run.system) for sample in metric.samples]
            return {one.labels.get("lane", ""): one.value for one in samples if one.name == "rookery_sms_queued"}

        assert not any(
            "+1" in value for one in measured(run.system) for s in one.samples for value in s.labels.values()
        )
        assert eventually(queued, lambda lanes: lanes.get("leader") == 1)["answer"] == 0


def test_nothing_runs_nothing_is_told(tmp_path: Path) -> None:
    with running() as run:
        assert list(measured(run.system)) == []


def test_ready_while_somebody_holds_the_lease_and_the_hub_gets_on(tmp_path: Path) -> None:
    found = settings(tmp_path)
    database = found.app("database").load("supervisor")(found)
    with running(database) as run:
        run.wait_state("/database/pool", "running")
        asked = {probe.name: probe.check for probe in probes(Site(run.system, found))}
        assert asked["sms.outbound"]() == "nobody holds the lease: no text leaves"
        assert asked["sms.hub"]() is None
        old = datetime.now(UTC) - timedelta(hours=1)
        with Database(run.system).begin() as conn:
            row = text(created_at=old, changed_at=old, state="received")
            conn.execute(insert(texts).values({**row, "direction": "in", "lane": None}))
        assert "a text has waited for 3600 s" in (asked["sms.hub"]() or "")


def test_a_database_that_is_away_is_the_reason(tmp_path: Path) -> None:
    found = settings(tmp_path)
    with running() as run:
        for probe in probes(Site(run.system, found)):
            assert "database" in (probe.check() or "")
