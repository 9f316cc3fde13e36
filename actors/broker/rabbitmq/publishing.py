"""The publishing half of the RabbitMQ engine: a list of messages is on the broker's disks when it returns.

Belongs to the publisher's thread, but for `wake` and `interrupt`.
"""

from collections.abc import Sequence

from actors.broker.message import Message
from actors.broker.port import Published
from actors.broker.rabbitmq import frames
from actors.broker.rabbitmq.connection import Connection
from actors.broker.rabbitmq.content import encode_properties
from actors.broker.rabbitmq.declaring import declare
from actors.broker.rabbitmq.delays import delay
from actors.broker.rabbitmq.sending import Parcel, Sending
from actors.broker.rabbitmq.tally import Tally
from actors.broker.topology import Topology
from actors.errors import MessageRefused
from supervision.clock import Clock


class Publishing:
    """A `PublishChannel` with a connection of its own."""

    def __init__(self, connection: Connection, topology: Topology, clock: Clock, tally: Tally) -> None:
        self.connection = connection
        self.topology = topology
        self.clock = clock
        self.tally = tally

    def open(self) -> None:
        self.connection.open()
        declare(self.connection, self.topology.shared())
        self.sending = Sending(self.connection, self.clock)

    def publish(self, messages: Sequence[Message]) -> Published:
        now = self.clock.time()
        properties = [self._properties(message, now) for message in messages]
        parcels = [self._parcel(message, encoded) for message, encoded in zip(messages, properties, strict=True)]
        unroutable = self.sending.send(parcels)
        if unroutable:
            self.tally.add_unroutable(len(unroutable))
        return Published(frozenset(), frozenset(unroutable))

    def pump(self, timeout_seconds: float) -> None:
        self.connection.pump(timeout_seconds)
        if self.sending.channel.closed is not None:
            raise self.connection.unavailable(f"the channel was closed: {self.sending.channel.closed}")

    def wake(self) -> None:
        self.connection.wake()

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()

    def _properties(self, message: Message, now: float) -> bytes:
        """All are encoded before the first is sent, because a refusal means that nothing was."""
        limit = self.connection.config.max_body_bytes
        if len(message.body) > limit:
            raise MessageRefused(f"the body has {len(message.body)} bytes; broker.max_body_bytes is {limit}")
        try:
            (message.exchange + message.routing_key).encode()
        except UnicodeEncodeError as error:
            raise MessageRefused(f"a name in a message is not valid Unicode: {error.reason}") from error
        if message.delay_seconds:
            delay(message.delay_seconds, message.exchange, self.connection.config.queue_type)
        properties = encode_properties(message, now)
        room = self.connection.link.params.frame_max - frames.AROUND_PROPERTIES
        if len(properties) > room:  # the broker would close the connection over it
            raise MessageRefused(f"headers and properties have {len(properties)} bytes; RabbitMQ takes {room}")
        return properties

    def _parcel(self, message: Message, properties: bytes) -> Parcel:
        exchange = message.exchange
        if message.delay_seconds:
            exchange = self.sending.delayed(message.delay_seconds, exchange)
        return Parcel(exchange, message.routing_key, properties, message.body)
