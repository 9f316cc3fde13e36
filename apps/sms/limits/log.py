"""The hand-over log: what goes out, written to the operating system before it goes out. The holder's thread.

JSON lines in `HOME/sms/handovers/`, a file per holder's life and UTC day. The first line of a file says which limits
are in force, and is repeated when they change. A line that was written survives the death of the process, not that of
the machine.
"""

import contextlib
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.sms.limits import lines
from apps.sms.limits.charge import Charge, Granted, Moment
from apps.sms.limits.limit import SECOND_US, Limit
from supervision.clock import Clock

#: Below the home.
FOLDER = Path("sms", "handovers")
PREFIX = "handovers-"


@dataclass(frozen=True, slots=True)
class Handed:
    """One hand-over: `text` and `piece` name it, `charge` and `granted` are what it cost."""

    text: str
    piece: int
    charge: Charge
    granted: Granted


class HandoverLog:
    """One holder's life: `epoch` of its lease. Raises OSError when the folder cannot be written."""

    def __init__(
        self, folder: Path, limits: Iterable[Limit], epoch: int, holder: str, clock: Clock, keep_days: float = 30.0
    ) -> None:
        self._folder = folder
        self._limits = tuple(limits)
        self._epoch = epoch
        self._holder = holder
        self._clock = clock
        self._keep_days = keep_days
        self._life = uuid.uuid4().hex[:8]
        self._began = Moment.of(clock)
        self._day = ""
        self._file = -1
        self._size = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._rotate(self._began)

    def write(self, handed: Sequence[Handed]) -> tuple[Handed, ...]:
        """Write those whose grant is still good, stamped now, and return them: only these may go out.

        The others are late: they were charged for nothing and have to be decided again. Raises OSError (disk full):
        nothing may go out.
        """
        now = Moment.of(self._clock)
        self._rotate(now)
        good = [one for one in handed if now.mono_us <= one.granted.good_until_us]
        if good:
            self._append(
                "".join(lines.entry(one.text, one.piece, one.charge, one.granted, self._epoch, now) for one in good)
            )
        written_us = Moment.of(self._clock).mono_us  # the disk may have taken its time
        return tuple(one for one in good if written_us <= one.granted.good_until_us)

    def change(self, limits: Iterable[Limit]) -> None:
        """Write which limits are in force from now on. Call it right after `Books.change`."""
        self._limits = tuple(limits)
        self._head(Moment.of(self._clock))

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _rotate(self, now: Moment) -> None:
        """A clock that is set back to yesterday goes on with today's file."""
        day = f"{datetime.fromtimestamp(now.wall_us / SECOND_US, UTC):%Y-%m-%d}"
        if day <= self._day:
            return
        self.close()
        self._remove_old(day)
        path = self._folder / f"{PREFIX}{day}-{self._epoch:06}-{self._life}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._day, self._size = day, os.fstat(self._file).st_size
        self._head(now)

    def _head(self, now: Moment) -> None:
        self._append(lines.header(self._limits, self._holder, self._epoch, self._began, now))

    def _append(self, text: str) -> None:
        """All of it or, by taking back what a full disk still took, nothing."""
        rest = memoryview(text.encode())
        length = len(rest)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += length

    def _remove_old(self, day: str) -> None:
        oldest = datetime.fromisoformat(day) - timedelta(days=self._keep_days)
        for path in self._folder.glob(f"{PREFIX}*.jsonl"):
            if path.name[len(PREFIX) :][:10] < f"{oldest:%Y-%m-%d}":
                path.unlink(missing_ok=True)
