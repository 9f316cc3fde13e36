"""How many messages of one producer are under way in the pipeline; tells when there are none. Any thread."""

import threading
from collections.abc import Callable


class Flow:
    """Counts up in the producer's thread and down in the threads of the stages."""

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._open = 0
        self._awaited = False

    @property
    def open(self) -> int:
        return self._open

    def opened(self, count: int) -> None:
        with self._lock:
            self._open += count

    def closed(self, count: int) -> None:
        """So many were settled or given back."""
        with self._lock:
            self._open -= count
            tell = self._awaited and self._open <= 0
            if tell:
                self._awaited = False
        if tell:
            self._tell()

    def await_idle(self) -> bool:
        """True if nothing is open now; otherwise it will be told, once."""
        with self._lock:
            self._awaited = self._open > 0
            return not self._awaited
