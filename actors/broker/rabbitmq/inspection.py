"""The broker's queues seen from outside, over a short-lived connection of the asking thread.

AMQP tells how many messages of a queue are ready and how many consumers it has, not what is unacked, delayed or old.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from actors.broker.config import BrokerConfig
from actors.broker.port import QueueStatus, Waiting
from actors.broker.rabbitmq.connection import Channel, ChannelClosed, Connection
from actors.broker.rabbitmq.content import decode
from actors.broker.rabbitmq.declaring import NOT_FOUND, is_quorum
from actors.broker.rabbitmq.hosts import Address
from actors.broker.rabbitmq.tally import Tally
from actors.broker.topology import Queue, Topology
from actors.errors import NotPeekable, UnknownQueue


def statuses(address: Address, config: BrokerConfig, topology: Topology, tally: Tally) -> list[QueueStatus]:
    """Those queues of the topology that are there, by name. Raises Unavailable."""
    names = sorted(queue.name for queue in topology.queues if not queue.exclusive)
    found = []
    with _connected(address, config) as connection:
        channel = connection.channel()
        for name in names:
            try:
                counts = channel.call("queue_declare", name, passive=True)
            except ChannelClosed as closed:
                if closed.code != NOT_FOUND:
                    raise connection.unavailable(str(closed)) from closed
                channel = connection.channel()
                continue
            found.append(
                QueueStatus(name, counts.message_count, None, None, None, counts.consumer_count, tally.totals(name))
            )
    return found


def peek(
    address: Address, config: BrokerConfig, topology: Topology, queue: str, limit: int, body_bytes: int, now: float
) -> list[Waiting]:
    """The first ready messages. They are taken and sent back: their `redelivered` flag is set from then on.

    A queue that counts returns is not looked into, because looking would wear its messages out.
    Raises Unavailable, UnknownQueue, NotPeekable.
    """
    declared = next((one for one in topology.queues if one.name == queue), Queue(queue))
    if declared.delivery_limit is not None and is_quorum(declared, config.queue_type):
        raise NotPeekable(f"{queue} has a delivery limit, and looking into it would count as a delivery")
    with _connected(address, config) as connection:
        channel = connection.channel()
        try:
            taken = list(_take(channel, queue, limit))
        except ChannelClosed as closed:
            if closed.code == NOT_FOUND:
                raise UnknownQueue(f"no queue {queue}") from closed
            raise connection.unavailable(str(closed)) from closed
        waiting = [_waiting(one, body_bytes, now) for one in taken]
        channel.raw.basic_nack(0, multiple=True, requeue=True)
    return waiting


def _take(channel: Channel, queue: str, limit: int) -> Iterator[Sequence[Any]]:
    for _ in range(limit):
        got = channel.get(queue)
        if got is None:
            return
        yield got


def _waiting(got: Sequence[Any], body_bytes: int, now: float) -> Waiting:
    method, properties, body = got
    message, history = decode(
        properties, body[:body_bytes], method.exchange, method.routing_key, bool(method.redelivered)
    )
    age = max(0.0, now - message.timestamp) if message.timestamp else None
    return Waiting(message, len(body), age, history.delivered)


@contextmanager
def _connected(address: Address, config: BrokerConfig) -> Iterator[Connection]:
    connection = Connection(address, config, "rookery inspection")
    try:
        connection.open()
        yield connection
    finally:
        connection.close()
