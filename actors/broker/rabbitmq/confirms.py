"""What was published on a channel in confirm mode and is not confirmed yet. Values only, no I/O; one thread.

The broker numbers the messages of a channel from 1 on, and confirms one of them or all up to a number. What reached no
queue it returns first, in the order of publishing, and confirms it then like the rest.
"""

from collections import Counter
from collections.abc import Iterable

#: Exchange and routing key.
Address = tuple[str, str]


class Confirms:
    """The open confirmations of one channel, and what became of the list being published."""

    def __init__(self) -> None:
        self._next = 1
        self._open: dict[int, None] = {}
        self.returned: Counter[Address] = Counter()
        self.refused = 0

    @property
    def outstanding(self) -> int:
        return len(self._open)

    def begin(self) -> None:
        """A new list; the last one is done with."""
        self.returned.clear()
        self.refused = 0

    def sent(self) -> None:
        """One more is on its way."""
        self._open[self._next] = None
        self._next += 1

    def came_back(self, address: Address) -> None:
        """A message to there reached no queue."""
        self.returned[address] += 1

    def settled(self, number: int, multiple: bool, refused: bool = False) -> None:
        """The broker has it, or all up to it; or has `refused` them."""
        done = self._up_to(number) if multiple else [number]
        for one in done:
            if one in self._open:
                del self._open[one]
                self.refused += refused

    def _up_to(self, number: int) -> list[int]:
        done = []
        for one in self._open:
            if one > number:
                break
            done.append(one)
        return done


def lost(addresses: Iterable[Address], returned: Counter[Address]) -> set[int]:
    """The places in a list of the messages that came back: the first ones to each address."""
    left = Counter(returned)
    places = set()
    for place, address in enumerate(addresses):
        if left[address] > 0:
            left[address] -= 1
            places.add(place)
    return places
