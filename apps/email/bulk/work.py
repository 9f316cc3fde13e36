"""One chunk in a dispatcher's hands: who is still to be written to, and what is out. A plain book; one thread.

Everybody in the chunk is at any moment exactly one of: to do, in a window that is being made, out, answered but not yet
written, or settled. Not the dispatcher's are those whom the ledger shows to be settled, or to be somebody else's.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from actors.broker import Tag
from actors.smtp import Envelope
from apps.email.bulk.letters import Letters
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.mails import Claim, Mail
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState
from apps.people.recipient import Recipient


@dataclass(frozen=True, slots=True)
class Arrival:
    """A chunk as it was delivered, and where the delivery is to be settled."""

    chunk: Chunk
    consumer: str
    tag: Tag
    redelivered: bool

    @property
    def key(self) -> tuple[int, int]:
        return self.chunk.send_id, self.chunk.number


@dataclass(frozen=True, slots=True)
class Todo:
    """A person to be written to, for the `attempt`-th time."""

    recipient: Recipient
    attempt: int = 1


@dataclass(slots=True)
class Work:
    """`decided` are claims of people to whom no mail goes, to be written with the next window; `out` counts the people
    in windows and in answers that are not written yet; `held`: the send does not run, the others are given back."""

    arrival: Arrival
    letters: Letters
    todo: deque[Todo]
    decided: list[Claim] = field(default_factory=list)
    out: int = 0
    held: bool = False

    @property
    def send(self) -> Send:
        return self.letters.send

    @property
    def waits(self) -> bool:
        """Something is left for another window."""
        return bool(self.todo or self.decided)

    @property
    def over(self) -> bool:
        """Nobody is left who is this dispatcher's to write to."""
        return not self.waits and not self.out

    def hold(self) -> None:
        """Take nobody any more."""
        self.held = True
        self.todo.clear()
        self.decided.clear()

    def take(self, size: int) -> list[Todo]:
        taken = [self.todo.popleft() for _ in range(min(size, len(self.todo)))]
        self.out += len(taken)
        return taken

    def put_off(self, todo: Sequence[Todo]) -> None:
        """Their domain takes nothing now: they come last."""
        self.out -= len(todo)
        if not self.held:
            self.todo.extend(todo)

    def give_back(self, todo: Sequence[Todo]) -> None:
        """Surely not handed over: they come first again."""
        self.out -= len(todo)
        if not self.held:
            self.todo.extendleft(reversed(todo))


@dataclass(slots=True)
class Window:
    """Mails that are made and wait for a sender: to be claimed together, right before the hand-over.

    `claims` holds these, and those to whom no mail will go.
    """

    work: Work
    todo: list[Todo]
    claims: list[Claim]
    mails: dict[str, tuple[Todo, Envelope]] = field(default_factory=dict)

    def withhold(self, reasons: Mapping[str, str]) -> None:
        """No mail goes to these people, by id, for these reasons."""
        for number, one in enumerate(self.claims):
            if one.person_id in reasons:
                self.claims[number] = replace(one, state=MailState.SKIPPED, reason=reasons[one.person_id])
                del self.mails[one.person_id]


def to_do(
    everybody: Sequence[str], known: Mapping[str, Recipient], rows: Mapping[str, Mail], now: datetime
) -> tuple[list[Todo], list[str]]:
    """(whom this chunk is still to be sent to, the ids of those whom nobody knows any more)."""
    todo: list[Todo] = []
    gone: list[str] = []
    for id in _open(everybody, rows, now):
        recipient = known.get(id)
        if recipient is None:
            gone.append(id)
        else:
            todo.append(Todo(recipient, rows[id].attempts + 1 if id in rows else 1))
    return todo, gone


def _open(everybody: Sequence[str], rows: Mapping[str, Mail], now: datetime) -> Iterable[str]:
    """Nobody has taken them yet, or their time for another try has come."""
    for id in everybody:
        row = rows.get(id)
        if row is None or (row.state is MailState.DEFERRED and (row.due_at is None or row.due_at <= now)):
            yield id
