"""Queues of the benchmarks have fixed names: a virtual host of their own keeps them apart from everybody else's."""

import pytest

from tests.actors.broker.conftest import virtual_host

__all__ = ["virtual_host"]


@pytest.fixture(autouse=True)
def own_virtual_host(virtual_host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOKERY_TEST_AMQP", virtual_host)
