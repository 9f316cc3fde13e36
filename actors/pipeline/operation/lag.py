"""How old messages are when they are done: one set of figures per system, fed by the pipelines' own events.

The age is now minus the `timestamp` that a message brought along, of the oldest message of each chunk or batch when its
stage has acknowledged it. Messages without a timestamp have no age. Any thread.
"""

import threading
from weakref import WeakKeyDictionary

from prometheus_client import Histogram

from actors.pipeline.events import BatchStop, ProcessorStop
from supervision import System
from supervision.events import Event

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)


class Lags:
    """Of all pipelines of one process."""

    def __init__(self) -> None:
        self.seconds = Histogram(
            "rookery_pipeline_lag_seconds",
            "Age of the oldest message of each chunk or batch when it was done.",
            ["pipeline"],
            buckets=BUCKETS,
            registry=None,
        )
        self.latest: dict[str, float] = {}

    def heard(self, event: Event) -> None:
        """In the thread of the stage that has just acknowledged."""
        match event:
            case BatchStop(pipeline=pipeline, oldest_seconds=float(age)):
                self._note(pipeline, age)
            case ProcessorStop(pipeline=pipeline, oldest_seconds=float(age), to_forward=forwarded) if not forwarded:
                self._note(pipeline, age)

    def _note(self, pipeline: str, age: float) -> None:
        self.seconds.labels(pipeline).observe(max(0.0, age))
        self.latest[pipeline] = age


_lags: WeakKeyDictionary[System, Lags] = WeakKeyDictionary()
_lock = threading.Lock()


def lags_of(system: System) -> Lags:
    """The figures of this system; they begin when first asked for."""
    with _lock:
        found = _lags.get(system)
        if found is None:
            found = _lags[system] = Lags()
            system.events.subscribe(found.heard)
        return found
