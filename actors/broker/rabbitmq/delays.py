"""Delays on RabbitMQ: a queue per length and exchange, whose messages expire into that exchange. Pure; any thread.

The time to live is the queue's and never the message's: a queue lets only its first message expire, so that a long
delay in front would hold up all short ones behind. Lengths are rounded up to a ladder of steps, which bounds how many
such queues there can be; a queue that nobody uses any more deletes itself.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from actors.broker.message import MAX_NAME_BYTES
from actors.broker.rabbitmq.content import DELAY_PREFIX
from actors.broker.topology import QueueType
from actors.errors import MessageRefused

#: Ten steps to the decade: never more than a third longer than asked for.
_DECADE = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
#: In milliseconds, from 10 ms to 46 days, which is nearly the longest that RabbitMQ takes.
LADDER = tuple(step * 10**power for power in range(9) for step in _DECADE if step * 10**power <= 4_000_000_000)
LONGEST_SECONDS = LADDER[-1] / 1000
#: A queue for delays outlives its last use by this much more than its delay. When it goes, all goes that is still in
#: it: what the queue behind it did not take, because that is full or lacks a majority of its nodes. So, a day.
LINGER_MS = 24 * 3600 * 1000
#: Within this time after it was declared it is there for sure, and so is what is put into it until its time has come.
FRESH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Delay:
    """One of the ladder's steps, on the way to one exchange."""

    milliseconds: int
    exchange: str
    type: QueueType = "quorum"

    @property
    def name(self) -> str:
        """Of the queue, and of the exchange in front of it, which keeps the routing key as it is."""
        kind = "" if self.type == "quorum" else f"{self.type}."
        return f"{DELAY_PREFIX}{kind}{self.milliseconds}.{self.exchange}"

    def arguments(self) -> dict[str, Any]:
        """The queue's."""
        safe = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
        return {
            "x-queue-type": self.type,
            "x-message-ttl": self.milliseconds,
            "x-expires": self.milliseconds + LINGER_MS,
            "x-dead-letter-exchange": self.exchange,
            **(safe if self.type == "quorum" else {}),
        }


def delay(seconds: float, exchange: str, type: QueueType = "quorum") -> Delay:
    """The first step that is not shorter. Raises MessageRefused for a delay beyond the ladder, or too long a name."""
    wanted = seconds * 1000
    place = bisect_left(LADDER, wanted)
    if place == len(LADDER):
        raise MessageRefused(f"RabbitMQ cannot wait for {seconds:.0f} s; it can for {LONGEST_SECONDS:.0f} s")
    found = Delay(LADDER[place], exchange, type)
    if len(found.name.encode()) > MAX_NAME_BYTES:
        raise MessageRefused(f"the name of the exchange is too long for a delay: {exchange[:40]!r}...")
    return found
