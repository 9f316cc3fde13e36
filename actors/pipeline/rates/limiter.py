"""The limiter of a pipeline whose limit holds for every window: here or for all machines, for all messages or per key.

Messages of a key at its limit wait in the producer and block no other key; what would wait too long, or finds no place,
goes back to the broker with a delay. Limited is the exit from the producers, in the producer's thread: with a shared
rate that is one short transaction per list. While the database does not answer, nothing passes.

Not guaranteed: when the handler runs. A message that has passed may still wait for its processor.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.errors import Unavailable
from actors.pipeline.acknowledger import acknowledge
from actors.pipeline.errors import WrongOption
from actors.pipeline.limiter import Admission, RateLimiting, check_changes
from actors.pipeline.message import Message
from actors.pipeline.rates.giving_back import give_back
from actors.pipeline.rates.parking import MAX_PARKED, MAX_PARKED_SECONDS, Waiting, delay_seconds, park, turns
from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.sources import Source

#: How soon a source that could not be asked is asked again.
RETRY_SECONDS = 0.5
#: A wait that was named is over by then; a timer that fires a little early would only ask in vain.
MARGIN_SECONDS = 0.001

Key = Callable[[Message], str]
Cost = Callable[[Message], int]


@dataclass(slots=True)
class Counts:
    """Of messages. Written under the limiter's lock, read by any thread."""

    granted: int = 0
    held: int = 0
    returned: int = 0
    refused: int = 0
    unavailable: int = 0


@dataclass(slots=True)
class _Line:
    """The messages of one key, with what each costs, as they came."""

    messages: list[Message]
    costs: list[int]


class RateLimiter:
    """One for all producers of a pipeline in this process; see `actors.pipeline.limiter.Limiter`.

    `per_key` gives each key the whole rate for itself; `cost` is how many permits a message takes.
    """

    def __init__(
        self,
        source: Source,
        per_key: Key | None = None,
        cost: Cost | None = None,
        places: int = MAX_PARKED,
        max_seconds: float = MAX_PARKED_SECONDS,
        returning: Callable[[Sequence[Message], float], object] = give_back,
    ) -> None:
        self.counts = Counts()
        self.why = ""
        self._source = source
        self._key = per_key
        self._cost = cost
        self._places = places
        self._max_seconds = max_seconds
        self._returning = returning
        self._lock = threading.Lock()
        self._retry_at = 0.0
        self._since: dict[int, float] = {}

    @property
    def selective(self) -> bool:
        """With keys, what is held back is no reason not to ask for others."""
        return self._key is not None

    def admit(self, messages: Sequence[Message], now: float) -> Admission:
        with self._lock:
            lines = self._lines(messages)
            permits = self._permits(lines, now)
            passed = [message for key, line in lines.items() for message in line.messages[: permits.passed.get(key, 0)]]
            self.counts.granted += len(passed)
            waiting = self._waiting(lines, permits, now)
            stay, back = park(waiting, self._places, self._max_seconds)
            self._return(back, now)
            self._remember(stay, now)
        retry = min((one.ready_at for one in stay), default=now) - now
        return Admission(passed, [one.item for one in stay], retry + MARGIN_SECONDS if stay else 0.0)

    def read(self) -> RateLimiting:
        rate = self._source.rate
        return RateLimiting(rate.allowed, rate.interval_seconds)

    def update(self, now: float, **changes: Any) -> None:
        """See `Limiter`. Of a shared rate the figures change for all takers. Raises WrongOption, Unavailable."""
        check_changes(changes)
        with self._lock:
            try:
                self._source.change(changes.get("allowed_messages"), changes.get("interval_seconds"))
                if changes.get("reset"):
                    self._source.reset()
            except ValueError as error:
                raise WrongOption(f"rate_limiting: {error}") from error
            self._retry_at = now

    def _lines(self, messages: Sequence[Message]) -> dict[str, _Line]:
        """By key, in the order of arrival. What costs more than the whole rate would wait for ever, and fails."""
        lines: dict[str, _Line] = {}
        for message in messages:
            try:
                key = self._key(message) if self._key else ""
                cost = self._cost(message) if self._cost else 1
            except Exception as error:
                self._refuse(message.crashed(error))
                continue
            if not 0 < cost <= self._source.rate.allowed:
                self._refuse(message.failed(f"it costs {cost} permits; its whole rate is {self.read()}"))
                continue
            line = lines.setdefault(key, _Line([], []))
            line.messages.append(message)
            line.costs.append(cost)
        return lines

    def _refuse(self, message: Message) -> None:
        self.counts.refused += 1
        acknowledge([], [message])

    def _permits(self, lines: Mapping[str, _Line], now: float) -> Permits:
        """No permits for anybody while the source cannot be asked."""
        if now >= self._retry_at and lines:
            try:
                permits = self._source.take({key: line.costs for key, line in lines.items()})
                self.why = ""
                return permits
            except Unavailable as error:
                self.counts.unavailable += 1
                self.why = str(error)
                self._retry_at = now + RETRY_SECONDS
        return Permits({}, dict.fromkeys(lines, max(0.0, self._retry_at - now)))

    def _waiting(self, lines: Mapping[str, _Line], permits: Permits, now: float) -> list[Waiting[Message]]:
        rate = self._source.rate
        waiting: list[Waiting[Message]] = []
        for key, line in lines.items():
            passed = permits.passed.get(key, 0)
            first = now + permits.wait_seconds.get(key, 0.0)
            moments = turns(line.costs[passed:], rate.allowed, rate.interval_seconds, first)
            for message, moment in zip(line.messages[passed:], moments, strict=True):
                waiting.append(Waiting(message, key, self._since.get(message.serial, now), moment))
        return waiting

    def _return(self, back: Sequence[Waiting[Message]], now: float) -> None:
        """A shared rate that cannot be asked returns by age alone, so nothing of it is lost or failed."""
        by_delay: dict[float, list[Message]] = {}
        for one in back:
            by_delay.setdefault(delay_seconds(one.ready_at - now), []).append(one.item)
        for delay, messages in by_delay.items():
            self._returning(messages, delay)
        self.counts.returned += len(back)

    def _remember(self, stay: Sequence[Waiting[Message]], now: float) -> None:
        """Since when each waits. Those of other producers stay remembered, until they must have left."""
        young = {serial: since for serial, since in self._since.items() if now - since <= 2 * self._max_seconds}
        self._since = young | {one.item.serial: one.since for one in stay}
        self.counts.held = len(stay)
