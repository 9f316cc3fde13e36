"""The engine behind `embedded:`: channels on one SQLite file, and its inspection. Cheap to make; any thread."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from actors.broker.config import BrokerConfig
from actors.broker.embedded import inspection
from actors.broker.embedded.consuming import Consuming
from actors.broker.embedded.file import File
from actors.broker.embedded.publishing import Publishing
from actors.broker.port import QueueStatus, Waiting
from actors.broker.topology import Topology
from supervision.clock import Clock
from supervision.config import Settings

FILE_NAME = "broker.sqlite"


@dataclass(frozen=True, slots=True)
class EmbeddedEngine:
    """An `Engine`. A publish is flushed to the disk; claims and acknowledgements need no flush."""

    path: Path
    topology: Topology
    config: BrokerConfig

    def publish_channel(self, clock: Clock) -> Publishing:
        return Publishing(self._file(durable=True), self.topology, clock, self.config.max_body_bytes)

    def consume_channel(self, queue: str, clock: Clock) -> Consuming:
        return Consuming(self._file(durable=False), self.topology, clock, queue, self.config.poll_seconds)

    def with_topology(self, more: Topology) -> "EmbeddedEngine":
        return replace(self, topology=self.topology.merge(more))

    def statuses(self) -> list[QueueStatus]:
        return inspection.statuses(self.path, time.time())

    def peek(self, queue: str, limit: int, body_bytes: int) -> list[Waiting]:
        return inspection.peek(self.path, queue, limit, body_bytes, time.time())

    def unroutable(self) -> int:
        return inspection.unroutable(self.path)

    def _file(self, durable: bool) -> File:
        return File(self.path, self.config.lock_timeout_seconds, durable)


def engine(settings: Settings, topology: Topology) -> EmbeddedEngine:
    """The engine of these settings; see `BrokerConfig.url` for where its file is."""
    config = settings.section("broker")
    file = config.url.get_secret_value().partition(":")[2]
    return EmbeddedEngine(settings.home / (file or FILE_NAME), topology, config)
