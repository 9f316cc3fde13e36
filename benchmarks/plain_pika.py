"""The plain way with RabbitMQ: one pika `BlockingConnection`, one message at a time. What the pipeline is held against.

It is what pika's own tutorials show, with a durable queue, persistent messages, confirms and a prefetch; nothing slows
it down on purpose. Runs in the thread that calls.
"""

import json
import time
from typing import Any

import pika

from benchmarks.rabbitmq import Server

PREFETCH = 200


def consume(server: Server, queue: str, count: int) -> float:
    """Parse and acknowledge `count` messages, each by itself; messages per second."""
    seen = 0
    connection = pika.BlockingConnection(pika.URLParameters(server.url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=PREFETCH)

    def handle(channel: Any, method: Any, properties: Any, body: bytes) -> None:
        nonlocal seen
        json.loads(body)
        channel.basic_ack(method.delivery_tag)
        seen += 1
        if seen == count:
            channel.stop_consuming()

    channel.basic_consume(queue, handle)
    start = time.perf_counter()
    channel.start_consuming()
    took = time.perf_counter() - start
    connection.close()
    return count / took


def publish(server: Server, queue: str, bodies: list[bytes]) -> float:
    """Publish each and wait for its confirm; messages per second."""
    properties = pika.BasicProperties(delivery_mode=2, content_type="application/json")
    connection = pika.BlockingConnection(pika.URLParameters(server.url))
    channel = connection.channel()
    channel.confirm_delivery()
    start = time.perf_counter()
    for body in bodies:
        channel.basic_publish("", queue, body, properties, mandatory=True)
    took = time.perf_counter() - start
    connection.close()
    return len(bodies) / took
