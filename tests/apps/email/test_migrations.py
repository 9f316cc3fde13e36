"""Migrations that move rows: what was there before is there afterwards."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import column, insert, make_url, table

from actors.database import Timestamp
from actors.database.engine import open_engine
from actors.database.migration.history import History, history_of
from actors.database.migration.run import migrate
from apps.email import partitions
from apps.email.rulebook.events import between
from apps.email.rulebook.tables import EVENTS
from supervision.app import load_app
from tests.actors.database.things import QUICK
from tests.apps.email.deciding import event

DAYS = [datetime(2026, 11, day, 23, 30, tzinfo=UTC) for day in (20, 21)]
BEFORE = table("email_events", *map(column, ("source", "id", "type", "body")), column("received_at", Timestamp))


def test_events_find_their_days(tmp_path: Path, url: str) -> None:
    now = history_of(load_app("apps.email"))
    assert now is not None
    for file in sorted(now.folder.glob("m000[1-4]_*.py")):
        shutil.copy(file, tmp_path)
    engine = open_engine(make_url(url), QUICK)
    try:
        migrate(engine, [History("email", now.metadata, tmp_path)])
        with engine.begin() as conn:
            for number, at in enumerate(DAYS):
                body = event(number, "t").to_json().decode()
                row = {"source": "/test", "id": str(number), "type": "t", "body": body, "received_at": at}
                conn.execute(insert(BEFORE), row)
        migrate(engine, [now])
        with engine.begin() as conn:
            found = list(between(conn, DAYS[0], datetime(2026, 11, 22, tzinfo=UTC), ["t"]))
            assert [(at, one.id) for at, one in found] == [(at, str(number)) for number, at in enumerate(DAYS)]
            assert partitions.days(conn, EVENTS) == [at.date() for at in DAYS]
    finally:
        engine.dispose()
