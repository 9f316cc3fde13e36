"""A connection with the tables of people, on both engines; a root in this process to send verbs to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, make_url

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from actors.database.pool import PATH, pool_supervisor
from apps.people.address import parse
from apps.people.profile import Draft
from apps.people.tables import METADATA
from apps.people.verbs import VERBS
from supervision import State
from supervision.config import check
from supervision.testing import running
from supervision.verbs import Site
from tests.supervision.answering import Root

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return make_url(f"sqlite:///{tmp_path}/people.sqlite")
    return make_url(request.getfixturevalue("postgres_url"))


@pytest.fixture
def connection(database_url: URL) -> Iterator[Connection]:
    engine = open_engine(database_url, DatabaseConfig())
    try:
        with engine.begin() as connection:
            METADATA.create_all(connection)
            yield connection
    finally:
        engine.dispose()


@pytest.fixture
def root(database_url: URL) -> Iterator[Root]:
    config = DatabaseConfig()
    with running(pool_supervisor(database_url, config, METADATA.create_all)) as app:
        app.wait_state(PATH, State.RUNNING)
        yield Root(Site(app.system, check({"apps": ["actors.database", "apps.people"]}, Path("unused"))), VERBS)


def draft(address: str, **said: Any) -> Draft:
    return Draft(parse(address), **said)
