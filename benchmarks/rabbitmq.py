"""The RabbitMQ that a benchmark talks to: its URL, and queues of the benchmark's own that vanish with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pika
import pika.exceptions

from actors.broker import DEAD_LETTERS

VARIABLE = "ROOKERY_TEST_AMQP"
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
        """The empty dead letters too: they may be of another type than the one measured next."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        with connection, connection.channel() as channel:
            channel.queue_delete(name)
            try:
                empty = channel.queue_declare(DEAD_LETTERS, passive=True).method.message_count == 0
            except pika.exceptions.ChannelClosedByBroker:
                return
            if empty:
                channel.queue_delete(DEAD_LETTERS)

    def ready(self, queue: str) -> int:
        """How many messages wait there."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        with connection, connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)


def server() -> Server:
    """The one that `make services` starts. Raises SystemExit when it was not started."""
    url = os.environ.get(VARIABLE)
    if not url:
        raise SystemExit(f"set {VARIABLE} to the URL of a RabbitMQ, or run `make services` and `. var/services/env`")
    return Server(url)


def body(number: int) -> bytes:
    """A JSON document of `BODY_BYTES` bytes."""
    start = b'{"number": %d, "text": "' % number
    return start + b"x" * (BODY_BYTES - len(start) - 2) + b'"}'
