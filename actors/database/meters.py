"""What is counted about the database. One set per system, which outlives the pool's incarnations; any thread."""

import threading
from weakref import WeakKeyDictionary

from prometheus_client import Counter, Gauge, Histogram

from supervision import System

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters:
    """Not registered anywhere: `metrics.collector` shows them, once per root."""

    def __init__(self) -> None:
        self.acquire_seconds = Histogram(
            "rookery_database_acquire_seconds",
            "Time to get a connection and begin a transaction.",
            buckets=_BUCKETS,
            registry=None,
        )
        self.waiting = Gauge(
            "rookery_database_waiting", "Callers that wait for a connection or the write lock.", registry=None
        )
        self.unavailable = Counter(
            "rookery_database_unavailable", "Callers that were turned away, by reason.", ["reason"], registry=None
        )
        for reason in ("down", "exhausted", "busy", "lost"):
            self.unavailable.labels(reason)


_meters: WeakKeyDictionary[System, Meters] = WeakKeyDictionary()
_lock = threading.Lock()


def meters_of(system: System) -> Meters:
    """The meters of this system, made when first asked for: callers are counted while there is no pool, too."""
    with _lock:
        found = _meters.get(system)
        if found is None:
            found = _meters[system] = Meters()
        return found
