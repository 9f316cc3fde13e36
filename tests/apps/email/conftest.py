"""What the email tests share: Rookery's own templates, jobs, and an empty ledger on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from apps.email.config import Email
from apps.email.tables import METADATA
from apps.email.templates import Templates
from apps.email.translations import Catalogues
from apps.people.tables import METADATA as PEOPLE


@pytest.fixture(scope="session")
def config() -> Email:
    return Email.model_validate({})


@pytest.fixture(scope="session")
def own(config: Email) -> Templates:
    return Templates(config.template_path, Catalogues(config.catalogue_path), config.source_locale)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An empty ledger."""
    found = create_engine(url)
    PEOPLE.create_all(found)
    METADATA.create_all(found)
    yield found
    found.dispose()
