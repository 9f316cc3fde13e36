"""A branch runs where its lease is, and on one node at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from actors.database.pool import PATH as POOL
from actors.database.pool import pool_supervisor
from actors.lease.tables import METADATA
from actors.lease.tenant import tenant_spec
from supervision import ChildSpec, Crashed, State, TerminateChild
from supervision.events import ChildStarted, ChildStopped
from supervision.testing import Inbox, Probe, Running, running
from tests.actors.database.things import QUICK

SOON = 15.0


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Running]:
    pool = pool_supervisor(make_url(f"sqlite:///{tmp_path}/leases.sqlite"), QUICK, METADATA.create_all)
    with running(pool, tenant("one"), tenant("two"), intensity=100) as found:
        found.wait_state(POOL, State.RUNNING)
        yield found


def tenant(id: str) -> ChildSpec:
    return tenant_spec(id, f"/{id}", "job", ChildSpec(id="job", actor=Probe, args=(Inbox(),)), term_seconds=3.5)


def holder(app: Running) -> tuple[str, str]:
    """Who runs the branch, and who does not; the first to run it."""
    started = app.events.expect(ChildStarted, lambda event: event.path.endswith("/held/job"), SOON)
    one = started.path.split("/")[1]
    return one, "two" if one == "one" else "one"


def test_it_runs_on_one_of_them_until_that_stops(app: Running) -> None:
    one, other = holder(app)
    assert app.system.whereis(f"/{other}/held/job") is None
    app.system.address("/").call(TerminateChild(one), timeout=SOON)
    app.events.expect(ChildStopped, lambda event: event.path == f"/{one}/held/job", SOON)
    app.events.expect(ChildStarted, lambda event: event.path == f"/{other}/held/job", SOON)


def test_a_branch_that_dies_starts_again_where_it_was(app: Running) -> None:
    one, other = holder(app)
    path = f"/{one}/held/job"
    running = app.system.registry.running(path)
    assert running is not None
    running.request_stop(Crashed.of(RuntimeError("the test said so")))
    app.events.expect(ChildStarted, lambda event: event.path == path, SOON)
    assert app.system.whereis(f"/{other}/held/job") is None
