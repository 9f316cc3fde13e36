"""A site of rules: a real database behind its pool, and nobody who decides or sends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from supervision.verbs import Site
from tests.apps.email.deciding import Desk, desk


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, started=False) as one:
        yield one


@pytest.fixture
def site(still: Desk) -> Site:
    return Site(still.tree.system, still.settings)
