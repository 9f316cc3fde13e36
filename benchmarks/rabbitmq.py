"""The RabbitMQ that a benchmark talks to: its URL, and queues of the benchmark's own that vanish with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pika

from benchmarks.mail_site import service

QueueType = Literal["quorum", "classic"]
BODY_BYTES = 300


@dataclass(frozen=True, slots=True)
class Server:
    """One RabbitMQ. `url` holds the password: never print it."""

    url: str

    @contextmanager
    def queue(self, name: str) -> Iterator[str]:
        """No such queue at first; what is declared meanwhile goes when the `with` ends."""
        self._delete(name)
        try:
            yield name
        finally:
            self._delete(name)

    def _delete(self, name: str) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        with connection, connection.channel() as channel:
            channel.queue_delete(name)

    def ready(self, queue: str) -> int:
        """How many messages wait there."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        with connection, connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)


def server() -> Server:
    """The one that `make services` starts. Raises SystemExit when it was not started."""
    return Server(service("ROOKERY_TEST_AMQP"))


def body(number: int) -> bytes:
    """A JSON document of `BODY_BYTES` bytes."""
    start = b'{"number": %d, "text": "' % number
    return start + b"x" * (BODY_BYTES - len(start) - 2) + b'"}'
