"""Between which moments true time lies, for calendar windows. Pure; one thread.

The monotonic clock runs evenly; only its distance to the wall's clock can be wrong. Every distance that was read within
the last day is believed to be possibly the true one, so true time lies between the least and the greatest: a clock that
is set back reopens no used day, one that is set forward opens the next day no earlier than the old reading allows. A
reading that has been contradicted for a day is forgotten.

Not provable: that the wall's clock was right when its holder began, and that it is right after a day of one opinion.
"""

from collections import deque

HOUR_US = 3_600_000_000
#: How long a reading is believed after it was last made.
TRUST_US = 24 * HOUR_US


class Wall:
    """All readings of one holder's life, an hour of them in one line: [forgotten at, least, greatest]."""

    def __init__(self, mono_us: int, wall_us: int) -> None:
        self._readings: deque[list[int]] = deque()
        self._hour_ends = mono_us
        self._distance = self.least = self.greatest = wall_us - mono_us
        self.note(mono_us, wall_us)

    def note(self, mono_us: int, wall_us: int) -> None:
        """What both clocks show."""
        distance = self._distance = wall_us - mono_us
        if mono_us >= self._hour_ends:
            self._begin_hour(mono_us, distance)
            return
        hour = self._readings[-1]
        if distance < hour[1]:
            hour[1] = distance
            self.least = min(self.least, distance)
        elif distance > hour[2]:
            hour[2] = distance
            self.greatest = max(self.greatest, distance)

    def at(self, mono_us: int) -> tuple[int, int]:
        """The earliest and the latest that it may be at a moment, now or later, if no clock is set until then."""
        if mono_us < self._readings[0][0]:
            return mono_us + self.least, mono_us + self.greatest
        believed = [reading for reading in self._readings if reading[0] > mono_us]
        least = min([self._distance, *(reading[1] for reading in believed)])
        return mono_us + least, mono_us + max([self._distance, *(reading[2] for reading in believed)])

    def next_forgotten_us(self, mono_us: int) -> int:
        """When the oldest reading that is still believed at that moment is forgotten."""
        return min((reading[0] for reading in self._readings if reading[0] > mono_us), default=mono_us + HOUR_US)

    def _begin_hour(self, mono_us: int, distance: int) -> None:
        self._hour_ends = mono_us + HOUR_US
        while self._readings and self._readings[0][0] <= mono_us:
            self._readings.popleft()
        self._readings.append([self._hour_ends + TRUST_US, distance, distance])
        self.least = min(reading[1] for reading in self._readings)
        self.greatest = max(reading[2] for reading in self._readings)
