"""Pipelines on RabbitMQ against pika used plainly: parse a message of 300 bytes, do next to nothing, acknowledge.

`--size` persistent messages (100,000) wait in a durable queue; two nodes with one pipeline each empty it, beside one
pika loop that acknowledges one by one. The same once with a quorum queue, Rookery's default, and once with a classic
one (`classic_...`). Publishing with confirms is measured on the way there, against one confirm at a time. The memory of
a node is looked at all along: `rss_growth` is its peak over the peak of the first minute, or of the first fifth if the
run is shorter; with 1,000,000 messages the figure means something.

The queue must be empty afterwards, or the benchmark fails: what was counted was also acknowledged.
"""

import itertools
import json
import mmap
import struct
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from actors import broker
from actors.broker import Broker, Queue, Topology
from actors.broker import Message as BrokerMessage
from actors.broker.config import ENGINES, BrokerConfig, scheme_of
from actors.broker.port import Engine
from actors.broker.publisher import Publisher
from actors.pipeline import Handler, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource
from benchmarks import plain_pika
from benchmarks.outcome import Options, Outcome
from benchmarks.rabbitmq import QueueType, Server, body, server
from supervision import Actor, ChildSpec, Supervisor, System, launch
from supervision.app import load
from supervision.config import Settings
from supervision.node import Node
from supervision.node import Options as NodeOptions

QUEUE = "bench.pipeline"
MESSAGES, PLAIN_MESSAGES, PLAIN_PUBLISHES = 100_000, 20_000, 1_000
NODES = 2
PROCESSORS, MAX_DEMAND, PREFETCH = 2, 400, 2000
#: One `Publish` holds so many messages, and so many of them are under way.
LIST, PUBLISHERS = 500, 4
TURN_SECONDS = 0.02
PATIENCE_SECONDS = 600.0
FIRST_MINUTE_SECONDS = 60.0
NODE = NodeOptions(heartbeat_seconds=1.0, timeout_seconds=30.0)


# --- what runs in the nodes -------------------------------------------------------------------------------------------


class Parse(Handler):
    """Counts what it parsed in a file that the benchmark reads."""

    def __init__(self, file: Path) -> None:
        self._numbers = itertools.count(1)
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 8)

    def handle_message(self, message: Message, context: Any) -> Message:
        json.loads(message.data)
        struct.pack_into("Q", self._shared, 0, next(self._numbers))
        return message


def tree(server: Server, queue_type: QueueType, file: Path) -> Actor:
    """A node's supervisor, unstarted; called in the node."""
    settings = settings_of(server, queue_type)
    source = BrokerSource(settings, BrokerOptions(QUEUE, prefetch=PREFETCH, deaths=None), engine_of(settings))
    pipeline = pipeline_spec(
        "pipeline",
        handler=Parse(file),
        producer={"actor": BrokerProducer, "args": (source,)},
        processors={"concurrency": PROCESSORS, "max_demand": MAX_DEMAND},
    )
    made: Actor = pipeline.actor(*pipeline.args, **pipeline.kwargs)
    return made


def settings_of(server: Server, queue_type: QueueType) -> Settings:
    section = BrokerConfig.model_validate({"url": server.url, "queue_type": queue_type})
    return Settings(Path(tempfile.gettempdir()), {}, (broker.APP,), {"broker": section})


def engine_of(settings: Settings) -> Engine:
    url = settings.section("broker").url.get_secret_value()
    queue = Queue(QUEUE, dead_letter_exchange=None)
    engine: Engine = load(ENGINES[scheme_of(url)])(settings, Topology(queues=(queue,)))
    return engine


# --- the two ways -----------------------------------------------------------------------------------------------------


def publish(server: Server, queue_type: QueueType, count: int) -> float:
    """Through a publisher actor, in lists, as many at once as `PUBLISHERS`; confirmed messages per second."""
    publisher = ChildSpec(id="publisher", actor=Publisher, args=(engine_of(settings_of(server, queue_type)),))
    spec = Supervisor.spec("broker", [publisher])
    with running(spec) as system:
        client = Broker(system)
        lists = [
            [BrokerMessage(body(number), QUEUE, content_type="application/json") for number in range(at, at + LIST)]
            for at in range(0, count, LIST)
        ]
        start = time.perf_counter()
        with ThreadPoolExecutor(PUBLISHERS) as pool:
            stored = sum(pool.map(lambda messages: client.publish(messages, timeout_seconds=60.0), lists))
        return stored / (time.perf_counter() - start)


