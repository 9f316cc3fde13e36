"""A database of either kind for each test."""

from pathlib import Path

import pytest
from sqlalchemy import URL, make_url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> URL:
    return make_url(f"sqlite:///{tmp_path}/test.sqlite")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> URL:
    """The same test on both engines."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return make_url(request.getfixturevalue(name))
