"""What the tests of texts share: empty tables of the app and of people, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from apps.people.tables import METADATA as PEOPLE
from apps.sms.tables import METADATA


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'texts.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Empty tables."""
    found = open_engine(make_url(url), DatabaseConfig())
    for metadata in (PEOPLE, METADATA):
        metadata.create_all(found)
    yield found
    found.dispose()
