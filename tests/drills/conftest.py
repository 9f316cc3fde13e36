"""One RabbitMQ for all drills of a worker that let it live, with a virtual host for each."""

import re
from collections.abc import Iterator

import pytest

from tests.servers.rabbitmq import OwnRabbit, own_rabbit


@pytest.fixture(scope="session")
def rabbit() -> Iterator[OwnRabbit]:
    with own_rabbit() as server:
        yield server


@pytest.fixture
def vhost(rabbit: OwnRabbit, request: pytest.FixtureRequest) -> str:
    """URL of an empty virtual host that has the test's name."""
    return rabbit.add_vhost(re.sub(r"\W+", "-", request.node.name))
