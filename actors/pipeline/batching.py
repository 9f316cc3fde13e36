"""Which messages make a batch, and when it is full: the state of one batcher. Pure; the batcher's own thread.

A batch collects the messages of one key and one partition, in the order of their arrival. It ends when it is full
(`size`), when the run of messages that asked for it is over (`flush`; also at the drain), when its first message is too
old (`timeout`), or when too many batches are open and it is the oldest (`room`).
"""

from collections.abc import Callable, Hashable, Iterable
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
    """One that has ended. `reference` is the one it had while it was open."""

    messages: list[Message]
    info: BatchInfo
    reference: int = 0


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
    """All batches of one batcher: those that are open, and those that have ended and were not taken yet.

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
        self._ended: list[Batch] = []
        self._references = 0

    def put(self, messages: Iterable[Message], now: float) -> None:
        """Sort a chunk in. A run of messages of one slot, in which one asks for a flush, ends its batch."""
        flushing: Slot | None = None
        for message in messages:
            slot = self._slot(message)
            if slot is None:
                continue
            if flushing is not None and slot != flushing:
                self._end(flushing, "flush", now)
                flushing = None
            self._add(slot, message, now)
            if slot not in self._open:
                flushing = None
            elif message.batch_mode == "flush":
                flushing = slot
        if flushing is not None:
            self._end(flushing, "flush", now)

    def timeout(self, slot: Slot, reference: int, now: float) -> None:
        """Its first message is too old; nothing, when that batch has ended already."""
        if self.is_open(slot, reference):
            self._end(slot, "timeout", now)

    def flush(self, now: float) -> None:
        """End all batches, oldest first."""
        for slot in list(self._open):
            self._end(slot, "flush", now)

    def take(self) -> list[Batch]:
        """The batches that have ended since the last time."""
        ended, self._ended = self._ended, []
        return ended

    def is_open(self, slot: Slot, reference: int) -> bool:
        known = self._open.get(slot)
        return known is not None and known.reference == reference

    def open_batches(self) -> list[list[Message]]:
        """The messages of each; for a look from any thread."""
        return [known.messages for known in list(self._open.values())]

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def _slot(self, message: Message) -> Slot | None:
        if self._partition_of is None:
            return message.batch_key, None
        try:
            return message.batch_key, self._partition_of(message)
        except Exception as error:
            self.failed.append(message.crashed(error))
            return None

    def _add(self, slot: Slot, message: Message, now: float) -> None:
        known = self._open.get(slot)
        try:
            verdict = self._splitter(message, self._initial if known is None else known.accumulator)
            if verdict is EMIT_BEFORE and known is not None:
                self._end(slot, "size", now)
                known, verdict = None, self._splitter(message, self._initial)
        except Exception as error:
            self.failed.append(message.crashed(error))
            return
        known = known or self._begin(slot, now)
        known.messages.append(message)
        if isinstance(verdict, Verdict):  # EMIT_BEFORE: it is larger than any batch may be, and goes alone
            self._end(slot, "size", now)
        else:
            known.accumulator = verdict

    def _begin(self, slot: Slot, now: float) -> Open:
        if len(self._open) >= self.max_open:
            self._end(next(iter(self._open)), "room", now)
        self._references += 1
        known = self._open[slot] = Open(self._references, now, self._initial)
        self.started.append((slot, known.reference))
        return known

    def _end(self, slot: Slot, trigger: Trigger, now: float) -> None:
        known = self._open.pop(slot)
        info = BatchInfo(self.batcher, *slot, len(known.messages), trigger, now - known.opened_at)
        self._ended.append(Batch(known.messages, info, known.reference))
