"""A send as it goes on, seen in its chunks: how many people are done, and how fast. Any thread with a connection."""

from collections.abc import Sequence
from typing import Any

import psycopg

Points = Sequence[tuple[float, float]]
_DONE = "SELECT coalesce(sum(last - first + 1), 0)::bigint FROM email_send_chunks WHERE send_id = %s AND state = 'done'"


def people_done(connection: psycopg.Connection[Any], send: int) -> int:
    """People in chunks that are through."""
    row = connection.execute(_DONE, (send,)).fetchone()
    return 0 if row is None else int(row[0])


def rate(done: Points, window_seconds: float) -> list[tuple[float, float]]:
    """How many more per second, over windows of at least so long: (end of the window, rate)."""
    rates: list[tuple[float, float]] = []
    at, count = done[0] if done else (0.0, 0.0)
    for now, more in done:
        if now - at >= window_seconds:
            rates.append((now, (more - count) / (now - at)))
            at, count = now, more
    return rates
