"""The topology in RabbitMQ: what each queue's arguments are, and declaring it all.

Declared anew after every connect, which is harmless when it is there already. Dead-letter exchanges come before the
queues that name them, because what dies before its way exists is lost.
"""

from typing import Any

from actors.broker.rabbitmq.connection import Channel, ChannelClosed, Connection
from actors.broker.topology import Queue, QueueType, Topology
from actors.errors import TopologyConflict, UnknownQueue

PRECONDITION_FAILED, NOT_FOUND, RESOURCE_LOCKED = 406, 404, 405
#: In a quorum queue without a delivery limit, what is sent back goes to the end (3.x), and RabbitMQ 4 sets one itself.
UNLIMITED = 1_000_000_000


def arguments(queue: Queue, default_type: QueueType) -> dict[str, Any]:
    """AMQP's optional arguments of a queue. Pure."""
    quorum = is_quorum(queue, default_type)
    found: dict[str, Any] = {"x-queue-type": "quorum" if quorum else "classic"}
    if queue.dead_letter_exchange is not None:
        found["x-dead-letter-exchange"] = queue.dead_letter_exchange
        if queue.dead_letter_routing_key is not None:
            found["x-dead-letter-routing-key"] = queue.dead_letter_routing_key
        if quorum:
            found |= {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
    if quorum:
        found["x-delivery-limit"] = UNLIMITED if queue.delivery_limit is None else queue.delivery_limit
    if queue.single_active_consumer:
        found["x-single-active-consumer"] = True
    if queue.expires_seconds is not None:
        found["x-expires"] = max(1, round(queue.expires_seconds * 1000))
    if queue.message_ttl_seconds is not None:
        found["x-message-ttl"] = round(queue.message_ttl_seconds * 1000)
    return found


def is_quorum(queue: Queue, default_type: QueueType) -> bool:
    """Replicating what is soon gone costs more than it saves, and an exclusive queue cannot be a quorum queue."""
    return queue.lasting and (queue.type or default_type) == "quorum"


def declare(connection: Connection, topology: Topology) -> None:
    """All of it. Raises TopologyConflict, Unavailable."""
    channel = connection.channel()
    for exchange in topology.exchanges:
        try:
            channel.call("exchange_declare", exchange.name, exchange.type, durable=True)
        except ChannelClosed as closed:
            raise _refusal(connection, exchange.name, closed) from closed
    targets = {queue.name for queue in topology.queues if queue.dead_letter_exchange is None}
    for queue in sorted(topology.queues, key=lambda one: one.name not in targets):
        declare_queue(channel, queue)
    for binding in topology.bindings:
        try:
            channel.call("queue_bind", binding.queue, binding.exchange, binding.routing_key)
        except ChannelClosed as closed:
            raise _refusal(connection, binding.queue, closed) from closed
    channel.close()


def declare_queue(channel: Channel, queue: Queue) -> None:
    """One queue. Raises TopologyConflict, Unavailable."""
    connection = channel.connection
    wanted = arguments(queue, connection.config.queue_type)
    try:
        channel.call("queue_declare", queue.name, durable=True, exclusive=queue.exclusive, arguments=wanted)
    except ChannelClosed as closed:
        raise _refusal(connection, queue.name, closed) from closed


def check_queue(connection: Connection, queue: str) -> None:
    """Raises UnknownQueue, Unavailable."""
    channel = connection.channel()
    try:
        channel.call("queue_declare", queue, passive=True)
    except ChannelClosed as closed:
        if closed.code == NOT_FOUND:
            raise UnknownQueue(f"no queue {queue}: an app must declare it in its record's `queues`") from closed
        raise connection.unavailable(str(closed)) from closed
    channel.close()


def has_exchange(connection: Connection, exchange: str) -> bool:
    """Raises Unavailable."""
    channel = connection.channel()
    try:
        channel.call("exchange_declare", exchange, passive=True)
    except ChannelClosed as closed:
        if closed.code == NOT_FOUND:
            return False
        raise connection.unavailable(str(closed)) from closed
    channel.close()
    return True


def _refusal(connection: Connection, name: str, closed: ChannelClosed) -> Exception:
    """A 406 names the argument that differs."""
    if closed.code == PRECONDITION_FAILED:
        return TopologyConflict(f"{name} exists in RabbitMQ and cannot be declared like this: {closed.text}")
    return connection.unavailable(f"{name} cannot be declared: {closed}")
