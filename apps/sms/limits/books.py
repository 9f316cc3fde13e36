"""The books of all limits: decide a charge, all limits of its keys or none. Pure: no thread, no clock, no database.

One object is one holder's life: short windows count as full when it begins (`born`), long ones are what the database
says (`Blocks`). It belongs to one thread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.sms.limits.charge import Charge, Decision, Key, Moment, Want
from apps.sms.limits.limit import Limit


@dataclass(frozen=True, slots=True)
class Usage:
    """How a limit stands for one key now."""

    limit: str
    key: Key
    used: int
    amount: int


class Books:
    """Raises WrongLimit for two limits of one name."""

    def __init__(self, limits: Iterable[Limit], born: Moment) -> None: ...

    def decide(self, charge: Charge, now: Moment) -> Decision:
        """Charge all limits of the keys, or none. A key without limits costs nothing."""
        raise NotImplementedError

    def change(self, limits: Iterable[Limit], now: Moment) -> None:
        """Other limits from now on: the new ones hold for every window that begins after `now`. Raises WrongLimit."""

    def wants(self) -> Sequence[Want]:
        """What should be reserved soon: blocks of which less than half is left. Take it along in any transaction."""
        raise NotImplementedError

    def usage(self, now: Moment) -> list[Usage]:
        """Of every key that was charged lately, in the order of the limits."""
        raise NotImplementedError
