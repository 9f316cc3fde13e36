"""Which senders are idle, and which batch is with which sender. A plain book; its dispatcher's thread only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from apps.email.parcel import Parcel
from apps.email.shares import Shares
from apps.email.trace import Trace


@dataclass(frozen=True, slots=True)
class Item:
    """One claimed mail of a batch: which attempt this is, and its trace so far."""

    parcel: Parcel
    attempt: int
    trace: Trace


#: What a dispatcher remembers of a mail that it gave to a sender.
T = TypeVar("T")


@dataclass(slots=True)
class Batch(Generic[T]):
    """At most one per sender; `items` and `domains` (of the recipients) are by the envelopes' keys.

    `started` once the sender said that octets go out.
    """

    id: str
    sender: str
    incarnation: int
    items: Mapping[str, T]
    started: bool = False
    domains: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Handovers(Generic[T]):
    """Senders by path, with the incarnation that announced itself last and the mail server it hands over to."""

    incarnations: dict[str, int] = field(default_factory=dict)
    batches: dict[str, Batch[T]] = field(default_factory=dict)
    mtas: dict[str, str] = field(default_factory=dict)
    shares: Shares = field(default_factory=Shares)

    def announce(self, sender: str, incarnation: int, mta: str = "", weight: float = 1.0) -> bool:
        """A sender of this mail server is there; True when this incarnation is new."""
        known = self.incarnations.get(sender)
        self.incarnations[sender] = incarnation
        self.mtas[sender] = mta
        self.shares.join(mta, weight)
        return known != incarnation

    def idle(self) -> tuple[str, int] | None:
        """A sender without a batch, of the mail server whose turn it is, and its incarnation."""
        busy = {batch.sender for batch in self.batches.values()}
        free: dict[str, str] = {}
        for sender in self.incarnations:
            if sender not in busy:
                free.setdefault(self.mtas[sender], sender)
        if not free:
            return None
        sender = free[self.shares.next(free)]
        return sender, self.incarnations[sender]

    def give(self, batch: Batch[T]) -> None:
        """It is that sender's alone from here on: no other server gets it before this one is surely out of it."""
        self.batches[batch.id] = batch
        self.shares.gave(self.mtas.get(batch.sender, ""), len(batch.items))

    def started(self, id: str) -> None:
        if id in self.batches:
            self.batches[id].started = True

    def take_back(self, id: str) -> Batch[T] | None:
        """The batch is over; None when nobody waits for it any more."""
        return self.batches.pop(id, None)

    def gone(self, sender: str, incarnation: int) -> Batch[T] | None:
        """This incarnation ended: its batch, if it had one. A later one may have announced itself by now."""
        if self.incarnations.get(sender) == incarnation:
            del self.incarnations[sender]
            mta = self.mtas.pop(sender)
            if mta not in self.mtas.values():
                self.shares.leave(mta)
        lost = [b for b in self.batches.values() if (b.sender, b.incarnation) == (sender, incarnation)]
        return self.batches.pop(lost[0].id) if lost else None

    def all_back(self) -> list[Batch[T]]:
        batches, self.batches = list(self.batches.values()), {}
        return batches

    def in_hand(self, key: str) -> bool:
        """Whether a mail is with a sender now."""
        return any(key in batch.items for batch in self.batches.values())
