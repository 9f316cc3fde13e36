"""The deduplication window: a message that was handled within it is acknowledged and counted, not handled again.

A key is claimed before its message is handled (`open`, with a lease), and becomes `done` before it is acknowledged. Who
dies in between leaves an open claim: it is taken over at once when its holder is known to be dead, else when the lease
is over, so that nothing is lost; a copy that comes meanwhile is sent back for a while, so that nothing is skipped.

`judge` and `Front` are pure. The functions on a connection run in the caller's thread, in his transaction. Times are
seconds since the epoch. Not guaranteed: exactly once; who dies after the effect and before `done` repeats the effect.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from actors.broker.message import Delivery
from actors.database.columns import Connection
from actors.pipeline.connector import tables
from actors.pipeline.connector.errors import WrongOption

#: How long a claim is believed without another sign of life from its holder.
LEASE_SECONDS = 30.0


def by_message_id(delivery: Delivery) -> str:
    """The publisher's own id. Without one the message has no key, and is never taken for a copy."""
    return delivery.message.message_id


@dataclass(frozen=True, slots=True)
class Window:
    """What counts as the same message, and for how long.

    Attributes:
        seconds: for how long after it was handled a copy is recognised.
        key: what makes two messages the same; an empty key means that this one is never a copy.
        scope: windows of different scopes know nothing of each other; by default the queue's name.
        front: how many keys are remembered in memory, so that most copies do not cost a look into the database.

    Raises:
        WrongOption: a number out of range.
    """

    seconds: float
    key: Callable[[Delivery], str] = by_message_id
    scope: str = ""
    front: int = 10_000

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise WrongOption(f"a window has more than 0 seconds, not {self.seconds:g}")
        if self.front < 0:
            raise WrongOption(f"front must be 0 or more, not {self.front}")

    def key_of(self, delivery: Delivery) -> str:
        """The key as it stands in the table; empty for a message that is never a copy."""
        key = self.key(delivery)
        return sha256(f"{self.scope or delivery.queue}\0{key}".encode()).hexdigest() if key else ""


class Verdict(StrEnum):
    """What a delivery is."""

    NEW = "new"
    TAKEN_OVER = "taken over"
    COPY = "copy"
    BUSY = "busy"

    @property
    def ours(self) -> bool:
        """Whether the message is ours to handle."""
        return self in (Verdict.NEW, Verdict.TAKEN_OVER)


@dataclass(frozen=True, slots=True)
class Claim:
    """One row: `done` until the window ends, or `open` until the lease does."""

    state: str
    holder: str
    until: float


def judge(claim: Claim | None, now: float, dead: bool) -> Verdict:
    """What the row says to somebody who comes now; `dead` if its holder is known not to work on it any more."""
    if claim is None:
        return Verdict.NEW
    if claim.state == "done":
        return Verdict.COPY if now < claim.until else Verdict.NEW
    return Verdict.BUSY if now < claim.until and not dead else Verdict.TAKEN_OVER


class Front:
    """Keys that were done lately, in memory; the oldest makes room. Its owner's thread only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def note(self, keys: Iterable[str], until: float) -> None:
        """These are done; their window ends then."""
        for key in keys:
            self._until[key] = until
            self._until.move_to_end(key)
        while len(self._until) > self._limit:
            self._until.popitem(last=False)

    def knows(self, key: str, now: float) -> bool:
        """Whether it is surely a copy. False means only that the database must be asked."""
        until = self._until.get(key)
        if until is None:
            return False
        if now < until:
            return True
        del self._until[key]
        return False


def claim(
    conn: Connection, keys: Collection[str], holder: str, now: float, working: Collection[str] = ()
) -> dict[str, Verdict]:
    """Claim what can be claimed for `holder`; the verdict on each key. Repeatable.

    `working` is what the holder is working on: another open claim of his own is that of a dead incarnation.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = {row.key: Claim(row.state, row.holder, row.until) for row in conn.execute(tables.claims(wanted))}
    verdicts = {}
    for key in wanted:
        row = rows.get(key)
        verdicts[key] = judge(row, now, row is not None and row.holder == holder and key not in working)
    until = now + LEASE_SECONDS
    fresh = [key for key in wanted if key not in rows]
    if fresh:
        statement = tables.new_claims(conn.dialect.name)
        values = [{"key": key, "state": "open", "holder": holder, "until": until} for key in fresh]
        won = set(conn.execute(statement, values).scalars())
        verdicts |= {key: Verdict.BUSY for key in fresh if key not in won}  # somebody came in between
    taken = [key for key in rows if verdicts[key].ours]
    if taken:
        conn.execute(tables.take_over_claims(taken, holder, until))
    return verdicts


def finish(conn: Connection, keys: Collection[str], until: float) -> None:
    """They were handled; copies are recognised until then."""
    if keys:
        conn.execute(tables.finish_claims(sorted(keys), until))


def release(conn: Connection, keys: Collection[str], holder: str) -> None:
    """They were not handled. Claims that somebody else took over meanwhile are his."""
    if keys:
        conn.execute(tables.release_claims(sorted(keys), holder))


def extend(conn: Connection, keys: Collection[str], holder: str, now: float) -> None:
    """They are still being worked on."""
    if keys:
        conn.execute(tables.extend_claims(holder, sorted(keys), now + LEASE_SECONDS))


def forget(conn: Connection, now: float) -> None:
    """Clear out what no longer says anything."""
    conn.execute(tables.forget_claims_before(now - LEASE_SECONDS))
