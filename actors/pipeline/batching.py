"""Which messages make a batch, and when it is full: the state of one batcher. Pure; the batcher's own thread.

A batch collects the messages of one key and one partition, in the order of their arrival. It ends when it is full
(`size`), when the run of messages that asked for it is over (`flush`; also at the drain), when its first message is too
old (`timeout`), or when too many batches are open and it is the oldest (`room`).
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from actors.pipeline.message import Message

Trigger = Literal["size", "flush", "timeout", "room"]
Slot = tuple[Hashable, int | None]


class Verdict:
    """What a splitter says instead of a new accumulator."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


#: The batch is full with this message.
EMIT: Final = Verdict("EMIT")
#: The batch is full without this message, which begins the next one; so a cap is a hard one.
EMIT_BEFORE: Final = Verdict("EMIT_BEFORE")

#: `splitter(message, accumulator)` answers the new accumulator, or one of the verdicts.
Splitter = Callable[[Message, Any], Any]


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """Of one batch; `partition` is None without `partition_by`, `waited_seconds` the age of its first message."""

    batcher: str
    key: Hashable
    partition: int | None
    size: int
    trigger: Trigger
    waited_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    messages: list[Message]
    info: BatchInfo


@dataclass(slots=True)
class Open:
    """A batch that is being filled. `reference` names it for its timer: a late one finds another or none."""

    reference: int
    opened_at: float
    accumulator: Any
    messages: list[Message] = field(default_factory=list)


class Counting:
    """The splitter for a plain number of messages."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, message: Message, count: int) -> Any:
        return EMIT if count + 1 >= self.size else count + 1


class Batches:
    """All open batches of one batcher.

    Attributes:
        started: (slot, reference) of the batches opened since the caller looked last: they need a timer.
        failed: messages on which the splitter or `partition_of` raised, since the caller looked last.
    """

    def __init__(
        self,
        batcher: str,
        initial: Any,
        splitter: Splitter,
        max_open: int,
        partition_of: Callable[[Message], int] | None = None,
    ) -> None:
        self.batcher = batcher
        self.max_open = max_open
        self.started: list[tuple[Slot, int]] = []
        self.failed: list[Message] = []
        self._initial = initial
        self._splitter = splitter
        self._partition_of = partition_of
        self._open: dict[Slot, Open] = {}
        self._references = 0

    def put(self, messages: Iterable[Message], now: float) -> list[Batch]:
        """Sort a chunk in; returns the batches that this ended."""
        done: list[Batch] = []
        last: Slot | None = None
        flush = False
        for message in messages:
            slot = self._slot(message)
            if slot is None:
                continue
            if flush and slot != last:
                done += self._end(last, "flush", now)
                flush = False
            last = slot
            ended = self._add(slot, message, now)
            done += ended
            if slot not in self._open:
                flush = False
            elif message.batch_mode == "flush":
                flush = True
        if flush:
            done += self._end(last, "flush", now)
        return done

    def timeout(self, slot: Slot, reference: int, now: float) -> list[Batch]:
        """Its first message is too old; nothing, when that batch has ended already."""
        known = self._open.get(slot)
        return self._end(slot, "timeout", now) if known is not None and known.reference == reference else []

    def flush(self, now: float) -> list[Batch]:
        """End all batches, oldest first."""
        return [batch for slot in list(self._open) for batch in self._end(slot, "flush", now)]

    def is_open(self, slot: Slot, reference: int) -> bool:
        known = self._open.get(slot)
        return known is not None and known.reference == reference

    def held(self) -> list[Message]:
        """The messages of all open batches."""
        return [message for known in self._open.values() for message in known.messages]

    def __len__(self) -> int:
        return len(self._open)

    def _slot(self, message: Message) -> Slot | None:
        if self._partition_of is None:
            return message.batch_key, None
        try:
            return message.batch_key, self._partition_of(message)
        except Exception as error:
            self.failed.append(message.crashed(error))
            return None

    def _add(self, slot: Slot, message: Message, now: float) -> list[Batch]:
        known = self._open.get(slot)
        try:
            verdict = self._splitter(message, self._initial if known is None else known.accumulator)
        except Exception as error:
            self.failed.append(message.crashed(error))
            return []
        if verdict is EMIT_BEFORE and known is not None:
            return [*self._end(slot, "size", now), *self._add(slot, message, now)]
        made_room: list[Batch] = []
        if known is None:
            made_room = self._make_room(now)
            known = self._begin(slot, now)
        known.messages.append(message)
        if verdict is EMIT or verdict is EMIT_BEFORE:  # alone, it is larger than any batch may be
            return [*made_room, *self._end(slot, "size", now)]
        known.accumulator = verdict
        return made_room

    def _begin(self, slot: Slot, now: float) -> Open:
        self._references += 1
        known = self._open[slot] = Open(self._references, now, self._initial)
        self.started.append((slot, known.reference))
        return known

    def _make_room(self, now: float) -> list[Batch]:
        return self._end(next(iter(self._open)), "room", now) if len(self._open) >= self.max_open else []

    def _end(self, slot: Slot | None, trigger: Trigger, now: float) -> list[Batch]:
        known = self._open.pop(slot, None) if slot is not None else None
        if known is None:
            return []
        assert slot is not None
        key, partition = slot
        size, waited = len(known.messages), now - known.opened_at
        return [Batch(known.messages, BatchInfo(self.batcher, key, partition, size, trigger, waited))]


def messages_of(batches: Sequence[Batch]) -> list[Message]:
    return [message for batch in batches for message in batch.messages]
