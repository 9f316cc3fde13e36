"""Where the engines under test live: a file of the test's own, a virtual host that is emptied after each."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.broker.rabbitmq.connection import Connection
from actors.broker.rabbitmq.engine import RabbitEngine
from actors.broker.rabbitmq.tally import tally_of
from actors.broker.topology import BASE, Topology
from tests.actors.broker.harness import MakeEngine, engine_for
from tests.services.rabbitmq import RabbitMQ


@pytest.fixture
def make_embedded(tmp_path: Path) -> MakeEngine:
    return lambda topology: engine_for(tmp_path, topology)


@pytest.fixture(scope="session")
def virtual_host(amqp_url: str) -> Iterator[str]:
    """URL of a virtual host that no other process uses."""
    name = f"test-{uuid.uuid4().hex}"
    _control("add_vhost", name)
    _control("set_permissions", "--vhost", name, "rookery", ".*", ".*", ".*")
    yield f"{amqp_url.rpartition('/')[0]}/{name}"
    _control("delete_vhost", name)


@pytest.fixture
def make_amqp(virtual_host: str, tmp_path: Path) -> Iterator[MakeEngine]:
    """With quorum queues."""
    yield from _make(virtual_host, tmp_path, "quorum")


@pytest.fixture
def make_amqp_classic(virtual_host: str, tmp_path: Path) -> Iterator[MakeEngine]:
    """With classic queues."""
    yield from _make(virtual_host, tmp_path, "classic")


def _make(url: str, home: Path, queue_type: str) -> Iterator[MakeEngine]:
    made: list[RabbitEngine] = []

    def make(topology: Topology) -> RabbitEngine:
        engine = engine_for(home, topology, url, queue_type=queue_type)
        assert isinstance(engine, RabbitEngine)
        made.append(engine)
        return engine

    yield make
    tally_of.cache_clear()
    empty(made)


def empty(engines: list[RabbitEngine]) -> None:
    """Delete all that the engines declared."""
    if not engines:
        return
    topologies = [BASE, *(engine.topology for engine in engines)]
    connection = Connection(engines[0].address, engines[0].config, "test")
    try:
        connection.open()
        channel = connection.channel()
        for queue in {queue.name for topology in topologies for queue in topology.queues}:
            channel.call("queue_delete", queue)
        for exchange in {exchange.name for topology in topologies for exchange in topology.exchanges}:
            channel.call("exchange_delete", exchange)
    finally:
        connection.close()


def _control(*arguments: str) -> None:
    server = RabbitMQ()
    command = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", *arguments]
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL, **server._as_user())
