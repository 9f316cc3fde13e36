"""The strict limit watcher: counts what arrives at the simulated carrier, with its own code and its own clock.

It shares nothing with the limiter that it watches. Windows are exact: for every arrival it counts all that arrived in
the `seconds` before it, wherever the window begins, or since midnight of the limit's time zone. For each limit and
scope the file holds a running total per moment, so a window is the difference of two of them, and two processes that
send at the same time are both counted. Functions of an open transaction, or of the file's path.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from actors.carrier.port import Piece
from actors.carrier.simulated.network import read
from supervision.config import Section

#: Totals older than this beyond their window are forgotten, now and then.
FORGET_EVERY = 256
_DAY_SECONDS = 86400.0


class StrictLimit(Section):
    """What a carrier allows: `most` in every window of `seconds`, or per day of a time zone."""

    name: str = Field(min_length=1, max_length=64, description="by which violations are told")
    most: int = Field(ge=0, description="units allowed in one window")
    seconds: float | None = Field(default=None, gt=0, le=7 * _DAY_SECONDS, description="length of the sliding window")
    day_of: str | None = Field(default=None, description="time zone whose midnight begins a window, instead of seconds")
    unit: Literal["segments", "messages"] = Field(default="segments", description="what is counted")
    senders: tuple[str, ...] = Field(default=("*",), description="shell patterns on our numbers that it is about")
    each: bool = Field(default=False, description="for each number by itself, not for all together")

    @field_validator("day_of")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, OSError, ValueError) as error:
                raise ValueError(f"no time zone {value!r}") from error
        return value

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        if (self.seconds is None) == (self.day_of is None):
            raise ValueError("a limit needs either seconds or day_of")
        return self

    def scope_of(self, piece: Piece) -> str | None:
        """Whose window this piece counts in; None when the limit is not about it."""
        number = piece.source.value
        if not any(fnmatchcase(number, pattern) for pattern in self.senders):
            return None
        return number if self.each else ""

    def units_of(self, piece: Piece) -> int:
        return piece.units if self.unit == "segments" else int(piece.number == 1)

    def begin(self, at: float) -> float:
        """What arrived at this moment or before is out of the window that ends at `at`."""
        if self.seconds is not None:
            return at - self.seconds
        now = datetime.fromtimestamp(at, ZoneInfo(self.day_of or "UTC"))
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()
        # Midnight itself belongs to the new day.
        return midnight - 1e-6


@dataclass(frozen=True, slots=True)
class Watched:
    """One limit in one scope. `peak` is the fullest window so far, `violations` the units that were too many."""

    carrier: str
    limit: str
    scope: str
    most: int
    total: int
    peak: int
    peak_at: float
    violations: int
    violated_at: float | None


def count(connection: sqlite3.Connection, carrier: str, limits: Sequence[StrictLimit], piece: Piece, at: float) -> int:
    """It arrived at `at`, seconds since the epoch. Returns how many of its units were too many, over all limits."""
    scopes = [(limit, limit.scope_of(piece), limit.units_of(piece)) for limit in limits]
    return sum(
        _count(connection, carrier, limit, scope, units, at)
        for limit, scope, units in scopes
        if scope is not None and units
    )


def _count(connection: sqlite3.Connection, carrier: str, limit: StrictLimit, scope: str, units: int, at: float) -> int:
    where = (carrier, limit.name, scope)
    # Another process may have been here first with a later time: time never goes back in one scope.
    last_at, last_total = _last(connection, where, float("inf")) or (at, 0)
    at, total = max(at, last_at), last_total + units
    begin = limit.begin(at)
    before = _last(connection, where, begin)
    window = total - (before[1] if before else 0)
    connection.execute("INSERT OR REPLACE INTO arrivals VALUES (?, ?, ?, ?, ?)", (*where, at, total))
    excess = min(units, max(0, window - limit.most))
    _remember(connection, where, limit.most, units, window, at, excess)
    if before and total % FORGET_EVERY < units:
        connection.execute(
            "DELETE FROM arrivals WHERE carrier = ? AND name = ? AND scope = ? AND at < ?", (*where, before[0])
        )
    return excess


def _last(connection: sqlite3.Connection, where: tuple[str, str, str], until: float) -> tuple[float, int] | None:
    query = "SELECT at, total FROM arrivals WHERE carrier = ? AND name = ? AND scope = ? AND at <= ?"
    ordered = f"{query} ORDER BY at DESC LIMIT 1"
    found: tuple[float, int] | None = connection.execute(ordered, (*where, until)).fetchone()
    return found


def _remember(
    connection: sqlite3.Connection,
    where: tuple[str, str, str],
    most: int,
    units: int,
    window: int,
    at: float,
    excess: int,
) -> None:
    connection.execute(
        "INSERT INTO watched VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET most = excluded.most,"
        " total = total + excluded.total, violations = violations + excluded.violations,"
        " violated_at = coalesce(violated_at, excluded.violated_at),"
        " peak_at = CASE WHEN excluded.peak > peak THEN excluded.peak_at ELSE peak_at END,"
        " peak = max(peak, excluded.peak)",
        (*where, most, units, window, at, excess, at if excess else None),
    )


def watched(path: Path) -> list[Watched]:
    """Every limit in every scope in which something arrived."""
    return [Watched(*row) for row in read(path, "SELECT * FROM watched ORDER BY carrier, name, scope")]


def violations(path: Path) -> int:
    """Units that were too many, over all carriers and limits; 0 is what every test wants."""
    rows = read(path, "SELECT coalesce(sum(violations), 0) FROM watched")
    return int(rows[0][0]) if rows else 0
