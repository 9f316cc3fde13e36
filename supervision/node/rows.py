"""How a tree inside a node has changed since it was last told, as values. Pure; any thread.

What cannot travel stays behind: the live actor becomes a `Sample`, an exception its name and text.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from supervision.events import Event
from supervision.node.messages import Rows, Sample
from supervision.reasons import Reason, portable
from supervision.tree import Row


class Told:
    """What the root knows by now."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._samples: dict[str, Sample] = {}

    def news(self, rows: Iterable[Row]) -> Rows | None:
        """The difference to what was told before, None when there is none; it counts as told now."""
        now = {row.path: row for row in rows}
        samples = {path: sample(row) for path, row in now.items()}
        told = Rows(
            changed=tuple(replace(row, live=None) for path, row in now.items() if self._rows.get(path) != row),
            gone=tuple(path for path in self._rows if path not in now),
            samples={path: one for path, one in samples.items() if self._samples.get(path) != one},
        )
        self._rows, self._samples = now, samples
        return told if told.changed or told.gone or told.samples else None


def sample(row: Row) -> Sample:
    """What the row's actor shows at this moment."""
    live: Any = row.live
    if live is None:
        return Sample()
    system, user = live.depth()
    return Sample(system, user, live.handled, live.busy_since, getattr(live, "forgets_the_dead", False), live.suspended)


def travelling(event: Event) -> Event:
    """The event with its reason fit for another process."""
    reason: Reason | None = getattr(event, "reason", None)
    return replace(event, reason=portable(reason)) if isinstance(reason, Reason) else event  # type: ignore[call-arg]
