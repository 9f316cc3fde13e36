"""From a row of the tree's snapshot to a line on the page, and from all rows to the figures above them. Values only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from supervision.tree import Row, State

TONES = {
    State.RUNNING: "good",
    State.STARTING: "busy",
    State.STOPPING: "busy",
    State.BACKOFF: "warn",
    State.FAILED: "bad",
    State.ABANDONED: "bad",
    State.STOPPED: "idle",
}
NONE = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number above the table; `alert` when somebody should look."""

    name: str
    value: str
    alert: bool = False


def line(row: Row, monotonic: float, now: float) -> dict[str, Any]:
    """What the table shows of one child. `monotonic` and `now` (seconds since the epoch) are of the system's clock."""
    system, user = row.live.depth() if row.live else (0, 0)
    reason = row.last_reason or ""
    return {
        "path": row.path,
        "id": row.id if row.path != "/" else "/",
        "depth": row.depth,
        "type": row.type,
        "state": str(row.state),
        "tone": TONES[row.state],
        "uptime": span(now - row.started_at) if row.started_at and row.state == State.RUNNING else NONE,
        "incarnation": row.incarnation,
        "restarts": row.restarts,
        "budget": budget(row, monotonic),
        "mailbox": str(user) if not system else f"{user} + {system}",
        "reason": reason.splitlines()[0] if reason else "",
        "ago": f"{span(now - row.last_exit_at)} ago" if row.last_exit_at and reason else "",
        "retry": f"in {span(row.next_retry_at - now)}" if row.next_retry_at else "",
    }


def budget(row: Row, monotonic: float) -> str:
    """`3 of 3 in 5s`: restarts a supervisor would still tolerate, of how many, in which window."""
    if row.budget is None:
        return ""
    left = row.budget_left(monotonic)
    return f"{left} of {row.budget.intensity} in {span(row.budget.period_seconds)}"


def span(seconds: float) -> str:
    """Two units at most, as in `4m 07s`; never negative, because clocks of a snapshot may differ by a moment."""
    whole = max(0, int(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour}h"
    if hours:
        return f"{hours}h {minute:02}m"
    return f"{minutes}m {second:02}s" if minutes else f"{second}s"


def figures(rows: Sequence[Row], zombies: int, faults: int, now: float) -> list[Figure]:
    """The summary: how much runs, what does not, what has been going on."""
    backoff = _count(rows, State.BACKOFF)
    failed = _count(rows, State.FAILED, State.ABANDONED) + zombies
    started = [row.started_at for row in rows if row.path == "/" and row.started_at]
    return [
        Figure("up", span(now - started[0]) if started else NONE),
        Figure("running", f"{_count(rows, State.RUNNING)} of {len(rows)}"),
        Figure("in backoff", str(backoff), backoff > 0),
        Figure("failed", str(failed), failed > 0),
        Figure("restarts", str(sum(row.restarts for row in rows))),
        Figure("in mailboxes", str(sum(sum(row.live.depth()) for row in rows if row.live))),
        Figure("faults in force", str(faults), faults > 0),
    ]


def _count(rows: Iterable[Row], *states: State) -> int:
    return sum(1 for row in rows if row.state in states)
