"""What one stage did so far, as plain numbers. Written by the stage's own thread, read by any, without asking it.

A reader may see a chunk half counted; totals are never lost. The workload is the share of the time between the end of
the chunk before and the end of this one in which the stage worked.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Times are monotonic seconds; counts are of messages, except `chunks`."""

    started_at: float = 0.0
    ended_at: float = 0.0
    workload: float = 0.0
    chunks: int = 0
    successful: int = 0
    failed: int = 0
    requeued: int = 0
    unaccounted: int = 0
    ack_errors: int = 0
    dropped: int = 0

    def begin(self, now: float) -> None:
        self.started_at = now

    def end(self, now: float, successful: int = 0, failed: int = 0) -> None:
        whole = now - self.ended_at if self.ended_at else now - self.started_at
        self.workload = min(1.0, (now - self.started_at) / whole) if whole > 0 else 0.0
        self.ended_at = now
        self.chunks += 1
        self.successful += successful
        self.failed += failed


class Tallies:
    """The tallies of one pipeline by the path of the stage; a restarted stage goes on with the tally of its path."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def of(self, path: str) -> Tally:
        return self._tallies.setdefault(path, Tally())

    def all(self) -> dict[str, Tally]:
        return dict(self._tallies)

    def total(self, field: str) -> int:
        return sum(getattr(tally, field) for tally in self.all().values())

    def workloads(self) -> dict[str, float]:
        """The share of its time in which each stage works, 0 to 1."""
        return {path: tally.workload for path, tally in self.all().items()}
