"""What was charged in any window of length T that has not ended: counts per slot of time. Pure; one thread.

A slot counts as if all of it had been charged at its end, so the error is one slot, and always to the safe side. A
window is T plus slack: units leave up to half the slack after their charge, and arrive with half of it as jitter.
"""

from collections import deque
from collections.abc import Iterable

#: More slots use the limit better (a slot is lost per window) and take more memory: 120 bytes each, at most.
SLOTS = 1024


class Lately:
    """At most `amount` units in any closed window of `span_us`."""

    __slots__ = ("_charges", "_slot_us", "amount", "span_us", "used")

    def __init__(self, amount: int, span_us: int) -> None:
        self._charges: deque[tuple[int, int]] = deque()  # (end of the slot, units), oldest first
        self.used = 0
        self.become(amount, span_us)

    def become(self, amount: int, span_us: int) -> None:
        """Other figures; what was charged stays."""
        self.amount = amount
        self.span_us = span_us
        self._slot_us = max(1, span_us // SLOTS)

    def was_used(self, charges: Iterable[tuple[int, int]]) -> None:
        """Units that somebody used, each until the given moment; they are older than any charge still to come."""
        self._charges = deque(sorted([*self._charges, *((until + 1, units) for until, units in charges)]))
        self.used = sum(units for _, units in self._charges)

    def forget(self, now_us: int) -> None:
        """A slot's end is later than any moment in it, so it is out of every window when it is `span_us` ago."""
        charges = self._charges
        while charges and charges[0][0] + self.span_us <= now_us:
            self.used -= charges.popleft()[1]

    def earliest(self, units: int, now_us: int) -> int:
        """When so many units are free if nobody else takes any: not before `now_us`. They must fit into the amount."""
        free = self.amount - self.used
        if units <= free:
            return now_us
        for end, count in self._charges:
            free += count
            if units <= free:
                return max(now_us, end + self.span_us)
        raise ValueError(f"{units} units never fit into {self.amount}")

    def charge(self, units: int, now_us: int) -> None:
        end = (now_us // self._slot_us + 1) * self._slot_us
        charges = self._charges
        if charges and charges[-1][0] >= end:
            last, count = charges.pop()
            charges.append((last, count + units))
        else:
            charges.append((end, units))
        self.used += units

    def move(self, units: int, from_us: int, to_us: int) -> None:
        """Units that were charged at `from_us` count as if it had been `to_us`, which is later."""
        slot = (from_us // self._slot_us + 1) * self._slot_us
        for place in range(len(self._charges) - 1, -1, -1):
            end, count = self._charges[place]
            if end <= slot:
                # Those of a slot that is over were forgotten: then they count anew.
                if count >= units:
                    self._charges[place] = (end, count - units)
                    self.used -= units
                break
        self.charge(units, to_us)
