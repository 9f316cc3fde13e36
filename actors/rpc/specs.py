"""From settings to child specs: the client of a process, the server of a service. Pure but for imports; any thread.

/rpc              client, consumer of the replies
/people/rpc       consumer of `rpc.people`, server, workers/worker-1..n     (wherever an app puts it)
"""

import uuid
from collections import Counter
from functools import partial
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from actors.broker import Queue, Topology
from actors.broker.consumer import Consumer
from actors.broker.specs import BACKOFF, INTENSITY, PERIOD_SECONDS, consumer_spec, engine_of
from actors.rpc import contract
from actors.rpc.client import CLIENT, Client
from actors.rpc.config import RpcConfig
from actors.rpc.server import Server
from actors.rpc.worker import Worker
from supervision import Backoff, ChildSpec, Supervisor
from supervision.config import Settings

#: Replies wait nowhere long; the client empties its queue at once.
REPLY_PREFETCH = 1000
WORKER_BACKOFF = Backoff(min_seconds=0.05, max_seconds=5.0, stable_after_seconds=10.0)


def supervisor(settings: Settings) -> ChildSpec:
    """The app's own branch, in every process: `/rpc` with the client."""
    config = section(settings)
    client = ChildSpec(id="client", actor=Client, args=(config.max_timeout_seconds, Counter()))
    replies = ChildSpec(id="replies", actor=partial(_reply_consumer, settings), start="eventual", backoff=BACKOFF)
    return Supervisor.spec("rpc", [client, replies], intensity=INTENSITY, period=PERIOD_SECONDS)


def _reply_consumer(settings: Settings) -> Consumer:
    """In each of its lives on a queue of its own: the broker may not know yet that the one before is gone."""
    queue = Queue(f"rpc.reply.{uuid.uuid4().hex}", dead_letter_exchange=None, exclusive=True)
    engine = engine_of(settings).with_topology(Topology(queues=(queue,)))
    return Consumer(engine, queue.name, CLIENT, REPLY_PREFETCH, REPLY_PREFETCH)


def server_spec(
    settings: Settings, handlers: Any, path: str, instance: str = "", id: str = "rpc", concurrency: int | None = None
) -> ChildSpec:
    """A branch that serves the contract of the class `handlers`; it will stand at `path`, whose last segment is `id`.

    With an `instance` it answers to `service.instance` alone; `concurrency` is the section's unless given. Raises
    WrongContract.
    """
    service: ServiceDescriptor = handlers.contract
    contract.check(service, handlers)
    config = section(settings)
    width = concurrency or config.concurrency
    name = f"{contract.name_of(service)}.{instance}" if instance else contract.name_of(service)
    server = ChildSpec(id="server", actor=partial(_server, handlers, config), args=(Counter(),))
    # Stopped from the right: the workers finish, the server replies, the consumer returns the rest.
    children = [
        _consumer(settings, name, path, width),
        server,
        _workers(settings, handlers, f"{path}/server", width),
    ]
    return Supervisor.spec(id, children, intensity=INTENSITY, period=PERIOD_SECONDS)


def _server(handlers: Any, config: RpcConfig, counts: Counter[str]) -> Server:
    """By its class, because a descriptor cannot travel into a node."""
    return Server(handlers.contract, config.max_skew_seconds, counts)


def _workers(settings: Settings, handlers: Any, server: str, width: int) -> ChildSpec:
    config = section(settings)
    workers = [
        ChildSpec(
            id=f"worker-{number}",
            actor=Worker,
            args=(settings, handlers, server),
            backoff=WORKER_BACKOFF,
            watchdog=config.max_timeout_seconds + config.max_skew_seconds,
        )
        for number in range(1, width + 1)
    ]
    return Supervisor.spec("workers", workers, intensity=INTENSITY, period=PERIOD_SECONDS)


def _consumer(settings: Settings, name: str, path: str, width: int) -> ChildSpec:
    """Holds as much as the workers can run. The queue vanishes soon after its last consumer: nobody is there then."""
    config = section(settings)
    queue = Queue(contract.queue_of(name), dead_letter_exchange=None, expires_seconds=config.linger_seconds)
    own = Topology(queues=(queue,))
    return consumer_spec(settings, "consumer", queue.name, f"{path}/server", prefetch=width, batch=width, declare=own)


def section(settings: Settings) -> RpcConfig:
    """This app's checked section; the defaults when the app is not listed."""
    try:
        found: RpcConfig = settings.section("rpc")
    except KeyError:
        return RpcConfig.model_validate({})
    return found
