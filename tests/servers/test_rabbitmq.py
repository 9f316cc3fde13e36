"""The servers that other tests break: each way to break one is seen from a client's side."""

import ssl
from contextlib import suppress

import pika
import pika.exceptions
import pytest

from tests.servers.cluster import RabbitCluster
from tests.servers.rabbitmq import OwnRabbit
from tests.services.rabbitmq import PROTOCOL_HEADER
from tests.services.server import exchange

QUORUM = {"x-queue-type": "quorum"}
pytestmark = pytest.mark.timeout(120)


def connect(url: str, **options: object) -> pika.BlockingConnection:
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = 5.0
    for name, value in options.items():
        setattr(parameters, name, value)
    return pika.BlockingConnection(parameters)


def publish(url: str, queue: str, count: int) -> None:
    """All are confirmed when it returns."""
    left = list(range(count))
    while left:
        with suppress(pika.exceptions.NackError), connect(url) as connection:
            channel = connection.channel()
            channel.queue_declare(queue, durable=True, arguments=QUORUM)
            channel.confirm_delivery()
            while left:
                # A quorum queue without a leader refuses, and goes on refusing on this channel when it has one.
                channel.basic_publish("", queue, str(left[0]).encode(), pika.BasicProperties(delivery_mode=2))
                left.pop(0)


def bodies(url: str, queue: str) -> list[str]:
    connection = connect(url)
    channel = connection.channel()
    got: list[str] = []
    while (answer := channel.basic_get(queue, auto_ack=True))[0] is not None:
        got.append(answer[2].decode())
    connection.close()
    return got


def test_it_keeps_what_it_confirmed_through_its_ends(own_rabbit: OwnRabbit) -> None:
    publish(own_rabbit.url, "letters", 20)
    own_rabbit.write_names()
    own_rabbit.kill()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        connect(own_rabbit.url)
    own_rabbit.start()
    assert own_rabbit.leader("letters") == own_rabbit.node
    own_rabbit.stop()
    own_rabbit.start()
    assert bodies(own_rabbit.url, "letters") == [str(number) for number in range(20)]


def test_what_an_operator_does_to_it(own_rabbit: OwnRabbit) -> None:
    publish(own_rabbit.url, "letters", 1)
    secure = ssl.create_default_context(cafile=str(own_rabbit.ca))
    connection = connect(own_rabbit.tls_url, ssl_options=pika.SSLOptions(secure, "localhost"))
    own_rabbit.close_all_connections()
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker):
        connection.process_data_events(5.0)

    own_rabbit.raise_memory_alarm()
    with pytest.raises(pika.exceptions.ConnectionBlockedTimeout):
        publish(own_rabbit.url, "letters", 1)
    own_rabbit.clear_memory_alarm()
    publish(own_rabbit.url, "letters", 1)

    own_rabbit.freeze()
    assert not exchange(own_rabbit.port, PROTOCOL_HEADER, b"RabbitMQ")
    own_rabbit.thaw()
    assert exchange(own_rabbit.port, PROTOCOL_HEADER, b"RabbitMQ")
    own_rabbit.delete_queue("letters")
    assert own_rabbit.queues() == {}


def test_three_nodes_survive_the_end_of_one(rabbit_cluster: RabbitCluster) -> None:
    publish(rabbit_cluster.urls[0], "letters", 10)
    leader = rabbit_cluster.leader("letters")
    assert len(leader.queues()["letters"]["members"]) == 3
    leader.write_names()
    leader.kill()
    left = rabbit_cluster.any()
    assert left is not leader
    publish(left.url, "letters", 10)
    assert rabbit_cluster.leader("letters") is not leader
    leader.start()
    assert rabbit_cluster.members() == set(rabbit_cluster.nodes)
    assert len(bodies(leader.url, "letters")) == 20
