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
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty ledger."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    else:
        url = request.getfixturevalue("postgres_url")
    found = create_engine(url)
    PEOPLE.create_all(found)
    METADATA.create_all(found)
    yield found
    found.dispose()
