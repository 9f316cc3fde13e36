"""Has another machine's clock jumped ahead? Judged by our own monotonic clock, with an anchor that is renewed. Pure.

Not guaranteed: a jump before the first look, and one smaller than the tolerance, stay unseen.
"""

from actors.pipeline.rates.window import SECOND_US

#: An anchor is kept for so long; then a new one is dropped, lest slow drift look like a jump.
ANCHOR_SECONDS = 60.0
TOLERANCE_SECONDS = 0.01
#: Clocks are slewed by up to 500 ppm; twice that is no jump.
DRIFT = 0.001


class Steps:
    """What one observer knows of one clock. One thread."""

    def __init__(self) -> None:
        self._anchor: tuple[int, float] | None = None

    def jumped(self, now_us: int, asked_at: float, answered_at: float) -> bool:
        """Whether the clock that showed `now_us` between the two own moments (monotonic seconds) ran ahead."""
        if self._anchor is None:
            self._anchor = (now_us, asked_at)
            return False
        since_us, since = self._anchor
        own_seconds = answered_at - since
        ahead = (now_us - since_us) / SECOND_US - own_seconds
        if ahead > TOLERANCE_SECONDS + DRIFT * own_seconds:
            self._anchor = (now_us, asked_at)
            return True
        if own_seconds > ANCHOR_SECONDS or now_us < since_us:
            self._anchor = (now_us, asked_at)
        return False
