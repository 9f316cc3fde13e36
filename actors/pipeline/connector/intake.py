"""What waits in a producer, and who is next: a suspect only alone, the others as many as the stages ask for. Pure.

Belongs to the producer's thread. A delivery of an earlier session of its consumer will come again; it is not worked on.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from actors.pipeline.connector.messages import Checked


@dataclass(slots=True)
class Intake:
    """Attributes:
    wanted: how many the stages have asked for and not got.
    alone: the suspect that is about to be handled, or is; nothing else leaves meanwhile.
    """

    wanted: int = 0
    ready: deque[Checked] = field(default_factory=deque)
    suspects: deque[Checked] = field(default_factory=deque)
    alone: Checked | None = None

    def add(self, checked: Iterable[Checked]) -> None:
        """They wait, in their order."""
        for one in checked:
            (self.suspects if one.trial else self.ready).append(one)

    def next(self) -> list[Checked]:
        """What may leave now; none while a suspect waits for the house to be empty."""
        if self.alone is not None or self.suspects:
            return []
        count = min(self.wanted, len(self.ready))
        self.wanted -= count
        return [self.ready.popleft() for _ in range(count)]

    def next_suspect(self) -> Checked | None:
        """The suspect whose turn it is, once nothing else is under way and somebody asked for a message."""
        if self.alone is None and self.suspects and self.wanted:
            self.wanted -= 1
            self.alone = self.suspects.popleft()
            return self.alone
        return None

    def drop_others(self, epoch: int) -> list[Checked]:
        """Forget what any other session than this has delivered."""
        stale = [one for one in (*self.ready, *self.suspects) if one.delivery.tag.epoch != epoch]
        if stale:
            self.ready = deque(one for one in self.ready if one.delivery.tag.epoch == epoch)
            self.suspects = deque(one for one in self.suspects if one.delivery.tag.epoch == epoch)
        return stale

    def clear(self) -> list[Checked]:
        """All that waits, once."""
        waiting = [*self.suspects, *self.ready]
        self.suspects.clear()
        self.ready.clear()
        return waiting
