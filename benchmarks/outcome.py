"""What a benchmark is asked for and what it answers."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """`size` is the number of things measured, `seconds` the time for one measurement; each benchmark has defaults."""

    size: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Absolute figures, and their ratios to what was measured beside them in the same run.

    `series` are figures over time, `(seconds, value)` by a name that says the unit: what a chart of the run shows.
    """

    results: dict[str, float]
    ratios: dict[str, float]
    series: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)


def report(name: str, outcome: Outcome) -> dict[str, Any]:
    """One object per run; figures have three significant digits, because more would pretend."""
    return {
        "benchmark": name,
        "results": _rounded(outcome.results),
        "ratios": _rounded(outcome.ratios),
        "machine": machine(),
    }


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform(terse=True)}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {key: float(f"{value:.3g}") for key, value in figures.items()}
