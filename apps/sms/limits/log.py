"""The hand-over log: what goes out, written to the operating system before it goes out. The holder's thread.

JSON lines in `HOME/sms/handovers/`, a file per holder's life and UTC day. The first line of a file says which limits
are in force, and is repeated when they change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.sms.limits.charge import Charge, Granted
from apps.sms.limits.limit import Limit
from supervision.clock import Clock


@dataclass(frozen=True, slots=True)
class Handed:
    """One hand-over: `text` and `piece` name it, `charge` and `granted` are what it cost."""

    text: str
    piece: int
    charge: Charge
    granted: Granted


class HandoverLog:
    """One holder's life: `epoch` of its lease."""

    def __init__(
        self, folder: Path, limits: Iterable[Limit], epoch: int, holder: str, clock: Clock, keep_days: float = 30.0
    ) -> None: ...

    def write(self, handed: Sequence[Handed]) -> tuple[Handed, ...]:
        """Write those whose grant is still good, stamped now, and return them: only these may go out.

        The others are late: they were charged for nothing and have to be decided again. Raises OSError (disk full):
        nothing may go out.
        """
        raise NotImplementedError

    def change(self, limits: Iterable[Limit]) -> None:
        """Write which limits are in force from now on. Call it right after `Books.change`."""

    def close(self) -> None: ...
