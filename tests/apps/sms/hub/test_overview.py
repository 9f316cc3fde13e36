"""All leaders at a glance, also those of whom nothing is known yet."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from actors.database import Database
from apps.sms.hub.overview import overview
from apps.sms.tables import leaders, texts
from supervision.testing import running
from supervision.verbs import NoParams, Site
from tests.apps.sms.outbound.world import OURS, join, lead, settings, text


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_members_unread_and_what_waits(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    found = settings(tmp_path, str(request.getfixturevalue("postgres_url")) if engine == "postgresql" else None)
    now = datetime.now(UTC)
    with running(found.app("database").load("supervisor")(found)) as run:
        run.wait_state("/database/pool", "running")
        with Database(run.system).begin() as conn:
            lead(conn)
            conn.execute(insert(leaders).values(id="bob", name="Bob", sign_up={}, created_at=now))
            for place, state in enumerate(("joined", "joined", "asked", "left")):
                join(conn, f"+1555200000{place}", state, unread=place, name="")
            row = text(state="received", created_at=now - timedelta(seconds=60))
            conn.execute(insert(texts).values({**row, "direction": "in", "lane": None}))
        ada, bob = overview(Site(run.system, found), NoParams())
    assert 60 <= ada.pop("oldest_seconds") < 90
    told = {"id": "ada", "name": "ada", "numbers": [OURS], "joined": 2, "asked": 1, "left": 1}
    assert ada == {**told, "unread": 6, "threads": 3, "waiting": 1}
    nobody = dict.fromkeys(("joined", "asked", "left", "unread", "threads", "waiting", "oldest_seconds"), 0)
    assert bob == {"id": "bob", "name": "Bob", "numbers": [], **nobody}
