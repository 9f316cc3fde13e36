"""Restart intensity: OTP's sliding window as a function of values. No clock and no thread inside.

A supervisor tolerates `intensity` restarts within any `period_seconds`; one more and it gives up. The boundary is
inclusive: two restarts exactly `period_seconds` apart count together (OTP `supervisor`, `add_restart`, but
with real seconds where OTP floors to whole ones).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """`intensity` restarts (>= 0) are tolerated within `period_seconds` (> 0)."""

    intensity: int
    period_seconds: float

    def add(self, times: tuple[float, ...], now: float) -> tuple[tuple[float, ...], bool]:
        """Count a restart at `now` (monotonic seconds). Returns the times in the window and whether to give up."""
        times = (*self._recent(times, now), now)
        return times, len(times) > self.intensity

    def left(self, times: tuple[float, ...], now: float) -> int:
        """How many more restarts would be tolerated at `now`."""
        return max(0, self.intensity - len(self._recent(times, now)))

    def _recent(self, times: tuple[float, ...], now: float) -> tuple[float, ...]:
        return tuple(time for time in times if time >= now - self.period_seconds)
