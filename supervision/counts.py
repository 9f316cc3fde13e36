"""What happened since the system was made, as plain numbers: the part of the metrics that no snapshot can tell.

Hears events in whatever thread they happen in. Counters outlive the rules, children and web servers they are about.
"""

import threading
from collections import Counter

from supervision.events import ChildAbandoned, DeadLetter, Event, EventHub, FaultInjected, LimitReached


class Counts:
    """Counters by path (or by kind, for faults). Reading a copy is safe from any thread."""

    def __init__(self, events: EventHub) -> None:
        self._lock = threading.Lock()
        self._dead_letters: Counter[str] = Counter()
        self._escalations: Counter[str] = Counter()
        self._abandoned: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        events.subscribe(self._count)

    def dead_letters(self) -> dict[str, int]:
        """By path of the receiver."""
        return self._copy(self._dead_letters)

    def escalations(self) -> dict[str, int]:
        """Times a supervisor gave up, or parked a child, by its path."""
        return self._copy(self._escalations)

    def abandoned(self) -> dict[str, int]:
        """Incarnations that did not stop in time, by path."""
        return self._copy(self._abandoned)

    def faults(self) -> dict[str, int]:
        """Injected faults that struck, by kind."""
        return self._copy(self._faults)

    def _copy(self, counter: Counter[str]) -> dict[str, int]:
        with self._lock:
            return dict(counter)

    def _count(self, event: Event) -> None:
        with self._lock:
            match event:
                case DeadLetter():
                    self._dead_letters[event.path] += 1
                case LimitReached():
                    self._escalations[event.path] += 1
                case ChildAbandoned():
                    self._abandoned[event.path] += 1
                case FaultInjected(leashed=False):
                    self._faults[event.kind] += 1
