from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actors.web.serving import SAMPLE, Served, serving


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def served(shared_home: Path) -> Iterator[Served]:
    """A web server with the sample app and faults allowed."""
    with serving(shared_home, [SAMPLE], max_body_bytes=2048, verb_timeout_seconds=0.2) as web:
        web.running.system.faults.enabled = True
        yield web
