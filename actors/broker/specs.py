"""From settings to child specs: which engine, which topology, which actors. Pure but for imports; any thread."""

from functools import reduce
from typing import Any

from actors.broker.config import ENGINES, BrokerConfig, OutboxConfig, scheme_of
from actors.broker.consumer import Consumer
from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.outbox.actor import Outbox
from actors.broker.port import Engine
from actors.broker.publisher import Publisher
from actors.broker.topology import BASE, Topology
from supervision.app import load
from supervision.backoff import Backoff
from supervision.config import Settings
from supervision.errors import ConfigError
from supervision.spec import ChildSpec
from supervision.supervisor import Supervisor

#: A broker that is down is tried again soon at first, then every few seconds.
BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)
#: With that backoff so many restarts take longer than the period: a disk that stays full for hours never ends the root.
INTENSITY, PERIOD_SECONDS = 20, 10.0

#: Longer lists bring nothing and make one transaction long.
MAX_BATCH = 1000


def supervisor(settings: Settings) -> ChildSpec:
    """The app's own branch: `/broker` with the publisher or, in its place, the outbox before it."""
    children = [publisher_spec(settings)]
    if (config := section(settings).outbox) is not None:
        children = [publisher_spec(settings, id="forwarder"), outbox_spec(outbox_engine(settings, config), config)]
    return Supervisor.spec("broker", children, intensity=INTENSITY, period=PERIOD_SECONDS)


def publisher_spec(settings: Settings, id: str = "publisher") -> ChildSpec:
    """The one publisher of this process. Raises ConfigError."""
    return ChildSpec(id=id, actor=Publisher, args=(engine_of(settings),), start="eventual", backoff=BACKOFF)


def outbox_spec(engine: EmbeddedEngine, config: OutboxConfig) -> ChildSpec:
    """The outbox, where everybody looks for the publisher."""
    return ChildSpec(id="publisher", actor=Outbox, args=(engine, config.max_bytes), start="eventual", backoff=BACKOFF)


def outbox_engine(settings: Settings, config: OutboxConfig) -> EmbeddedEngine:
    """The file that keeps what waits, without the queues of the outboxes themselves."""
    return EmbeddedEngine(settings.home / config.file, BASE, section(settings))


def consumer_spec(
    settings: Settings,
    id: str,
    queue: str,
    subscriber: str,
    prefetch: int | None = None,
    batch: int | None = None,
    declare: Topology | None = None,
    **fields: Any,
) -> ChildSpec:
    """A consumer of `queue` that casts lists of up to `batch` deliveries to the path `subscriber`.

    `prefetch` defaults to the section's, `batch` to half of it; `declare` is what only this consumer needs, such as its
    exclusive queue; `fields` override the child spec's. Raises ConfigError, TopologyConflict.
    """
    engine = engine_of(settings) if declare is None else engine_of(settings).with_topology(declare)
    window = prefetch or section(settings).prefetch
    size = min(window, MAX_BATCH, batch or max(1, window // 2))
    spec: dict[str, Any] = {"start": "eventual", "backoff": BACKOFF, **fields}
    return ChildSpec(id=id, actor=Consumer, args=(engine, queue, subscriber, window, size), **spec)


def engine_of(settings: Settings) -> Engine:
    """The engine that the URL asks for, with the topology of all apps. Raises ConfigError."""
    scheme = scheme_of(section(settings).url.get_secret_value())
    if scheme not in ENGINES:
        raise ConfigError(f"broker.url: no engine for the scheme {scheme!r}")
    engine: Engine = load(ENGINES[scheme])(settings, topology_of(settings))
    return engine


def topology_of(settings: Settings) -> Topology:
    """What all listed apps declare, and the dead letters. Raises ConfigError, TopologyConflict."""
    declared = [queues(settings) for app in settings.apps if (queues := app.load("queues")) is not None]
    topology = reduce(Topology.merge, declared, BASE)
    loose = topology.loose_ends()
    if loose:
        raise ConfigError("\n".join(f"broker topology: {line}" for line in loose))
    return topology


def section(settings: Settings) -> BrokerConfig:
    """This app's checked section; the defaults when the app is not listed."""
    try:
        found: BrokerConfig = settings.section("broker")
    except KeyError:
        return BrokerConfig.model_validate({})
    return found
