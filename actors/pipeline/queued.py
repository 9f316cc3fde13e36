"""What waits in a stage, looked at from outside while it works: how many, and since when the first exists. Any thread.

A look costs one step per queue, not per message: the first of a queue stands for its oldest, which it is as long as
messages came in the order of their origin. A figure may be a moment old.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actors.pipeline.batching import Batch
from actors.pipeline.message import Message


@dataclass(frozen=True, slots=True)
class Queued:
    """One queue of a stage: its messages, and the origin of the first (seconds since the epoch) if it tells it."""

    count: int
    origin: float | None


def origin_of(event: Any) -> float | None:
    """Of a message, or of the first one of a batch."""
    if isinstance(event, Batch):
        return origin_of(event.messages[0])
    timestamp = event.metadata.get("timestamp") if isinstance(event, Message) else None
    return timestamp if isinstance(timestamp, int | float) else None


def queued(events: list[Any] | deque[Any], origin: Callable[[Any], float | None] = origin_of) -> Queued:
    """Of a queue that its stage changes meanwhile; batches count as the messages in them."""
    try:
        first = events[0]
    except IndexError:
        return Queued(0, None)
    if isinstance(first, Batch):
        return Queued(sum(batch.info.size for batch in list(events)), origin(first))
    return Queued(len(events), origin(first))
