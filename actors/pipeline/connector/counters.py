"""What a pipeline's connector did so far, as plain numbers: written by its actors and stages, read by any thread."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Counts of messages since the start of the pipeline; a restarted producer goes on with them.

    Attributes:
        stale: came with an earlier session of the consumer, and were not worked on; the queue delivers them again.
        untold: settlements that reached nobody since the consumer was gone; the queue delivers them again.
        copies: acknowledged unhandled, since they were handled within the window.
        busy: sent back for a while, since somebody else is handling the same.
        postponed: sent back for a while, since the database or the broker was needed for them and did not work.
    """

    received: int = 0
    emitted: int = 0
    acked: int = 0
    rejected: int = 0
    requeued: int = 0
    retried: int = 0
    quarantined: int = 0
    copies: int = 0
    busy: int = 0
    taken_over: int = 0
    alone: int = 0
    deaths: int = 0
    postponed: int = 0
    stale: int = 0
    untold: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, name: str, count: int = 1) -> None:
        """Any thread; call it once per list."""
        if count:
            with self._lock:
                setattr(self, name, getattr(self, name) + count)

    def __reduce__(self) -> tuple[type["Counters"], tuple[int, ...]]:
        """A pipeline travels into its node with its counters, but for the lock."""
        return Counters, tuple(self.snapshot().values())

    def snapshot(self) -> dict[str, int]:
        """All of them, at one moment."""
        with self._lock:
            names = [name for name in self.__slots__ if not name.startswith("_")]
            return {name: getattr(self, name) for name in names}
