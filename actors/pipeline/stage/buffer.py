"""A producer's buffer: events that nobody has asked for yet, and notes that keep their place among them. Pure.

It holds lists, not single events, so that storing and taking cost per list. Notes take no room and are never dropped:
when the events before one are discarded, it has reached the front, and is handed out at once.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from actors.pipeline.stage.errors import StageError

Keep = Literal["first", "last"]

#: Longest list kept in one piece; taking a few events off a long one would copy the rest each time.
PIECE = 512


@dataclass(frozen=True, slots=True)
class Note:
    """A message that waits among the events."""

    message: Any


class Buffer:
    """At most `size` events (None: no bound); when it overflows it keeps the `first` or the `last` ones."""

    __slots__ = ("_runs", "count", "keep", "size")

    def __init__(self, size: int | None, keep: Keep = "last") -> None:
        if size is not None and (type(size) is not int or size < 0):
            raise StageError(f"the buffer's size is a whole number >= 0, or None, not {size!r}", field="buffer_size")
        if keep not in ("first", "last"):
            raise StageError(f"the buffer keeps the first or the last, not {keep!r}", field="buffer_keep")
        self.size = size
        self.keep = keep
        self.count = 0
        self._runs: deque[list[Any] | Note] = deque()

    def __bool__(self) -> bool:
        return bool(self._runs)

    def store(self, events: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Append; returns (events discarded, messages of notes that lost all events before them)."""
        overflow = 0 if self.size is None else max(0, self.count + len(events) - self.size)
        if overflow and self.keep == "first":
            kept = len(events) - overflow if overflow < len(events) else 0
            self._append(events[:kept])
            return list(events[kept:]), []
        self._append(events)
        return self._take(overflow) if overflow else ([], [])

    def note(self, message: Any) -> bool:
        """Queue `message` behind all events; False when there are none, so it is due now."""
        if not self._runs:
            return False
        self._runs.append(Note(message))
        return True

    def give_back(self, events: Sequence[Any]) -> None:
        """Put events to the front that had left already. The bound does not count: they were asked for."""
        if events:
            self._runs.appendleft(list(events))
            self.count += len(events)

    def take(self, count: int) -> tuple[list[Any], list[Any]]:
        """Up to `count` events, but none from behind a note; and the messages of the notes that follow at once."""
        taken: list[Any] = []
        while self._runs and len(taken) < count and not isinstance(self._runs[0], Note):
            taken += self._take_run(count - len(taken))
        return taken, self._due()

    def runs(self) -> list[list[Any]]:
        """What waits, in pieces, without the notes; for a look from any thread."""
        return [run for run in list(self._runs) if not isinstance(run, Note)]

    def clear(self) -> list[Any]:
        """Everything, without the notes."""
        held = [event for run in self._runs if not isinstance(run, Note) for event in run]
        self._runs.clear()
        self.count = 0
        return held

    def _append(self, events: Sequence[Any]) -> None:
        for start in range(0, len(events), PIECE):
            self._runs.append(list(events[start : start + PIECE]))
        self.count += len(events)

    def _take(self, count: int) -> tuple[list[Any], list[Any]]:
        """`count` events from the front, past any notes; the notes left at the front go with them."""
        taken: list[Any] = []
        notes: list[Any] = []
        while len(taken) < count:
            events, due = self.take(count - len(taken))
            taken += events
            notes += due
        return taken, notes

    def _take_run(self, count: int) -> list[Any]:
        run = self._runs.popleft()
        assert not isinstance(run, Note)
        if len(run) > count:
            self._runs.appendleft(run[count:])
            run = run[:count]
        self.count -= len(run)
        return run

    def _due(self) -> list[Any]:
        due: list[Any] = []
        while self._runs and isinstance(note := self._runs[0], Note):
            due.append(note.message)
            self._runs.popleft()
        return due
