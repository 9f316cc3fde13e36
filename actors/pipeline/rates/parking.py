"""Where messages wait whose key is at its limit, so that they block nobody else. Pure; one object, one thread.

The lot is bounded, in places and in time: what finds no place, or would have to wait longer than `max_seconds` since it
came, is for the broker to keep, with a delay. So no delivery is held until the broker's consumer timeout, and one key
never takes all places from the others: it has at most half of those that are free.

Messages of one key leave in the order in which they came; keys whose time has come take turns, one message each.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

#: RabbitMQ closes a channel that holds a delivery for half an hour; stay well below, whatever happens afterwards.
MAX_PARKED_SECONDS = 60.0
MAX_PARKED = 1000


@dataclass(slots=True)
class _Lane(Generic[T]):
    """One key's messages, and when the key may be tried again."""

    ready_at: float
    waiting: deque[tuple[float, T]] = field(default_factory=deque)


class ParkingLot(Generic[T]):
    """Times are seconds of one monotonic clock."""

    def __init__(self, places: int = MAX_PARKED, max_seconds: float = MAX_PARKED_SECONDS) -> None:
        self.places = places
        self.max_seconds = max_seconds
        self._lanes: dict[str, _Lane[T]] = {}
        self._parked = 0

    def __len__(self) -> int:
        return self._parked

    def __contains__(self, key: str) -> bool:
        return key in self._lanes

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that wait, the next one first."""
        return tuple(self._lanes)

    def park(self, key: str, item: T, now: float, ready_at: float) -> bool:
        """Take it in; False when there is no place, or its time would come too late: then it goes to the broker."""
        if ready_at - now > self.max_seconds or not self._place_for(key):
            return False
        lane = self._lanes.setdefault(key, _Lane(ready_at))
        lane.waiting.append((now, item))
        self._parked += 1
        return True

    def due(self, now: float) -> tuple[str, ...]:
        """Keys that may be tried again now, in turn."""
        return tuple(key for key, lane in self._lanes.items() if lane.ready_at <= now)

    def first(self, key: str) -> T:
        """The next message of a waiting key. Raises KeyError."""
        return self._lanes[key].waiting[0][1]

    def leave(self, key: str) -> T:
        """Take the next message of `key` out; the key goes to the end of the line. Raises KeyError."""
        lane = self._lanes.pop(key)
        _, item = lane.waiting.popleft()
        self._parked -= 1
        if lane.waiting:
            self._lanes[key] = lane
        return item

    def wait(self, key: str, ready_at: float) -> None:
        """Not yet: try the key again then. Raises KeyError."""
        self._lanes[key].ready_at = ready_at

    def overdue(self, now: float) -> list[T]:
        """Take out what has waited as long as it may, or will have by the time its key is ready."""
        late: list[T] = []
        for key, lane in list(self._lanes.items()):
            while lane.waiting and max(now, lane.ready_at) - lane.waiting[0][0] > self.max_seconds:
                late.append(lane.waiting.popleft()[1])
            if not lane.waiting:
                del self._lanes[key]
        self._parked -= len(late)
        return late

    def next_at(self) -> float | None:
        """When somebody should look again."""
        return min((lane.ready_at for lane in self._lanes.values()), default=None)

    def clear(self) -> list[T]:
        """Take out everything, key by key."""
        everything = [item for lane in self._lanes.values() for _, item in lane.waiting]
        self._lanes.clear()
        self._parked = 0
        return everything

    def _place_for(self, key: str) -> bool:
        lane = self._lanes.get(key)
        own = len(lane.waiting) if lane else 0
        return self._parked < self.places and own <= (self.places - self._parked)

