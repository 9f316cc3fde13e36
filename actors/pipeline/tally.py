"""What one stage did so far, as plain numbers. Written by the stage's own thread, read by any, without asking it.

A reader may see a chunk half counted; totals are never lost. The workload is the share of the time since the end of the
chunk before the last in which the stage worked: a stage that has nothing to do is seen to do less and less.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Times are monotonic seconds; counts are of messages, except `chunks`."""

    started_at: float = 0.0
    ended_at: float = 0.0
    cycle_at: float = 0.0
    worked_seconds: float = 0.0
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
        self.cycle_at = self.ended_at or self.started_at
        self.worked_seconds = now - self.started_at
        self.ended_at = now
        self.chunks += 1
        self.successful += successful
        self.failed += failed

    def workload(self, now: float) -> float:
        """0 to 1."""
        at_work = self.started_at > self.ended_at
        since = (self.ended_at or self.started_at) if at_work else self.cycle_at
        worked = now - self.started_at if at_work else self.worked_seconds
        return min(1.0, worked / (now - since)) if now > since else 0.0


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

    def workloads(self, now: float) -> dict[str, float]:
        """The share of its time in which each stage works, 0 to 1."""
        return {path: tally.workload(now) for path, tally in self.all().items()}
