"""Where the brokers are that calls go over: a file of the test's own, a virtual host of RabbitMQ."""

import pytest

from tests.actors.broker.conftest import virtual_host as virtual_host  # a fixture
from tests.actors.broker.harness import ENGINES_UNDER_TEST


@pytest.fixture(params=ENGINES_UNDER_TEST)
def broker_url(request: pytest.FixtureRequest) -> str:
    if request.param == "embedded":
        return "embedded:"
    url: str = request.getfixturevalue("virtual_host")
    return url
