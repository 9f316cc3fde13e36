"""Where permits come from: this process alone here, the database for all in `shared`. Its limiter's lock guards it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from actors.pipeline.rates.keyed import KeyedWindows
from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.window import SECOND_US, Rate, changed


class Source(Protocol):
    """Charges permits. Raises Unavailable when nobody can be asked; then nothing is granted."""

    @property
    def rate(self) -> Rate:
        """The figures, as last known."""

    def take(self, wanted: Mapping[str, Sequence[int]]) -> Permits:
        """Raises TooDear, Unavailable."""

    def change(self, allowed: int | None, interval_seconds: float | None) -> None:
        """Other figures, from the next permit on. Raises ValueError, Unavailable."""

    def reset(self) -> None:
        """Forget what was charged. Raises ValueError where that would break a promise to others."""


class LocalSource:
    """The windows of this process. Permits do not expire: nobody else's clock is concerned."""

    def __init__(self, rate: Rate, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._windows = KeyedWindows(rate)
        self._monotonic = monotonic

    @property
    def rate(self) -> Rate:
        return self._windows.rate

    def take(self, wanted: Mapping[str, Sequence[int]]) -> Permits:
        now_us = round(self._monotonic() * SECOND_US)
        taken = {key: self._windows.take(key, costs, now_us) for key, costs in wanted.items()}
        return Permits(
            {key: one.passed for key, one in taken.items()},
            {key: one.wait_us / SECOND_US for key, one in taken.items()},
            float("inf"),
        )

    def change(self, allowed: int | None, interval_seconds: float | None) -> None:
        self._windows.rate = changed(self.rate, allowed, interval_seconds)

    def reset(self) -> None:
        self._windows = KeyedWindows(self.rate)
