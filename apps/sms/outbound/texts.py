"""A text on its way out, as it was read from the queue. Values only; any thread."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from apps.sms.states import Lane


class Flow(NamedTuple):
    """Texts that wait behind each other: those of one lane and leader from one of our numbers."""

    lane: Lane
    leader: str
    our_number: str


class Conversation(NamedTuple):
    """What is kept in order: all that goes from one of our numbers to one member."""

    our_number: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A row of `sms_texts`, with what is known of its member and of our number.

    Attributes:
        left: the member opted out.
        zone: the member's time zone, by name, if anybody knows it.
        home: the carrier that our number belongs to; None for a number that nobody registered.
        had: the numbers of its pieces that a carrier has already, of an earlier try.
    """

    id: int
    key: str
    lane: Lane
    leader: str
    member: str
    our_number: str
    body: str
    broadcast: int | None = None
    attempts: int = 0
    created_at: datetime
    due_at: datetime | None = None
    expires_at: datetime | None = None
    left: bool = False
    zone: str | None = None
    country: str | None = None
    home: str | None = None
    campaign: str | None = None
    brand: str | None = None
    had: frozenset[int] = frozenset()

    @property
    def flow(self) -> Flow:
        return Flow(self.lane, self.leader, self.our_number)

    @property
    def conversation(self) -> Conversation:
        return Conversation(self.our_number, self.member)

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in its flow."""
        return (self.due_at or self.created_at, self.id)
