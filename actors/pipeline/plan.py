"""What all stages of one running pipeline share: options, names, limiter, tallies, holdings, the drain.

Made anew whenever the pipeline's supervisor starts, so its counters begin at zero then. Any thread.
"""

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actors.pipeline.errors import NotRunning
from actors.pipeline.holdings import Holdings
from actors.pipeline.limiter import Limiter
from actors.pipeline.options import BatcherOptions, PipelineOptions
from actors.pipeline.rates.wiring import limiter_of
from actors.pipeline.tally import Tallies
from supervision.system import System


@dataclass(frozen=True, slots=True)
class Layer:
    """Stages of one kind: their key and how many there are."""

    name: str
    concurrency: int


@dataclass(frozen=True, slots=True)
class BatcherLayer:
    """One batcher and its batch processors, by their paths."""

    name: str
    batcher: str
    concurrency: int
    batch_processors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """The stages of a pipeline, by their paths."""

    producers: tuple[str, ...]
    processors: tuple[str, ...]
    batchers: tuple[BatcherLayer, ...]

    @property
    def last(self) -> tuple[str, ...]:
        """The stages that acknowledge successes: when they are done, all is."""
        if not self.batchers:
            return self.processors
        return tuple(path for layer in self.batchers for path in layer.batch_processors)

    @property
    def stages(self) -> tuple[str, ...]:
        return (
            *self.producers,
            *self.processors,
            *(path for layer in self.batchers for path in (layer.batcher, *layer.batch_processors)),
        )

    def around(self, batcher: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Who deals out, and to whom: producers to processors, or this batcher to its batch processors."""
        if batcher is None:
            return self.producers, self.processors
        (layer,) = (layer for layer in self.batchers if layer.name == batcher)
        return (layer.batcher,), layer.batch_processors


def numbered(base: str, name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{base}/{name}-{number}" for number in range(1, count + 1))


def topology_of(path: str, options: PipelineOptions) -> Topology:
    """Where the stages of the pipeline at `path` are."""
    return Topology(
        numbered(f"{path}/producers", "producer", options.producer.concurrency),
        numbered(f"{path}/processors", "processor", options.processors.concurrency),
        tuple(_batcher(path, name, batcher) for name, batcher in options.batchers.items()),
    )


def _batcher(path: str, name: str, options: BatcherOptions) -> BatcherLayer:
    base = f"{path}/batchers/{name}"
    paths = numbered(f"{base}/batch-processors", "batch-processor", options.concurrency)
    return BatcherLayer(name, f"{base}/batcher", options.concurrency, paths)


class Plan:
    """One per running pipeline. Attributes are set once, but for the drain's and those of `resize`."""

    def __init__(self, path: str, options: PipelineOptions, system: System) -> None:
        self.path = path
        self.options = options
        self.clock = system.clock
        self.topology = topology_of(path, options)
        self.tallies = Tallies()
        self.holdings = Holdings()
        self.limiter = _limiter(options, system)
        self.draining = threading.Event()
        self.resizing = threading.Lock()
        #: Whose partitions are being handed over: names of batchers, None for the processors.
        self.handovers: set[str | None] = set()
        #: Paths of stages of the last layer that are done, and the `Down`s of those that are gone.
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.shutdown_seconds = options.shutdown_seconds
        self._deadline = float("inf")
        self._changing = threading.Lock()
        for stage in self.topology.stages:
            self.tallies.of(stage)

    def resize(self, processors: int | None = None, batchers: Mapping[str, int] | None = None) -> None:
        """Other numbers of stages; those that are too many or missing are somebody else's business.

        Raises NotRunning in a drain, for which the stages are counted already.
        """
        options = self.options
        if processors is not None:
            layer = options.processors.model_copy(update={"concurrency": processors})
            options = options.model_copy(update={"processors": layer})
        for name, count in (batchers or {}).items():
            layers = {**options.batchers, name: options.batchers[name].model_copy(update={"concurrency": count})}
            options = options.model_copy(update={"batchers": layers})
        with self._changing:
            if self.draining.is_set():
                raise NotRunning(f"{self.path} drains")
            self.options, self.topology = options, topology_of(self.path, options)

    def size_of(self, batcher: str | None) -> int:
        """How many batch processors this batcher has; for None how many processors there are."""
        return (self.options.processors if batcher is None else self.options.batchers[batcher]).concurrency

    def begin_drain(self, now: float) -> None:
        """`now` is real monotonic seconds: what a user's thread does at its end is not on a test's clock."""
        with self._changing:
            self._deadline = now + self.shutdown_seconds
            self.draining.set()

    def remaining(self, now: float) -> float:
        """Seconds that the whole stop may still take; infinite when there is none."""
        return max(0.0, self._deadline - now)


def _limiter(options: PipelineOptions, system: System) -> Limiter | None:
    if options.producer.limiter is not None:
        made: Limiter = options.producer.limiter()
        return made
    rate = options.producer.rate_limiting
    return None if rate is None else limiter_of(rate, system)
