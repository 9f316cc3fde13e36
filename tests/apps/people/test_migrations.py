"""What the migrations of people make that no comparison of tables sees."""

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from actors.database.migration.history import history_of
from actors.database.migration.run import migrate
from apps.people import APP
from apps.people.consent import Channel, Said, history, record
from tests.apps.people.conftest import NOW


@pytest.mark.parametrize("change", ["UPDATE people_consents SET state = 'granted'", "DELETE FROM people_consents"])
def test_a_migrated_ledger_cannot_be_changed(database_url: URL, change: str) -> None:
    found = history_of(APP)
    assert found is not None
    engine = open_engine(database_url, DatabaseConfig())
    try:
        migrate(engine, [found])
        with engine.begin() as connection:
            record(connection, Channel.SMS, "+15550100001", "ines", Said.REVOKED, NOW, source="sms")
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(change))
        with engine.connect() as connection:
            (line,) = history(connection, Channel.SMS, "+15550100001")
        assert line.state is Said.REVOKED
    finally:
        engine.dispose()
