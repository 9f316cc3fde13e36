"""Measuring several ways of doing one thing in turns, so that whatever else the machine does hits all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

MINIMUM_ROUNDS = 3


def alternately(ways: Mapping[str, Callable[[], float]], seconds: float) -> dict[str, float]:
    """The median figure of each way. Rounds, one figure of each per round, go on for `seconds` per way."""
    figures: dict[str, list[float]] = {name: [] for name in ways}
    deadline = time.perf_counter() + seconds * len(ways)
    rounds = 0
    while rounds < MINIMUM_ROUNDS or time.perf_counter() < deadline:
        for name, measure in ways.items():
            figures[name].append(measure())
        rounds += 1
    return {name: statistics.median(values) for name, values in figures.items()}


def percentile(values: list[float], percent: int) -> float:
    """The value that `percent` of the values do not exceed, interpolated; needs at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
