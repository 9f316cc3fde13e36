"""The engine behind `amqp:` and `amqps:`: channels with a connection each; inspection. Cheap to make; any thread."""

import os
import time
from dataclasses import dataclass, replace

from actors.broker.config import BrokerConfig
from actors.broker.port import QueueStatus, Waiting
from actors.broker.rabbitmq import inspection, management
from actors.broker.rabbitmq.connection import Connection
from actors.broker.rabbitmq.consuming import Consuming
from actors.broker.rabbitmq.hosts import Address, address_of
from actors.broker.rabbitmq.publishing import Publishing
from actors.broker.rabbitmq.tally import Tally, tally_of
from actors.broker.topology import Topology
from supervision.clock import Clock
from supervision.config import Settings


@dataclass(frozen=True, slots=True)
class RabbitEngine:
    """An `Engine`. Publishing and consuming have connections of their own: an alarm of the broker stops publishers."""

    address: Address
    topology: Topology
    config: BrokerConfig

    def publish_channel(self, clock: Clock) -> Publishing:
        return Publishing(self._connection("publisher"), self.topology, clock, self._tally)

    def consume_channel(self, queue: str, clock: Clock) -> Consuming:
        return Consuming(self._connection(f"consumer of {queue}"), self.topology, clock, queue, self._tally)

    def with_topology(self, more: Topology) -> "RabbitEngine":
        return replace(self, topology=self.topology.merge(more))

    def statuses(self) -> list[QueueStatus]:
        if self.config.management_url is not None:
            url = self.config.management_url.get_secret_value()
            return management.statuses(url, self.address.vhost, time.time(), self.config.connect_timeout_seconds)
        return inspection.statuses(self.address, self.config, self.topology, self._tally)

    def peek(self, queue: str, limit: int, body_bytes: int) -> list[Waiting]:
        return inspection.peek(self.address, self.config, self.topology, queue, limit, body_bytes, time.time())

    def unroutable(self) -> int:
        return self._tally.unroutable()

    @property
    def _tally(self) -> Tally:
        return tally_of(self.address.where)

    def _connection(self, what: str) -> Connection:
        return Connection(self.address, self.config, f"rookery {what} (pid {os.getpid()})")


def engine(settings: Settings, topology: Topology) -> RabbitEngine:
    """The engine of these settings. Raises ConfigError."""
    config = settings.section("broker")
    return RabbitEngine(address_of(config.url.get_secret_value()), topology, config)
