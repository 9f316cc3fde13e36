"""Moments and JSON come back as they went in, on both engines."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, Column, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from actors.database import Json, Timestamp
from actors.database.engine import open_engine
from tests.actors.database.things import QUICK

METADATA = MetaData()
ROWS = Table("kept", METADATA, Column("id", Integer, primary_key=True), Column("at", Timestamp), Column("what", Json))

CASES = [
    (datetime(2026, 11, 22, 5, 0, 0, 123456, UTC), {"ключ": ["😀", 1.5, None, True]}),
    (datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))), []),
    (None, None),
]


@pytest.mark.parametrize(("at", "what"), CASES)
def test_round_trip(database_url: URL, at: datetime | None, what: object) -> None:
    engine = open_engine(database_url, QUICK)
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            connection.execute(ROWS.insert(), {"at": at, "what": what})
            row = connection.execute(ROWS.select()).one()
    finally:
        engine.dispose()
    assert (row.at, row.what) == (at, what)
    assert at is None or row.at.tzinfo is UTC


def test_a_moment_without_a_time_zone_is_refused(database_url: URL) -> None:
    engine = open_engine(database_url, QUICK)
    try:
        with engine.begin() as connection, pytest.raises(StatementError, match="no time zone"):
            connection.execute(ROWS.insert(), {"at": datetime(2026, 1, 1), "what": {}})
    finally:
        engine.dispose()


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1900, 1, 2), max_value=datetime(2200, 1, 1)))
def test_any_moment_is_the_same_moment_afterwards(moment: datetime) -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        kept = Timestamp().process_bind_param(moment, dialect)
        assert Timestamp().process_result_value(kept, dialect) == moment.astimezone(UTC)
