"""What the tests of sends share: people and an empty email database on either engine, sends and doubles."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from apps.email.tables import METADATA
from apps.people.tables import METADATA as PEOPLE


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'sends.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    found = open_engine(make_url(url), DatabaseConfig())
    PEOPLE.create_all(found)
    METADATA.create_all(found)
    yield found
    found.dispose()