def consume(server: Server, queue_type: QueueType, count: int) -> tuple[float, list[tuple[float, float]]]:
    """With all nodes; messages per second, and (seconds, megabytes of the largest node) over time."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"node-{number}") for number in range(NODES)]
        for file in files:
            file.write_bytes(bytes(8))
        specs = [
            Node.spec(
                file.name,
                ChildSpec(id=file.name, actor=tree, args=(server, queue_type, file), type="supervisor"),
                NODE,
            )
            for file in files
        ]
        with running(*specs):
            return _watch(files, count)


def _watch(files: list[Path], count: int) -> tuple[float, list[tuple[float, float]]]:
    nodes = [process for process in psutil.Process().children() if process.is_running()]
    memory: list[tuple[float, float]] = []
    begun = start = time.perf_counter()
    done = 0
    while done < count:
        now = time.perf_counter()
        if now - begun > PATIENCE_SECONDS:
            raise SystemExit(f"only {done} of {count} messages were handled in {PATIENCE_SECONDS:.0f} s")
        done = sum(struct.unpack("Q", file.read_bytes())[0] for file in files)
        if not done:
            start = now  # the clock runs from the last look at which nothing was done
        elif not memory or now - start - memory[-1][0] > 0.5:
            memory.append((now - start, max(node.memory_info().rss for node in nodes) / 1e6))
        time.sleep(TURN_SECONDS)
    return count / (time.perf_counter() - start), memory


@contextmanager
def running(*children: ChildSpec) -> Iterator[System]:
    system = System()
    root = launch(system, Supervisor.spec("root", list(children)))
    try:
        root.wait_started(timeout=60)
        yield system
    finally:
        root.stop()
        root.wait(timeout=60)
        system.close()


# --- together ---------------------------------------------------------------------------------------------------------


def run(options: Options) -> Outcome:
    """Both kinds of queue, each way in turn on the same server."""
    count = -(-(options.size or MESSAGES) // LIST) * LIST
    results: dict[str, float] = {}
    ratios: dict[str, float] = {}
    for queue_type, prefix in (("quorum", ""), ("classic", "classic_")):
        _measure(server(), queue_type, prefix, count, results, ratios)  # type: ignore[arg-type]
    return Outcome(results, ratios)


def _measure(
    server: Server, queue_type: QueueType, prefix: str, count: int, results: dict[str, float], ratios: dict[str, float]
) -> None:
    sample = min(PLAIN_MESSAGES, count)
    with server.queue(QUEUE):
        publishes = publish(server, queue_type, sample)
        plain_publishes = plain_pika.publish(server, QUEUE, [body(number) for number in range(PLAIN_PUBLISHES)])
        plain_before = plain_pika.consume(server, QUEUE, sample)
    with server.queue(QUEUE):
        publish(server, queue_type, count)
        messages, memory = consume(server, queue_type, count)
        if left := server.ready(QUEUE):
            raise SystemExit(f"{left} messages came back: they were counted and not acknowledged")
    with server.queue(QUEUE):
        publish(server, queue_type, sample)
        plain = (plain_before + plain_pika.consume(server, QUEUE, sample)) / 2
    early = max(1.0, min(FIRST_MINUTE_SECONDS, memory[-1][0] / 5))
    peak = max(megabytes for _, megabytes in memory)
    results |= {
        f"{prefix}messages_per_s": messages,
        f"{prefix}plain_messages_per_s": plain,
        f"{prefix}publishes_per_s": publishes,
        f"{prefix}plain_publishes_per_s": plain_publishes,
        f"{prefix}peak_rss_mb": peak,
        f"{prefix}rss_growth": peak / max(megabytes for seconds, megabytes in memory if seconds <= early),
    }
    ratios |= {
        f"{prefix}consume_vs_plain_pika": messages / plain,
        f"{prefix}publish_vs_plain_pika": publishes / plain_publishes,
    }
