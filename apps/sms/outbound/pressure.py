"""How much a carrier is given at once: all that its links take, less after it said "too fast". Pure; no clock inside.

The rule of TCP (RFC 5681) for windows: halved by a throttle answer, grown by one piece for each window that is taken
without one. In between nothing is sent for as long as the carrier asked, or for a pause that doubles from throttle to
throttle. A throttle that answers a piece sent before the last one was heard of is the same throttle: pieces in flight
do not halve it again. Times are monotonic seconds.
"""

from dataclasses import dataclass

MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.5, 60.0


@dataclass(slots=True)
class Pressure:
    """Of one carrier. `share` is the part of its window that it is given, and never less than a piece."""

    share: float = 1.0
    resume_at: float = 0.0
    throttles: int = 0
    _pause: float = MIN_PAUSE_SECONDS
    _throttled_at: float = float("-inf")

    def throttled(self, now: float, handed_at: float, retry_after_seconds: float | None = None) -> None:
        """It answered "too fast" to a piece that left at `handed_at`."""
        self.throttles += 1
        if handed_at >= self._throttled_at:
            self.share /= 2
            self._throttled_at = now
            self.resume_at = now + self._pause
            self._pause = min(self._pause * 2, MAX_PAUSE_SECONDS)
        if retry_after_seconds is not None:
            self.resume_at = max(self.resume_at, now + min(retry_after_seconds, MAX_PAUSE_SECONDS))

    def accepted(self, pieces: int, window: int) -> None:
        """It took so many pieces; `window` is what all its links take at once."""
        if self.share >= 1.0 or not window:
            return
        size = max(1.0, self.share * window)
        self.share = min(1.0, (size + pieces / size) / window)
        if self.share >= 1.0:
            self._pause = MIN_PAUSE_SECONDS

    def allowed(self, now: float, window: int) -> int:
        """Pieces it may have in hand now."""
        if not window or now < self.resume_at:
            return 0
        return max(1, int(self.share * window))

    def slowed(self, now: float) -> bool:
        return self.share < 1.0 or now < self.resume_at
