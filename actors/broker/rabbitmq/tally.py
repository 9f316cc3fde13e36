"""What this process did with the queues of one RabbitMQ, which does not count it for us. Any thread.

Counted from the start of the process on, as Prometheus expects of a counter; another process has its own.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache


class Tally:
    """Totals by queue: acked, dead_lettered, dropped, stale_tags; and what reached no queue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._unroutable = 0

    def add(self, queue: str, name: str, count: int) -> None:
        with self._lock:
            self._totals[queue][name] += count

    def add_unroutable(self, count: int) -> None:
        with self._lock:
            self._unroutable += count

    def totals(self, queue: str) -> Mapping[str, int]:
        with self._lock:
            return dict(self._totals[queue]) if queue in self._totals else {}

    def unroutable(self) -> int:
        with self._lock:
            return self._unroutable


@cache
def tally_of(where: str) -> Tally:
    """The one of this process for a broker: an engine is made anew for every use."""
    return Tally()
