"""A queue, or several in lanes, as the source of a pipeline: what its producers share, and the actors beside them.

source = BrokerSource(settings, BrokerOptions("email.events"))
pipeline options: producer = {"actor": BrokerProducer, "args": (source,), "concurrency": 2}

Values and child specs; any thread. One source serves one pipeline.
"""

from actors.broker.port import Engine
from actors.broker.specs import BACKOFF, INTENSITY, PERIOD_SECONDS, engine_of
from actors.pipeline.connector.consumer import PipelineConsumer
from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.keeper import Keeper, Working
from actors.pipeline.connector.messages import CONNECTOR, CONSUMER, CONSUMERS, KEEPER, RETRIER
from actors.pipeline.connector.options import BrokerOptions
from actors.pipeline.connector.prefetch import HEADROOM, list_size_for, prefetch_for
from actors.pipeline.connector.retrier import Retrier
from actors.pipeline.options import PipelineOptions
from supervision.config import Settings
from supervision.errors import ConfigError
from supervision.spec import ChildSpec
from supervision.supervisor import Supervisor


class BrokerSource:
    """Made before the pipeline starts; it outlives every restart in it. Raises ConfigError, WrongOption."""

    def __init__(self, settings: Settings, options: BrokerOptions, engine: Engine | None = None) -> None:
        self.settings = settings
        self.options = options
        self.engine = engine
        self.counters = Counters()
        self.working = Working()
        database = any(app.name == "database" for app in settings.apps)
        if options.window is not None and not database:
            raise ConfigError("a window for copies needs the database: list actors.database under `apps`")
        self.keeps = database and options.needs_database

    def supervisor(self) -> ChildSpec:
        """The branch of the pipeline in which the connector's actors run; consumers are added by their producers.

        The order matters for the stop: the last settlements pass the retrier, then the keeper, then a consumer.
        """
        children = [Supervisor.spec(CONSUMERS, [], intensity=INTENSITY, period=PERIOD_SECONDS)]
        if self.keeps:
            args = (self.counters, self.options.window, self.options.deaths, self.working)
            children.append(ChildSpec(id=KEEPER, actor=Keeper, args=args, backoff=BACKOFF))
        children.append(ChildSpec(id=RETRIER, actor=Retrier, args=(self.counters, self.keeps), backoff=BACKOFF))
        return Supervisor.spec(CONNECTOR, children, intensity=INTENSITY, period=PERIOD_SECONDS)

    def consumers(self, number: int, subscriber: str, pipeline: PipelineOptions) -> list[ChildSpec]:
        """One for each queue of the producer with this number (from 1), which runs at `subscriber`."""
        options = self.options.of(number)
        prefetch = options.prefetch or prefetch_of(pipeline, len(options.by_queue))
        share = max(1, prefetch // len(options.by_queue))
        batch = options.batch or list_size_for(share)
        engine = self.engine or engine_of(self.settings)
        made = []
        for queue, lane in options.by_queue.items():
            id = f"{CONSUMER}-{number}" + (f"-{lane.id}" if lane.id else "")
            args = (engine, queue, subscriber, share, batch)
            made.append(ChildSpec(id=id, actor=PipelineConsumer, args=args, start="eventual", backoff=BACKOFF))
        return made


def prefetch_of(pipeline: PipelineOptions, lanes: int = 1) -> int:
    """Worked out from what the stages of a pipeline ask for; divided, it is still all that they may ask for at once."""
    processors = pipeline.processors
    batchers = []
    for batcher in pipeline.batchers.values():
        size = batcher.batch_size if isinstance(batcher.batch_size, int) else batcher.demand
        batchers.append((size, batcher.concurrency))
    demand = processors.max_demand or 1
    headroom = max(HEADROOM, lanes)
    return prefetch_for(processors.concurrency, demand, batchers, pipeline.producer.concurrency, headroom)
