"""What waits in a producer, and who is next: a suspect only alone, the others as many as the stages ask for. Pure.

Belongs to the producer's thread. With several queues each waits in a lane of its own, whose id is the path of its
consumer; which lane is next is for `rates.lanes` to say, at the moment when a stage asks. A delivery of an earlier
session of its consumer will come again; it is not worked on.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from actors.pipeline.connector.messages import Checked
from actors.pipeline.queued import Queued, queued
from actors.pipeline.rates.lanes import NO_CREDITS, Credits, Lane, merge


@dataclass(slots=True)
class Intake:
    """Attributes:
    wanted: how many the stages have asked for and not got.
    alone: the suspect that is about to be handled, or is; nothing else leaves meanwhile.
    """

    lanes: tuple[Lane, ...] = (Lane(""),)
    wanted: int = 0
    ready: dict[str, deque[Checked]] = field(init=False)
    suspects: deque[Checked] = field(default_factory=deque)
    alone: Checked | None = None
    credits: Credits = NO_CREDITS

    def __post_init__(self) -> None:
        self.ready = {lane.id: deque() for lane in self.lanes}

    def add(self, checked: Iterable[Checked]) -> None:
        """They wait, in their order."""
        for one in checked:
            (self.suspects if one.trial else self.ready[one.consumer]).append(one)

    def next(self) -> list[Checked]:
        """What may leave now; none while a suspect waits for the house to be empty."""
        if self.alone is not None or self.suspects:
            return []
        if len(self.lanes) == 1:
            (ready,) = self.ready.values()
            leaving = [ready.popleft() for _ in range(min(self.wanted, len(ready)))]
        else:
            depths = {lane: len(waiting) for lane, waiting in self.ready.items()}
            order, self.credits = merge(self.lanes, depths, self.wanted, self.credits)
            leaving = [self.ready[lane].popleft() for lane in order]
        self.wanted -= len(leaving)
        return leaving

    def next_suspect(self) -> Checked | None:
        """The suspect whose turn it is, once nothing else is under way and somebody asked for a message."""
        if self.alone is None and self.suspects and self.wanted:
            self.wanted -= 1
            self.alone = self.suspects.popleft()
            return self.alone
        return None

    def drop_others(self, consumer: str, epoch: int) -> list[Checked]:
        """Forget what any other session of this consumer than this one has delivered."""
        ready = self.ready[consumer]
        stale = {id(one): one for one in (*ready, *self.suspects) if _is_stale(one, consumer, epoch)}
        if stale:
            self.ready[consumer] = deque(one for one in ready if id(one) not in stale)
            self.suspects = deque(one for one in self.suspects if id(one) not in stale)
        return list(stale.values())

    def queues(self) -> list[Queued]:
        """For a look from any thread."""
        return [queued(waiting, _origin) for waiting in (self.suspects, *list(self.ready.values()))]

    def clear(self) -> list[Checked]:
        """All that waits, once."""
        waiting = [*self.suspects, *(one for ready in self.ready.values() for one in ready)]
        self.suspects.clear()
        for ready in self.ready.values():
            ready.clear()
        return waiting


def _is_stale(one: Checked, consumer: str, epoch: int) -> bool:
    return one.consumer == consumer and one.delivery.tag.epoch != epoch


def _origin(one: Checked) -> float | None:
    return one.delivery.message.timestamp or None
