"""What `rookery top` shows, as values: one frame from the answers of the verb `tree` over a window of time. Pure.

Rates are differences between the newest answer and the oldest one in the window, so they say what happens now, not
since the start. One writer; no thread of its own.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from supervision import render


@dataclass(frozen=True, slots=True)
class Line:
    """One child. `growth` is of the mailbox over the window, `rate` in messages per second; None: not known yet."""

    path: str
    name: str
    type: str
    state: str
    uptime_seconds: float | None
    incarnation: int
    restarts: int
    restarts_per_minute: float | None
    depth: int
    growth: int | None
    rate: float | None
    retry_in_seconds: float | None
    reason: str

    def cells(self) -> tuple[str, ...]:
        """Its texts, in the order of COLUMNS."""
        return (
            self.name,
            self.state,
            render.duration(self.uptime_seconds),
            str(self.incarnation),
            str(self.restarts),
            _rate(self.restarts_per_minute),
            str(self.depth),
            _signed(self.growth),
            _rate(self.rate),
            "-" if self.retry_in_seconds is None else render.duration(self.retry_in_seconds),
            self.reason,
        )


#: Title, attribute to sort by (None: as in the tree), on which side the text stands.
COLUMNS: Final[tuple[tuple[str, str | None, Any], ...]] = (
    ("child", None, "left"),
    ("state", "state", "left"),
    ("uptime", "uptime_seconds", "right"),
    ("inc", "incarnation", "right"),
    ("restarts", "restarts", "right"),
    ("/min", "restarts_per_minute", "right"),
    ("mailbox", "depth", "right"),
    ("growth", "growth", "right"),
    ("msg/s", "rate", "right"),
    ("retry", "retry_in_seconds", "right"),
    ("last reason", "reason", "left"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known at one moment. `lines` stand in the order of the tree."""

    header: str
    lines: tuple[Line, ...] = ()
    faults_enabled: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What a person wants to see of it: `filter` is a part of the path, the state or the last reason."""

    filter: str = ""
    column: int = 0
    reverse: bool = False

    def of(self, frame: Frame) -> list[Line]:
        """Its lines. In the order of the tree they are indented, otherwise called by their whole path."""
        wanted = self.filter.lower()
        lines = [line for line in frame.lines if wanted in f"{line.path} {line.state} {line.reason}".lower()]
        attribute = COLUMNS[self.column][1]
        if attribute is not None:
            known = [line for line in lines if getattr(line, attribute) is not None]
            known.sort(key=lambda line: getattr(line, attribute), reverse=self.reverse)
            lines = known + [line for line in lines if getattr(line, attribute) is None]
        elif self.reverse:
            lines.reverse()
        return lines

    @property
    def as_tree(self) -> bool:
        return not (self.filter or self.reverse or self.column)


@dataclass(slots=True)
class Window:
    """The answers of the last `seconds`; an answer of another root process begins anew."""

    seconds: float
    _answers: deque[Mapping[str, Any]] = field(default_factory=deque)
    _rows: deque[Mapping[str, Mapping[str, Any]]] = field(default_factory=deque)

    def look(self, tree: Mapping[str, Any]) -> Frame:
        """The frame after one more answer of the verb `tree`."""
        if self._answers and self._answers[-1]["pid"] != tree["pid"]:
            self._answers.clear()
            self._rows.clear()
        self._answers.append(tree)
        self._rows.append({row["path"]: row for row in tree["rows"]})
        while len(self._answers) > 2 and self._answers[1]["at"] <= tree["at"] - self.seconds:
            self._answers.popleft()
            self._rows.popleft()
        elapsed = tree["at"] - self._answers[0]["at"]
        before = self._rows[0] if elapsed > 0 else {}
        last = render.last_children(tree["rows"])
        lines = tuple(_line(row, before.get(row["path"]), elapsed, tree["at"], last) for row in tree["rows"])
        return Frame(self._header(tree, lines), lines, tree.get("faults_enabled", False))

    def _header(self, tree: Mapping[str, Any], lines: Iterable[Line]) -> str:
        per_minute = sum(line.restarts_per_minute or 0.0 for line in lines)
        down = sum(line.state not in ("running", "suspended") for line in lines)
        return f"{render.header(tree)}, {per_minute:.0f} restarts/min, {down} not running"


def _line(
    row: Mapping[str, Any], before: Mapping[str, Any] | None, elapsed: float, at: float, last: frozenset[str]
) -> Line:
    depth = row["mailbox"]["system"] + row["mailbox"]["user"]
    growth = per_minute = rate = None
    if before is not None:
        growth = depth - before["mailbox"]["system"] - before["mailbox"]["user"]
        per_minute = max(0, row["restarts"] - before["restarts"]) * 60.0 / elapsed
        same = row["incarnation"] == before["incarnation"]
        rate = max(0, row["handled"] - (before["handled"] if same else 0)) / elapsed
    return Line(
        path=row["path"],
        name=render.name(row, last),
        type=row["type"],
        state=render.state(row),
        uptime_seconds=None if row["started_at"] is None else max(0.0, at - row["started_at"]),
        incarnation=row["incarnation"],
        restarts=row["restarts"],
        restarts_per_minute=per_minute,
        depth=depth,
        growth=growth,
        rate=rate,
        retry_in_seconds=None if row["next_retry_at"] is None else max(0.0, row["next_retry_at"] - at),
        reason=render.first_line(row["last_reason"]),
    )


def _rate(number: float | None) -> str:
    """Small rates with a digit behind the point, none for nothing."""
    if number is None:
        return "-"
    return f"{number:.1f}" if 0 < number < 10 else f"{number:.0f}"


def _signed(number: int | None) -> str:
    return "-" if number is None else f"{number:+d}" if number else "0"
