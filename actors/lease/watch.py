"""Is the lease free? Judged by the row, the database's clock and the watcher's own. Pure; one thread.

Free is what was released, what has expired by the database's clock, and what nobody renewed for a whole term although
we watched: the last needs no trust in that clock, which may have been set back. If it was set ahead while we watched,
its word about this grant is not taken, and only the last counts.

Not provable: that the clock was not set ahead before the first look.
"""

from dataclasses import dataclass

SECOND_US = 1_000_000
#: The database's clock may seem to run ahead by so much: our two clocks are not read at the same moment.
TOLERANCE_US = SECOND_US // 2


@dataclass(frozen=True, slots=True)
class Row:
    """The lease as it stands. `until_us` is 0 when it was released."""

    holder: str
    epoch: int
    until_us: int
    term_us: int


class Watch:
    """What one contender has seen."""

    def __init__(self) -> None:
        self._grant: tuple[int, int] | None = None  # epoch and end of what we watch
        self._since_us = 0
        self._last: tuple[int, int] | None = None  # the database's clock and ours
        self._distrusted: int | None = None  # the epoch

    def is_free(self, row: Row, now_us: int, mono_us: int) -> bool:
        """`now_us` was read from the database when our clock showed `mono_us`, or later."""
        if row.until_us == 0:
            return True
        if self._ran_ahead(now_us, mono_us):
            self._distrusted = row.epoch
        if self._grant != (row.epoch, row.until_us):
            self._grant, self._since_us = (row.epoch, row.until_us), mono_us
        if mono_us - self._since_us >= row.term_us:
            return True
        return row.until_us <= now_us and row.epoch != self._distrusted

    def _ran_ahead(self, now_us: int, mono_us: int) -> bool:
        last, self._last = self._last, (now_us, mono_us)
        return last is not None and (now_us - last[0]) - (mono_us - last[1]) > TOLERANCE_US
